package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"beacon/internal/known"
	"beacon/internal/objstore"
	"beacon/internal/output"
	"beacon/internal/settings"
	"beacon/internal/spelling"
	"beacon/internal/tomlfile"
	"beacon/internal/usage"
)

const envPrefix = settings.Prefix

// configure sets the flags that the command line leaves out: from the
// environment, else from the settings file. The precedence is flag, BEACON_*,
// file, default.
func (a *app) configure(cmd *cobra.Command) error {
	if err := a.checkSettingsTarget(cmd); err != nil {
		return err
	}
	file, err := a.settings(cmd.Root())
	if err != nil {
		return err
	}
	a.warnVariables(flagNames(cmd.Root()))
	var failed error
	a.origins = map[string]string{}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed {
			a.origins[f.Name] = onCommandLine
		}
		if f.Changed || failed != nil {
			return
		}
		origin, values := "", []string(nil)
		env := settings.Variable(f.Name)
		if v, ok := os.LookupEnv(env); ok && v != "" {
			origin, values = env, []string{v}
		} else if file.Exists(f.Name) {
			origin, values = a.settingLines[f.Name], file.Strings(f.Name)
		}
		if len(values) > 0 {
			a.origins[f.Name] = origin
		}
		for _, v := range values {
			if err := cmd.Flags().Set(f.Name, v); err != nil {
				failed = usage.FlagError(cmd, err)
				return
			}
		}
	})
	return failed
}

// warnVariables warns of variables that look like settings and are none. Those that are near no
// setting's name are of other programs, likely: one line that -q leaves out.
func (a *app) warnVariables(flags []string) {
	near, far := settings.Unknown(os.Environ(), flags)
	for _, v := range near {
		a.warn("%s sets no flag", v.Name)
		a.hint("did you mean " + v.Meant + "?")
	}
	if len(far) > 0 && !a.quiet {
		a.warn("%s: sets no flag", strings.Join(far, ", "))
	}
}

// checkSettingsTarget refuses an output that the command line names and that is the
// settings file. What else is read is compared when the flags are known.
func (a *app) checkSettingsTarget(cmd *cobra.Command) error {
	path, _ := a.settingsPath()
	var targets []output.Target
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch f.Name {
		case "output":
			if !isTable(f.Value.String()) { // convert fills one
				targets = append(targets, output.To(output.Flag, f.Value.String()))
			}
		case "plot", "report", "truth":
			targets = append(targets, output.To("--"+f.Name, f.Value.String()))
		}
	})
	return a.files.Check(targets, a.sources(nil, path))
}

// settingsPath returns the path of the settings file: the one of --config or
// BEACON_CONFIG, which was asked for, else the default one, "" where the system has none.
func (a *app) settingsPath() (path string, asked bool) {
	if path = cmp.Or(a.config, os.Getenv(envPrefix+"CONFIG")); path != "" {
		return path, true
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", false
	}
	return filepath.Join(dir, "beacon", "config.toml"), false
}

// settings reads the settings file, if there is one, and its named networks. A default file that
// can't be opened is a warning: nobody asked for it.
func (a *app) settings(root *cobra.Command) (*koanf.Koanf, error) {
	k := koanf.New(".")
	path, asked := a.settingsPath()
	if path == "" {
		return k, nil
	}
	text, err := readSettings(path)
	switch {
	case err == nil:
	case !asked && errors.Is(err, fs.ErrNotExist):
		return k, nil
	case !asked:
		a.warn("the settings of %s are not used: %v", path, err)
		return k, nil
	default:
		return nil, fmt.Errorf("reading settings from %s: %w", path, err)
	}
	a.configPath = path
	doc, err := tomlfile.Parse(path, text)
	if err != nil {
		return nil, wrongTOML(err)
	}
	flat, err := a.flatten(doc, flagNames(root))
	if err != nil {
		return nil, wrongTOML(err)
	}
	if a.networks, err = known.Networks(doc); err != nil {
		return nil, wrongTOML(err)
	}
	return k, k.Load(settingsMap(flat), nil)
}

// flatten returns the settings of a file as texts, and notes the lines that they stand on. A name
// that is no flag is an error.
func (a *app) flatten(doc *tomlfile.File, flags []string) (map[string]any, error) {
	flat := map[string]any{}
	a.settingLines = map[string]string{}
	names := slices.SortedFunc(maps.Keys(doc.Values), func(x, y string) int {
		return cmp.Or(cmp.Compare(doc.Line(x), doc.Line(y)), cmp.Compare(x, y))
	})
	for _, name := range names {
		key, value := []string{name}, doc.Values[name]
		switch texts, ok := tomlfile.Scalars(value); {
		case name == known.NetworksKey:
		case !slices.Contains(flags, name):
			return nil, doc.Errorf(key, spelling.DidYouMean(name, flags, "names are those of the flags, without --"), "there is no such flag")
		case !ok:
			return nil, doc.Errorf(key, "", "must be a text, a number, true or false, or a list of these, not %s", tomlfile.Show(value))
		default:
			flat[name] = texts
			a.settingLines[name] = fmt.Sprintf("%s:%d", a.configPath, doc.Line(name))
		}
	}
	return flat, nil
}

// settingsMap is the settings of a file by their names: a koanf.Provider.
type settingsMap map[string]any

// ReadBytes implements koanf.Provider.
func (settingsMap) ReadBytes() ([]byte, error) { return nil, errors.ErrUnsupported }

// Read implements koanf.Provider.
func (m settingsMap) Read() (map[string]any, error) { return m, nil }

// maxSettings is the size up to which files of settings are read, in bytes. It
// keeps a device or a log that was named by mistake from filling the memory.
const maxSettings = 64 << 20

// readSettings reads a file that holds settings: a configuration, networks or
// known services.
func readSettings(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, output.Bare(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSettings+1))
	if err == nil && len(text) > maxSettings {
		err = fmt.Errorf("larger than %d MiB", maxSettings>>20)
	}
	return text, output.Bare(err)
}

// readFile reads a file of settings, or such an object of a store.
func (a *app) readFile(path string) ([]byte, error) {
	if objstore.IsURL(path) {
		return a.objects.Read(path, maxSettings)
	}
	return readSettings(path)
}

// flagNames returns the names of the flags of all commands.
func flagNames(root *cobra.Command) (names []string) {
	for _, cmd := range allCommands(root) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		cmd.PersistentFlags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	}
	return names
}

// onCommandLine is the origin of a setting that the command line gives.
const onCommandLine = "command line"

// typed tells whether a flag stands on the command line.
func (a *app) typed(flag string) bool { return a.origins[flag] == onCommandLine }
