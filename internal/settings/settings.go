// Package settings tells where the settings of a run come from, and what is wrong with those
// that nothing takes.
package settings

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/pflag"

	"beacon/internal/escape"
	"beacon/internal/spelling"
)

// Prefix and the name of a flag make the environment variable that sets the flag:
// BEACON_INTERNAL sets --internal.
const Prefix = "BEACON_"

// Variable returns the environment variable that sets a flag.
func Variable(flag string) string {
	return Prefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// others are the variables that set no flag: the password of a database, and those of the
// tests.
var others = []string{"BEACON_CLICKHOUSE_PASSWORD", "BEACON_SHARED", "BEACON_CLICKHOUSE", "BEACON_BROWSER", "BEACON_STRACE", "BEACON_PICTURES", "BEACON_CHDB", "BEACON_CHDB_DIR"}

// testPrefix begins the names of further variables of the tests.
const testPrefix = Prefix + "TEST_"

// Mistyped is a variable that sets no flag, and the one that is probably meant.
type Mistyped struct{ Name, Meant string }

// Unknown returns the variables of an environment that look like settings and are none, given
// the names of all flags: those near a setting's, and those far from all, by name.
func Unknown(environment, flags []string) (near []Mistyped, far []string) {
	known := slices.Clone(others)
	var words []string // without the prefix, which all share
	for _, f := range flags {
		known = append(known, Variable(f))
		words = append(words, strings.TrimPrefix(Variable(f), Prefix))
	}
	for _, v := range slices.Sorted(slices.Values(environment)) {
		name, _, _ := strings.Cut(v, "=")
		word, ours := strings.CutPrefix(name, Prefix)
		if !ours || strings.HasPrefix(name, testPrefix) || slices.Contains(known, name) {
			continue
		}
		if meant := spelling.Nearest(word, words); meant != "" {
			near = append(near, Mistyped{name, Prefix + meant})
		} else {
			far = append(far, name)
		}
	}
	return near, far
}

// Write writes a table of the flags in the order of names: value, and where it comes from,
// which origins tells of those that aren't the default. A default of 0 stands for no value.
// Passwords of URLs are left out.
func Write(w io.Writer, flags *pflag.FlagSet, names []string, origins map[string]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "SETTING\tVALUE\tFROM\n")
	for _, name := range names {
		f := flags.Lookup(name)
		if f == nil {
			continue
		}
		value := strings.TrimSuffix(strings.TrimPrefix(f.Value.String(), "["), "]")
		origin := origins[name]
		if origin == "" {
			origin = "default"
		}
		if value == "" || value == "0" && origins[name] == "" {
			value = "-"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", name, escape.Passwords(value), origin)
	}
	return t.Flush()
}
