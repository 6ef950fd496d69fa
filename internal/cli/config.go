package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"beacon/internal/known"
	"beacon/internal/objstore"
	"beacon/internal/output"
	"beacon/internal/settings"
	"beacon/internal/tomlfile"
	"beacon/internal/usage"
)

// configure sets the flags that the command line leaves out: from the
// environment, else from the settings file. The precedence is flag, BEACON_*,
// file, default.
func (a *app) configure(cmd *cobra.Command) error {
	if err := a.checkSettingsTarget(cmd); err != nil {
		return err
	}
	flags := flagNames(cmd.Root())
	if err := a.readConfig(flags); err != nil {
		return err
	}
	a.warnVariables(flags)
	var err error
	if a.origins, err = a.settings.Apply(cmd.Flags()); err != nil {
		return usage.FlagError(cmd, err)
	}
	return nil
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
	path, _ := settings.Path(a.config)
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

// readConfig reads the settings file, if there is one, and its named networks. A default file
// that can't be opened is a warning: nobody asked for it.
func (a *app) readConfig(flags []string) error {
	path, asked := settings.Path(a.config)
	if path == "" {
		return nil
	}
	text, err := readSettings(path)
	switch {
	case err == nil:
	case !asked && errors.Is(err, fs.ErrNotExist):
		return nil
	case !asked:
		a.warn("the settings of %s are not used: %v", path, err)
		return nil
	default:
		return fmt.Errorf("reading settings from %s: %w", path, err)
	}
	a.settings.Path = path
	doc, err := tomlfile.Parse(path, text)
	if err != nil {
		return wrongTOML(err)
	}
	if a.settings, err = settings.Parse(doc, path, known.NetworksKey, flags); err != nil {
		return wrongTOML(err)
	}
	if a.networks, err = known.Networks(doc); err != nil {
		return wrongTOML(err)
	}
	return nil
}

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

// typed tells whether a flag stands on the command line.
func (a *app) typed(flag string) bool { return a.origins[flag] == settings.CommandLine }
