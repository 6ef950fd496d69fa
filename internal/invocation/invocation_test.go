package invocation

import (
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// A command that is given as Command tells it is the same command.
func TestCommand(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the words are quoted for a POSIX shell")
	}
	told := func(words ...string) (command string, args []string) {
		cmd := &cobra.Command{Use: "beacon", RunE: func(cmd *cobra.Command, given []string) error {
			command, args = Command(cmd, given), given
			return nil
		}}
		f := cmd.Flags()
		f.Bool("quiet", false, "")
		f.String("now", "", "")
		f.Lookup("now").NoOptDefVal = "present"
		f.String("format", "", "")
		f.StringSlice("rule", nil, "")
		f.StringArray("exclude", nil, "")
		cmd.SetArgs(words)
		require.NoError(t, cmd.Execute(), words)
		return command, args
	}
	for want, words := range map[string][]string{
		"beacon flows.csv":                               {"flows.csv"},
		"beacon --now=present flows.csv":                 {"--now", "flows.csv"},
		"beacon --now=2020-06-21 --quiet=true flows.csv": {"--now=2020-06-21", "--quiet", "flows.csv"},
		"beacon --format json --quiet=false -":           {"--quiet=false", "--format=json", "-"},
		"beacon --rule rhythm --rule long a.csv b.csv":   {"a.csv", "b.csv", "--rule", "rhythm,long"},
		"beacon --exclude 'it'\\''s' --exclude '' 'a b'": {"--exclude", "it's", "--exclude=", "a b"},
		"beacon --quiet=true -- -x.csv":                  {"--quiet", "--", "-x.csv"},
		"beacon --now='2020-06-21 11:30' flows.csv":      {"flows.csv", "--now=2020-06-21 11:30"},
	} {
		command, args := told(words...)
		require.Equal(t, want, command)
		split, err := exec.Command("sh", "-c", "for word in "+strings.TrimPrefix(command, "beacon ")+"; do printf '%s\\n' \"$word\"; done").Output()
		require.NoError(t, err)
		again, same := told(strings.Split(strings.TrimSuffix(string(split), "\n"), "\n")...)
		require.Equal(t, command, again)
		require.Equal(t, args, same)
	}
}
