// Package invocation describes a run of the command line: the command that repeats it, and the
// options that its findings depend on.
package invocation

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"beacon/internal/escape"
)

// Command returns a command that repeats this run: its flags are spelled out,
// wherever they were set.
func Command(cmd *cobra.Command, args []string) string {
	words := strings.Fields(cmd.CommandPath())
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if f.NoOptDefVal != "" { // the word after it would be an argument
			words = append(words, "--"+f.Name+"="+Quote(f.Value.String()))
			return
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, v := range values {
			words = append(words, "--"+f.Name, Quote(v))
		}
	})
	if slices.ContainsFunc(args, func(arg string) bool { return len(arg) > 1 && arg[0] == '-' }) {
		words = append(words, "--") // no flags follow
	}
	for _, arg := range args {
		words = append(words, Quote(arg))
	}
	return strings.Join(words, " ")
}

// Quote quotes a word for a POSIX shell.
func Quote(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:,=@%+", r)
	}
	if word != "" && strings.TrimFunc(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// noFinding are the flags that change no finding: where and how the answer is written,
// and how it is computed.
var noFinding = []string{"output", "format", "verdict", "exit-code", "evidence", "plot", "report", "print-sql", "quiet", "top", "page-top", "all", "config", "workers", "memory", "max-temp", "max-input", "every", "state", "listen", "once"}

// Options returns the options of a run that its findings depend on, by name: those that
// were set, on the command line or elsewhere. A list is a list of texts, everything else
// but true and false the text of the flag.
func Options(cmd *cobra.Command) map[string]any {
	options := map[string]any{}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if slices.Contains(noFinding, f.Name) {
			return
		}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			options[f.Name] = WithoutPasswords(list.GetSlice())
		} else if f.Value.Type() == "bool" {
			options[f.Name] = f.Value.String() == "true"
		} else {
			options[f.Name] = escape.Passwords(f.Value.String())
		}
	})
	return options
}

// WithoutPasswords returns arguments without the passwords of URLs.
func WithoutPasswords(args []string) []string {
	plain := make([]string, len(args))
	for i, arg := range args {
		plain[i] = escape.Passwords(arg)
	}
	return plain
}
