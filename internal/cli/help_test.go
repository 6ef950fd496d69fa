package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/console"
	"beacon/internal/manual"
	"beacon/internal/report/term"
)

func testApp() *app {
	var out bytes.Buffer
	return &app{stdout: console.New(&out, term.PlainWidth), stderr: console.New(&out, term.PlainWidth)}
}

// Help texts fit a terminal of 80 columns, whatever their source is broken at.
func TestHelpFits(t *testing.T) {
	for _, cmd := range allCommands(testApp().root()) {
		for _, width := range []int{helpWidth, 120} {
			for line := range strings.Lines(manual.Help(cmd, flagGroups, width)) {
				if strings.Contains(line, "  beacon ") || cmd.CommandPath() == "beacon completion" || cmd.HasParent() && cmd.Parent().Name() == "completion" { // a command stays on its line
					continue
				}
				require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), width, "%s: %s", cmd.CommandPath(), line)
			}
		}
	}
}

// Every flag of the commands that read logs stands below a heading, and every name below one
// is that of a flag.
func TestFlagGroups(t *testing.T) {
	grouped := map[string]bool{"help": true}
	for _, g := range flagGroups {
		for _, name := range g.Flags {
			assert.False(t, grouped[name], "%s stands below two headings", name)
			grouped[name] = true
		}
	}
	defined := map[string]bool{"help": true}
	for _, cmd := range allCommands(testApp().root()) {
		reads := cmd.Flags().Lookup("input-format") != nil
		cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			defined[f.Name] = true
			assert.True(t, !reads || grouped[f.Name], "%s: --%s stands below no heading (groups.go)", cmd.CommandPath(), f.Name)
		})
	}
	for name := range grouped {
		assert.True(t, defined[name], "there is no flag --%s", name)
	}
}

// Every command has a manual page that groff formats without a complaint.
func TestManualPages(t *testing.T) {
	dir := t.TempDir()
	require.Zero(t, Main([]string{"man", dir}, strings.NewReader(""), os.Stdout, os.Stderr))
	names := map[string]bool{}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		names[e.Name()] = true
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		require.NoError(t, err)
		require.Contains(t, string(text), ".SH NAME\n", e.Name())
		if groff, err := exec.LookPath("groff"); err == nil {
			out, err := exec.Command(groff, "-man", "-Tutf8", "-ww", "-z", filepath.Join(dir, e.Name())).CombinedOutput()
			require.NoError(t, err)
			require.Empty(t, string(out), e.Name())
		}
	}
	for _, name := range []string{"beacon.1", "beacon-detect.1", "beacon-known-add.1", "beacon-rhythm.7", "beacon-names.7"} {
		require.True(t, names[name], name)
	}
	require.False(t, names["beacon-man.1"])
}
