package cli

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"beacon/internal/cli/readflags"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/write"
	"beacon/internal/manual"
	"beacon/internal/spelling"
	"beacon/internal/usage"
)

func (a *app) formats() *cobra.Command {
	return &cobra.Command{
		Use:   "formats [NAME...]",
		Args:  cobra.ArbitraryArgs,
		Short: "List the kinds of flow logs that can be read and written",
		Long: `formats lists the kinds of flow logs that can be read and written. With names, it says
what a record of each needs to be a flow, what flows have besides time, source and
destination, and shows an example.

The format is detected from the content; names and extensions of files don't matter. Logs
may be packed with gzip, zstd, lz4 or bzip2. An INPUT is a file, a directory (its files in
name order), a quoted pattern, or - for standard input. beacon inspect tells how a log is understood.

  --map dst_ip=DestAddr    the column DestAddr holds the destinations; a number
                           names a column of a table without a header
  --input-format csv       don't detect the format
  --time-format FORM       the form of the times: a strptime format, a Go
                           layout, or a name that --help lists
  --tz Europe/Berlin       the zone of times that name none, or +02:00
  --year 2026              the first year of logs without one (syslog)
  --from, --to             leave out flows before and after these times
  --exclude-failed         leave out attempts that were never answered
  --strict                 make a record that can't be read an error

Records that can't be read are skipped, counted and shown. beacon convert writes a log as
Parquet, which is faster to read again.`,
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
	out, width := a.stdout.People(), a.helpColumns()
	list := func(title string, lines [][2]string) {
		fmt.Fprint(out, manual.Fill(title, width), "\n\n")
		lead := 0
		for _, l := range lines {
			lead = max(lead, len(l[0]))
		}
		for _, l := range lines {
			fmt.Fprint(out, manual.Hang(fmt.Sprintf("  %-*s  ", lead, l[0]), l[1], width))
		}
	}
	var reads, writes [][2]string
	for _, f := range flowlog.Formats() {
		reads = append(reads, [2]string{f.Name, f.Doc})
	}
	for _, f := range write.Formats() {
		writes = append(writes, [2]string{f.Name, f.Doc})
	}
	list("Formats to read. They are detected from the content; files may be compressed with gzip, zstd, lz4 or bzip2, "+
		"and records may stand behind syslog headers or in what Elasticsearch, Splunk, CloudWatch and Log Analytics export. "+
		"beacon formats NAME says what a format needs and gives, and shows an example.", reads)
	fmt.Fprintln(out)
	list("Formats that beacon convert and beacon show write:", writes)
}

// describeFormats writes what there is to say about some formats.
func (a *app) describeFormats(names []string) error {
	out := a.stdout.People()
	formats := flowlog.Formats()
	for _, name := range names {
		i := slices.IndexFunc(formats, func(f *flowlog.Format) bool { return f.Name == name })
		if i < 0 {
			return usage.Errorf(spelling.DidYouMean(name, readflags.Formats(), "beacon formats lists them"), "there is no format %q", name)
		}
		f := formats[i]
		fmt.Fprintf(out, "%s: %s\n  needs    %s\n  gives    %s\n  example  %s\n", f.Name, f.Doc, f.Needs, f.Gives, f.Example)
	}
	return nil
}
