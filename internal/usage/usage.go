// Package usage says what is wrong with a command line, and what to type instead.
package usage

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"beacon/internal/spelling"
	"beacon/internal/words"
)

// Error is a command line that can't be understood.
type Error struct {
	err  error
	Hint string // what to type; "" for nothing
}

// Error returns what is wrong.
func (e *Error) Error() string { return e.err.Error() }

// Unwrap returns the error that it was made of.
func (e *Error) Unwrap() error { return e.err }

// Flag returns the name of the flag that is wrong, without --, or "". Messages about a flag
// begin with it.
func (e *Error) Flag() string {
	name, ok := strings.CutPrefix(e.Error(), "--")
	if !ok {
		return ""
	}
	return name[:strings.IndexFunc(name+" ", func(r rune) bool { return r == ' ' || r == ':' || r == '=' })]
}

// Errorf returns an Error with a hint.
func Errorf(hint, format string, args ...any) error {
	return &Error{fmt.Errorf(format, args...), hint}
}

// maxListed is how many values a hint lists: more of them fill the screen.
const maxListed = 12

// Choose returns the value of a flag as it stands in the list of those that there are; case
// and blanks around it don't matter.
func Choose(flag, value string, list []string) (string, error) {
	value = strings.TrimSpace(value)
	for _, known := range list {
		if strings.EqualFold(known, value) {
			return known, nil
		}
	}
	rest := "one of " + strings.Join(list, ", ")
	if near := spelling.Nearest(value, list); near != "" && len(list) > maxListed {
		rest = ""
	}
	return "", Errorf(spelling.DidYouMean(value, list, rest), "--%s %s: there is no such value", flag, value)
}

// AtLeast checks that a command has so many arguments or more.
func AtLeast(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < n {
			return argsError(cmd, args)
		}
		return nil
	}
}

// Exactly checks that a command has so many arguments.
func Exactly(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return argsError(cmd, args)
		}
		return nil
	}
}

func argsError(cmd *cobra.Command, args []string) error {
	hint := cmd.CommandPath() + " --help shows how"
	_, takes, _ := strings.Cut(cmd.Use, " ")
	takes, _, _ = strings.Cut(takes, " -")
	switch {
	case takes == "":
		return Errorf(hint, "%s takes no arguments, and %q is one", cmd.CommandPath(), args[0])
	case len(args) == 0:
		return Errorf(hint, "%s needs %s", cmd.CommandPath(), takes)
	}
	return Errorf(hint, "%s takes %s, and %s given", cmd.CommandPath(), takes, words.Plural(int64(len(args)), "argument was", "arguments were"))
}

// FlagError says of an error of the flags' library what is wrong.
func FlagError(cmd *cobra.Command, err error) error {
	if errors.Is(err, pflag.ErrHelp) {
		return err
	}
	hint := cmd.CommandPath() + " --help lists the flags"
	var missing *pflag.NotExistError
	var bare *pflag.ValueRequiredError
	var value *pflag.InvalidValueError
	var syntax *pflag.InvalidSyntaxError
	switch {
	case errors.As(err, &missing) && missing.GetSpecifiedShortnames() != "":
		return Errorf(hint, "there is no flag -%s", missing.GetSpecifiedName())
	case errors.As(err, &missing):
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
		return Errorf(spelling.DidYouMean("--"+missing.GetSpecifiedName(), names, hint), "there is no flag --%s", missing.GetSpecifiedName())
	case errors.As(err, &bare):
		return Errorf(hint, "--%s needs a value", bare.GetFlag().Name)
	case errors.As(err, &value):
		return Errorf(hint, "--%s %s: %s", value.GetFlag().Name, value.GetValue(), valueText(value.GetFlag(), value.Unwrap()))
	case errors.As(err, &syntax):
		return Errorf(hint, "%s is no flag", syntax.GetSpecifiedFlag())
	}
	return Errorf(hint, "%w", err)
}

// valueText says what a value of a flag must be.
func valueText(f *pflag.Flag, err error) string {
	switch f.Value.Type() {
	case "bool":
		return "must be true or false"
	case "int", "uint64", "intSlice":
		return "not a whole number"
	case "float64":
		return "not a number"
	}
	return err.Error() // of a type of ours
}
