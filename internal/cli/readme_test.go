package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/cli"
)

// Every beacon command of the README and of the help texts runs: those of the
// README in its order, in one folder that has the repository's testdata.
func TestReadmeCommands(t *testing.T) {
	readme := read(t, "../../README.md")
	folder(t)
	ran := 0
	for _, block := range regexp.MustCompile("(?s)```(sh|console)\n(.*?)```").FindAllStringSubmatch(readme, -1) {
		for line := range strings.Lines(block[2]) {
			line, command := strings.CutPrefix(strings.TrimSpace(line), "$ ")
			if block[1] == "console" && !command {
				continue // what the command prints
			}
			args, ok := strings.CutPrefix(line, "beacon ")
			if !ok {
				args, ok = strings.CutPrefix(line, "go run ./cmd/beacon ")
			}
			if !ok {
				require.NotContains(t, line, "beacon", "a command that this test doesn't run")
				continue
			}
			run(t, args)
			ran++
		}
	}
	require.Greater(t, ran, 9)
}

// The commands within the README's sentences are understood: those of topics and lists run, and of the
// others, whose files and servers aren't here, the command and the flags.
func TestReadmeSentences(t *testing.T) {
	text := regexp.MustCompile("(?s)```.*?```").ReplaceAllString(read(t, "../../README.md"), "")
	commands := regexp.MustCompile("`beacon ([^`]+)`").FindAllStringSubmatch(text, -1)
	require.Greater(t, len(commands), 12)
	for _, command := range commands {
		args := strings.Join(strings.Fields(command[1]), " ")
		if !strings.HasPrefix(args, "help ") && args != "formats" && args != "licenses" && args != "config" {
			args += " --help"
		}
		run(t, args)
	}
}

// The examples of --help run on files of the names that they use.
func TestHelpExamples(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector, which runs with -short, takes half a minute and more for it")
	}
	folder(t)
	var help bytes.Buffer
	require.Zero(t, cli.Main([]string{"--help"}, strings.NewReader(""), &help, &help))
	require.Contains(t, help.String(), "beacon detect flows.parquet -o flag_d.csv")
	ran := 0
	for _, command := range []string{"detect", "inspect", "explain", "show", "convert", "watch", "simulate office", "simulate beacons"} {
		help.Reset()
		require.Zero(t, cli.Main(append(strings.Fields(command), "--help"), strings.NewReader(""), &help, &help))
		_, examples, ok := strings.Cut(help.String(), "Examples:\n")
		require.True(t, ok, "%s has no example", command)
		examples, _, _ = strings.Cut(examples, "\n\n")
		for line := range strings.Lines(examples) {
			if args, ok := strings.CutPrefix(strings.TrimSpace(line), "beacon "); ok {
				run(t, args)
				ran++
			}
		}
	}
	require.Greater(t, ran, 7)
}

// folder changes into an empty one with testdata in it, and logs, findings and lists
// of the names that examples use.
func folder(t *testing.T) {
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	require.NoError(t, os.Symlink(filepath.Join(root, "testdata"), "testdata"))
	require.NoError(t, os.Symlink(filepath.Join(root, "testdata", "flows.parquet"), "flows.parquet"))
	run(t, "convert flows.parquet -o flows.csv")
	for _, name := range []string{"flows.csv.gz", "conn.log.gz", "conn.00.log.gz"} { // a name tells nothing
		require.NoError(t, os.Symlink("flows.csv", name))
	}
	require.NoError(t, os.WriteFile("services.csv", []byte("192.0.2.0/24,*,backup\n"), 0o600))
	run(t, "simulate beacons --hosts 5 --beacons 1 -o small.csv --truth small-truth.csv")
	run(t, "detect small.csv --rule rhythm -f ndjson -o findings.ndjson")
	t.Setenv("BEACON_INTERNAL", "120.0.0.0/8")
}

func run(t *testing.T, args string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	words := fields(args)
	for i, word := range words {
		words[i] = strings.Trim(word, "'")
	}
	status := cli.Main(words, strings.NewReader(""), &stdout, &stderr)
	require.Zero(t, status, "beacon %s\n%s", args, &stderr)
}
