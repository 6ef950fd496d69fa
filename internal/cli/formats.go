package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/write"
)

func (a *app) formats() *cobra.Command {
	return &cobra.Command{
		Use:   "formats",
		Short: "List the kinds of flow logs that can be read and written",
		RunE: func(*cobra.Command, []string) error {
			out := a.stdout.people()
			fmt.Fprintln(out, "Formats to read. They are detected from the content; files may be compressed\nwith gzip, zstd, lz4 or bzip2:")
			for _, f := range flowlog.Formats() {
				fmt.Fprintf(out, "\n  %-13s %s\n      %s\n", f.Name, f.Doc, f.Example)
			}
			fmt.Fprint(out, "\nFormats that beacon convert and beacon show write:\n\n")
			for _, f := range write.Formats() {
				fmt.Fprintf(out, "  %-13s %s\n", f.Name, f.Doc)
			}
			return nil
		},
	}
}
