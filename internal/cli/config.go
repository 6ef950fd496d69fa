package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/knadh/koanf/parsers/toml/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// envPrefix begins the name of the environment variable that stands for a
// flag: BEACON_INTERNAL for --internal.
const envPrefix = "BEACON_"

// configure gives the flags that the command line does not name their values
// from the environment, then from the settings file: flag > BEACON_* > file >
// default.
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

func (a *app) settings() (*koanf.Koanf, string, error) {
	k := koanf.New(".")
	path := a.config
	if path == "" {
		if path = os.Getenv(envPrefix + "CONFIG"); path == "" {
			dir, err := os.UserConfigDir()
			if err != nil {
				return k, "", nil
			}
			path = filepath.Join(dir, "beacon", "config.toml")
			if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
				return k, "", nil
			}
		}
	}
	if err := k.Load(file.Provider(path), toml.Parser()); err != nil {
		return nil, path, fmt.Errorf("reading settings from %s: %w", path, err)
	}
	return k, path, nil
}

// unknownSettings is the names in a settings file that are no flag of any
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
