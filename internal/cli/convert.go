package cli

import (
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"beacon/internal/cli/readflags"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/write"
	"beacon/internal/output"
	"beacon/internal/usage"
)

// maxSortMemory is what --sort takes at most of the memory allowed, in bytes:
// more makes it no faster.
const maxSortMemory = 256 << 20

func (a *app) convert() *cobra.Command {
	var read readflags.Flags
	var path, format string
	var sort, appending bool
	cmd := &cobra.Command{
		Use:   "convert INPUT... -o FILE",
		Short: "Convert a log to Parquet, Arrow, text or a ClickHouse table",
		Long: `convert reads a log once and writes it in a format that is faster to read
again. Parquet files are compressed with zstd and hold a dictionary of addresses.

A record that names the host of a connection which has a record of its own (ssl.log
beside conn.log) is written as a flow to the name, with the address as its hostname,
so that the connection still counts once. Formats without a hostname leave out the
address.

With -o and a URL, convert creates a ClickHouse table and inserts the flows; if that
fails, it drops the table. It writes to a table that exists only with --append. The
flows of a table are written in order of time.`,
		Example: `  beacon convert 'conn.*.log.gz' -o all.parquet
  beacon convert flows.csv -o conn.log -f zeek --sort`,
		Args: usage.AtLeast(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if path == "" {
				return usage.Errorf("-o flows.parquet, or -o - for standard output", "no file to write was named")
			}
			table := isTable(path)
			if appending && !table {
				return usage.Errorf("like -o clickhouse://user@host:9000/db/table", "--append: only a ClickHouse table can be appended to")
			}
			targets := []output.Target{output.To(output.Flag, path)}
			if table {
				targets = nil
			} else if format, err = writeFormat(format, path); err != nil {
				return err
			}
			if err := a.files.Check(targets, a.sources(args)); err != nil {
				return err
			}
			opt, err := read.Options()
			if err != nil {
				return err
			}
			memory, err := read.Budget()
			if err != nil {
				return err
			}
			if slices.ContainsFunc(args, isTable) {
				return a.export(cmd.Context(), args, &read, opt, output.To(output.Flag, path), format)
			}
			log, err := a.open(cmd.Context(), args, &read, opt)
			if err != nil {
				return err
			}
			defer log.Close()
			if err := a.files.Check(targets, output.Opened(log)); err != nil {
				return err
			}
			show, done := a.logProgress("converting")
			log.Progress = show
			defer done()
			if table {
				return a.load(cmd.Context(), log, path, &read, appending)
			}
			var report *flowlog.Report
			err = a.files.Write(path, func(w io.Writer) error {
				report, err = write.Convert(cmd.Context(), log, write.Options{Format: format, Sort: sort, Memory: min(ofTables(memory), maxSortMemory)}, w)
				if err != nil {
					return err
				}
				return a.checkInputs(log)
			})
			done()
			if err != nil {
				return err
			}
			a.showReading(log, report)
			a.noteOthers(report)
			a.showDamage(report)
			a.noteWritten(report.Rows(), output.To("", path), format)
			return nil
		},
	}
	read.Register(cmd.Flags())
	f := cmd.Flags()
	f.StringVarP(&path, "output", "o", "", "write to this `file`, or create the ClickHouse table of a URL such as clickhouse://user@host:9000/db/table")
	f.StringVarP(&format, "format", "f", "", "`format` to write: "+strings.Join(write.Names(), ", ")+"; by default that of the file name's extension, or csv")
	f.BoolVar(&sort, "sort", false, "sort the flows by time")
	f.BoolVar(&appending, "append", false, "add the flows to a ClickHouse table that exists")
	return cmd
}
