package settings

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"

	"beacon/internal/spelling"
	"beacon/internal/tomlfile"
)

// Path returns the path of the settings file: the one that is named, or that BEACON_CONFIG names,
// which was asked for, else the default one, "" where the system has none.
func Path(named string) (path string, asked bool) {
	if path = cmp.Or(named, os.Getenv(Prefix+"CONFIG")); path != "" {
		return path, true
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", false
	}
	return filepath.Join(dir, "beacon", "config.toml"), false
}

// File is a settings file that was read. The zero value sets nothing.
type File struct {
	Path   string
	values *koanf.Koanf // texts by the names of flags
	lines  map[string]int
}

// Parse reads the settings of a document, each named as a flag; those of a table by the given
// name are of something else. Errors
// are of type *tomlfile.Error.
func Parse(doc *tomlfile.File, path, table string, flags []string) (File, error) {
	f := File{Path: path, values: koanf.New("."), lines: map[string]int{}}
	flat := texts{}
	names := slices.SortedFunc(maps.Keys(doc.Values), func(x, y string) int {
		return cmp.Or(cmp.Compare(doc.Line(x), doc.Line(y)), cmp.Compare(x, y))
	})
	for _, name := range names {
		key, value := []string{name}, doc.Values[name]
		switch list, ok := tomlfile.Scalars(value); {
		case name == table:
		case !slices.Contains(flags, name):
			return f, doc.Errorf(key, spelling.DidYouMean(name, flags, "names are those of the flags, without --"), "there is no such flag")
		case !ok:
			return f, doc.Errorf(key, "", "must be a text, a number, true or false, or a list of these, not %s", tomlfile.Show(value))
		default:
			flat[name], f.lines[name] = list, doc.Line(name)
		}
	}
	return f, f.values.Load(flat, nil)
}

// texts is the settings of a file by their names: a koanf.Provider.
type texts map[string]any

// ReadBytes implements koanf.Provider.
func (texts) ReadBytes() ([]byte, error) { return nil, errors.ErrUnsupported }

// Read implements koanf.Provider.
func (t texts) Read() (map[string]any, error) { return t, nil }

// CommandLine is the origin of a setting that the command line gives.
const CommandLine = "command line"

// Apply sets the flags that the command line leaves out: from the environment, else from the
// file. It returns where the value of each flag comes from that isn't at its default: the command
// line, a variable, or the file and line.
func (f *File) Apply(flags *pflag.FlagSet) (origins map[string]string, err error) {
	origins = map[string]string{}
	flags.VisitAll(func(flag *pflag.Flag) {
		if err != nil {
			return
		}
		if flag.Changed {
			origins[flag.Name] = CommandLine
			return
		}
		origin, values := f.setting(flag.Name)
		if len(values) > 0 {
			origins[flag.Name] = origin
		}
		for _, v := range values {
			if err = flags.Set(flag.Name, v); err != nil {
				return
			}
		}
	})
	return origins, err
}

// setting returns the values that the environment, or else the file, gives a flag, and which of
// them does.
func (f *File) setting(flag string) (origin string, values []string) {
	variable := Variable(flag)
	if v := os.Getenv(variable); v != "" {
		return variable, []string{v}
	}
	if f.values == nil || !f.values.Exists(flag) {
		return "", nil
	}
	return fmt.Sprintf("%s:%d", f.Path, f.lines[flag]), f.values.Strings(flag)
}
