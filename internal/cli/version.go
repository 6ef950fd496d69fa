package cli

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"beacon/internal/build"
	"beacon/internal/licenses"
)

func (a *app) version() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, commit, and the versions of Go and Arrow",
		RunE:  func(*cobra.Command, []string) error { return a.printVersion() },
	}
}

func (a *app) printVersion() error {
	_, err := fmt.Fprint(a.stdout.People(), build.This())
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
