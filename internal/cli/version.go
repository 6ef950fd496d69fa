package cli

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"beacon/internal/licenses"
)

// arrowModule is the module whose version beacon version shows.
const arrowModule = "github.com/apache/arrow/go/v15"

// The Makefile sets these by -ldflags -X; otherwise go build's record is used.
var buildVersion, buildCommit, buildDate string

// unknown stands for what the binary doesn't record about itself.
const unknown = "(unknown)"

// build is what the binary records about how it was built.
type build struct {
	Version string // from the tags of git, or (devel)
	Commit  string // 12 digits, with +modified where files differed from it
	Date    string // of the commit, RFC 3339
	Go      string // release, operating system and architecture
	Arrow   string
}

// buildOf reads what the binary records about its build.
func buildOf(info *debug.BuildInfo, ok bool) build {
	b := build{Version: unknown, Commit: unknown, Date: unknown, Arrow: unknown, Go: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH}
	if !ok {
		return b
	}
	b.Version = cmp.Or(info.Main.Version, "(devel)")
	modified := ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value[:min(len(s.Value), commitDigits)]
		case "vcs.time":
			b.Date = s.Value
		case "vcs.modified":
			if s.Value == "true" {
				modified = "+modified"
			}
		}
	}
	b.Commit += modified
	b.Version, b.Commit, b.Date = cmp.Or(buildVersion, b.Version), cmp.Or(buildCommit, b.Commit), cmp.Or(buildDate, b.Date)
	for _, m := range info.Deps {
		if m.Path == arrowModule {
			b.Arrow = m.Version
		}
	}
	return b
}

const commitDigits = 12

func buildOfThis() build { return buildOf(debug.ReadBuildInfo()) }

// String returns the text of beacon version.
func (b build) String() string {
	return fmt.Sprintf("beacon %s\ncommit %s of %s\nbuilt with %s and arrow %s\n", b.Version, b.Commit, b.Date, b.Go, b.Arrow)
}

// version returns the commit that the binary was built from, or its version.
func version() string {
	b := buildOfThis()
	if b.Commit == unknown {
		return b.Version
	}
	return strings.TrimSuffix(b.Commit, "+modified")
}

func (a *app) version() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, commit, and the versions of Go and Arrow",
		RunE:  func(*cobra.Command, []string) error { return a.printVersion() },
	}
}

func (a *app) printVersion() error {
	_, err := fmt.Fprint(a.stdout.People(), buildOfThis())
	return err
}

func (a *app) licenses() *cobra.Command {
	var full bool
	cmd := &cobra.Command{
		Use:   "licenses",
		Short: "List the licences of the libraries in this binary",
		RunE: func(*cobra.Command, []string) error {
			out := a.stdout.People()
			if full {
				fmt.Fprint(out, licenses.Text())
				return nil // an error of the stream ends the run with a message
			}
			t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
			fmt.Fprint(t, "MODULE\tVERSION\tLICENCE\n")
			for _, m := range licenses.Modules() {
				fmt.Fprintf(t, "%s\t%s\t%s\n", m.Path, m.Version, m.License)
			}
			t.Flush()
			return nil
		},
	}
	cmd.Flags().BoolVar(&full, "full", false, "print the licences in full")
	return cmd
}

// commandLine returns a command that repeats this run: its flags are spelled out,
// wherever they were set.
func commandLine(cmd *cobra.Command, args []string) string {
	words := strings.Fields(cmd.CommandPath())
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if f.Value.Type() == "bool" {
			words = append(words, "--"+f.Name+"="+f.Value.String())
			return
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, v := range values {
			words = append(words, "--"+f.Name, quote(v))
		}
	})
	for _, arg := range args {
		words = append(words, quote(arg))
	}
	return strings.Join(words, " ")
}

// quote quotes a word for a POSIX shell.
func quote(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:,=@%+", r)
	}
	if word != "" && strings.TrimFunc(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
