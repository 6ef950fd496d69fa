package cli

import (
	"cmp"
	"encoding/csv"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"beacon/internal/escape"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/write"
)

func (a *app) showFlows() *cobra.Command {
	var read readFlags
	var path, format string
	cmd := &cobra.Command{
		Use:   "show IP[,IP] INPUT...",
		Short: "Write the flows of some addresses, in order, from any kind of log",
		Long: `show writes every flow that has one of the addresses at either end, in the order
of the log.`,
		Example: `  beacon show 80.155.115.153 flows.parquet
  beacon show 80.155.115.153,78.161.198.188 flows.parquet -f parquet -o three.parquet`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			addrs, err := addresses("show", args[:1])
			if err != nil {
				return err
			}
			opt, err := read.options()
			if err != nil {
				return err
			}
			forPeople := format == "" && isStdout(path)
			if format, err = writeFormat(format, path); err != nil {
				return err
			}
			if _, err := read.budget(); err != nil {
				return err
			}
			log, err := flowlog.Open(args[1:], a.stdin, opt)
			if err != nil {
				return err
			}
			defer log.Close()
			if err := a.checkTargets([]target{{flagOutput, path}}, a.sourcesOf(log)); err != nil {
				return err
			}
			return a.writeOutput(path, func(w io.Writer) error {
				var end func() error
				if forPeople {
					w, end = screenCSV(a.stdout.people())
				}
				report, err := write.Show(cmd.Context(), log, addrs, format, w)
				if end != nil {
					err = cmp.Or(err, end())
				}
				if err != nil {
					return err
				}
				a.showReading(log, report)
				a.showDamage(report)
				return a.checkInputs(log)
			})
		},
	}
	read.register(cmd)
	cmd.Flags().StringVarP(&path, "output", "o", "", "write to this `file`; by default to standard output")
	cmd.Flags().StringVarP(&format, "format", "f", "", "`format` to write: "+strings.Join(writeFormats(), ", ")+"; by default that of the file name's extension, or csv")
	return cmd
}

// screenCSV returns a writer of CSV for people to read: cells that a spreadsheet
// would run as formulas are defused. end waits until all is written.
func screenCSV(to io.Writer) (w io.Writer, end func() error) {
	from, in := io.Pipe()
	done := make(chan error, 1)
	go func() {
		rows, out := csv.NewReader(from), csv.NewWriter(to)
		rows.ReuseRecord, rows.FieldsPerRecord = true, -1
		for {
			row, err := rows.Read()
			if err == io.EOF {
				out.Flush()
				done <- out.Error()
				return
			}
			for i := range row {
				row[i] = escape.Formula(row[i])
			}
			if err = cmp.Or(err, out.Write(row)); err != nil {
				from.CloseWithError(err)
				done <- err
				return
			}
		}
	}()
	return in, func() error {
		in.Close()
		return <-done
	}
}

// writeEndings is what a file's ending says of the log to write.
var writeEndings = []struct{ ending, format string }{
	{".parquet", "parquet"}, {".arrow", "arrow"}, {".feather", "arrow"}, {".ipc", "arrow"}, {".ndjson", "ndjson"}, {".jsonl", "ndjson"}, {".json", "ndjson"}, {".csv", "csv"},
}

// writeFormat returns the format to write: the one that is named, or that the file's
// ending says, or CSV.
func writeFormat(name, path string) (string, error) {
	if name == "" {
		for _, e := range writeEndings {
			if strings.HasSuffix(strings.ToLower(path), e.ending) {
				return e.format, nil
			}
		}
		return "csv", nil
	}
	if _, err := write.FormatOf(name); err != nil {
		return "", usagef("", "--format: %w", err)
	}
	return name, nil
}

func writeFormats() []string {
	var names []string
	for _, f := range write.Formats() {
		names = append(names, f.Name)
	}
	return names
}
