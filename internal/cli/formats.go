package cli

import (
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/write"
)

func (a *app) formats() *cobra.Command {
	return &cobra.Command{
		Use:   "formats [NAME...]",
		Args:  cobra.ArbitraryArgs,
		Short: "List the kinds of flow logs that can be read and written",
		Long: `List the kinds of flow logs that can be read and written: what a record of each
needs to be a flow, and what flows have besides time, source and destination.
With names, say what writes these formats, and show an example of each.`,
		RunE: func(_ *cobra.Command, names []string) error {
			if len(names) > 0 {
				return a.describeFormats(names)
			}
			a.listFormats()
			return nil
		},
	}
}

// listFormats writes the formats as a table.
func (a *app) listFormats() {
	out := a.stdout.people()
	fmt.Fprint(out, "Formats to read. They are detected from the content; files may be compressed with gzip, zstd, lz4\n"+
		"or bzip2, and records may stand behind syslog headers or in what Elasticsearch, Splunk, CloudWatch\n"+
		"and Log Analytics export:\n\n")
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "FORMAT\tNEEDS\tGIVES\n")
	for _, f := range flowlog.Formats() {
		fmt.Fprintf(t, "%s\t%s\t%s\n", f.Name, f.Needs, f.Gives)
	}
	t.Flush()
	fmt.Fprint(out, "\nbeacon formats NAME says what writes a format, and shows an example.\n\nFormats that beacon convert and beacon show write:\n\n")
	for _, f := range write.Formats() {
		fmt.Fprintf(out, "  %-13s %s\n", f.Name, f.Doc)
	}
}

// describeFormats writes what there is to say about some formats.
func (a *app) describeFormats(names []string) error {
	out := a.stdout.people()
	formats := flowlog.Formats()
	for _, name := range names {
		i := slices.IndexFunc(formats, func(f *flowlog.Format) bool { return f.Name == name })
		if i < 0 {
			return usagef("beacon formats lists them", "there is no format %q", name)
		}
		f := formats[i]
		fmt.Fprintf(out, "%s: %s\n  needs    %s\n  gives    %s\n  example  %s\n", f.Name, f.Doc, f.Needs, f.Gives, f.Example)
	}
	return nil
}
