package cli

import (
	"cmp"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"beacon/internal/output"
	"beacon/internal/ritaconf"
	"beacon/internal/settings"
	"beacon/internal/usage"
)

// showSettings returns the command that shows where the settings of detect come from.
func (a *app) showSettings() *cobra.Command {
	var d detectFlags
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show each setting of detect and where it comes from, or import those of RITA",
		Long: `config shows the flags of detect with their values, and whether each comes from the
command line, a variable (BEACON_INTERNAL), the settings file, or is the default. The
networks that the settings name follow.`,
		Args: usage.Exactly(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, wrongQuery := d.question(a, args)
			_, wrongRead := d.read.Options()
			if err := cmp.Or(wrongQuery, wrongRead, d.output.check()); err != nil {
				return err
			}
			var names []string
			for _, g := range flagGroups {
				names = append(names, g.Flags...)
			}
			out := a.stdout.People()
			if err := settings.Write(out, cmd.Flags(), names, a.origins); err != nil {
				return err
			}
			for i, n := range a.networks {
				if i == 0 {
					fmt.Fprintf(out, "\nNETWORKS of %s\n", a.settings.Path) // an error of the stream ends the run with a message
				}
				fmt.Fprintf(out, "%s = %s\n", n.Name, n.Set)
			}
			return nil
		},
	}
	d.register(cmd)
	cmd.AddCommand(a.importSettings())
	return cmd
}

// importSettings returns the command that turns the configuration of RITA into settings.
func (a *app) importSettings() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "import CONFIG.HJSON",
		Short: "Turn the filters of RITA's configuration into a settings file",
		Long: `import reads config.hjson of RITA 5 and writes its internal and never included networks
and domains as settings: internal and exclude. What beacon has no setting for is a
warning, and a comment in what is written.`,
		Example: `  beacon config import config.hjson -o beacon.toml`,
		Args:    usage.Exactly(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.files.Check([]output.Target{output.To(output.Flag, path)}, a.sources(args)); err != nil {
				return err
			}
			text, err := readSettings(args[0])
			if err != nil {
				return fmt.Errorf("reading %s: %w", args[0], err)
			}
			imported, err := ritaconf.Parse(text)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			for _, lost := range imported.Lost {
				a.warn("%s", lost)
			}
			return a.files.Write(path, func(w io.Writer) error {
				_, err := io.WriteString(w, imported.TOML())
				return err
			})
		},
	}
	cmd.Flags().StringVarP(&path, "output", "o", "", "write to this `file`; by default to standard output")
	return cmd
}
