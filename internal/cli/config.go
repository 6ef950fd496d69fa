package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/knadh/koanf/parsers/toml/v2"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// envPrefix and the name of a flag make the environment variable that sets the
// flag: BEACON_INTERNAL sets --internal.
const envPrefix = "BEACON_"

// configure sets the flags that the command line leaves out: from the
// environment, else from the settings file. The precedence is flag, BEACON_*,
// file, default.
func (a *app) configure(cmd *cobra.Command) error {
	settings, path, err := a.settings()
	if err != nil {
		return err
	}
	if unknown := unknownSettings(cmd.Root(), settings); unknown != nil {
		return usagef("names are those of the flags, without --", "%s: there is no flag %s", path, strings.Join(unknown, ", "))
	}
	var failed error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed || failed != nil {
			return
		}
		origin, values := "", []string(nil)
		env := envPrefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if v, ok := os.LookupEnv(env); ok && v != "" {
			origin, values = env, []string{v}
		} else if settings.Exists(f.Name) {
			if origin, values = path, settings.Strings(f.Name); len(values) == 0 {
				values = []string{settings.String(f.Name)}
			}
		}
		for _, v := range values {
			if err := cmd.Flags().Set(f.Name, v); err != nil {
				failed = usagef("", "%s: %s: %w", origin, f.Name, err)
				return
			}
		}
	})
	return failed
}

// settings reads the settings file: the one of --config or BEACON_CONFIG, else
// the default one if there is one. It returns the path too. A default file that
// can't be opened is a warning: nobody asked for it.
func (a *app) settings() (*koanf.Koanf, string, error) {
	k := koanf.New(".")
	path, asked := a.config, true
	if path == "" {
		path = os.Getenv(envPrefix + "CONFIG")
	}
	if path == "" {
		dir, err := os.UserConfigDir()
		if err != nil {
			return k, "", nil
		}
		path, asked = filepath.Join(dir, "beacon", "config.toml"), false
	}
	text, err := readSettings(path)
	switch {
	case err == nil:
	case !asked && errors.Is(err, fs.ErrNotExist):
		return k, "", nil
	case !asked:
		a.warn("the settings of %s are not used: %v", path, err)
		return k, "", nil
	default:
		return nil, path, fmt.Errorf("reading settings from %s: %w", path, err)
	}
	a.configPath = path
	if err := k.Load(settingsText(text), toml.Parser()); err != nil {
		return nil, path, fmt.Errorf("reading settings from %s: %w", path, err)
	}
	return k, path, nil
}

// settingsText is the text of a settings file: a koanf.Provider.
type settingsText []byte

// ReadBytes implements koanf.Provider.
func (t settingsText) ReadBytes() ([]byte, error) { return t, nil }

// Read implements koanf.Provider.
func (settingsText) Read() (map[string]any, error) { return nil, errors.ErrUnsupported }

// maxSettings is the size up to which files of settings are read, in bytes. It
// keeps a device or a log that was named by mistake from filling the memory.
const maxSettings = 64 << 20

// readSettings reads a file that holds settings: a configuration, networks or
// known services.
func readSettings(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, bare(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSettings+1))
	if err == nil && len(text) > maxSettings {
		err = fmt.Errorf("larger than %d MiB", maxSettings>>20)
	}
	return text, bare(err)
}

// unknownSettings returns the names in a settings file that are flags of no
// command.
func unknownSettings(root *cobra.Command, settings *koanf.Koanf) (unknown []string) {
	for _, name := range settings.Keys() {
		known := false
		for _, cmd := range allCommands(root) {
			known = known || cmd.Flags().Lookup(name) != nil || cmd.PersistentFlags().Lookup(name) != nil
		}
		if !known {
			unknown = append(unknown, name)
		}
	}
	return unknown
}
