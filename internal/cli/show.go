package cli

import (
	"io"
	"strings"

	"github.com/spf13/cobra"

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
				report, err := write.Show(cmd.Context(), log, addrs, format, w)
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
	cmd.Flags().StringVarP(&path, "output", "o", "", "write to this `file`, whole or not at all; default standard output")
	cmd.Flags().StringVarP(&format, "format", "f", "", "what to write: "+strings.Join(writeFormats(), ", ")+"; default what the file's ending says, else csv")
	return cmd
}

// writeEndings is what a file's ending says of the log to write.
var writeEndings = []struct{ ending, format string }{
	{".parquet", "parquet"}, {".arrow", "arrow"}, {".feather", "arrow"}, {".ipc", "arrow"}, {".ndjson", "ndjson"}, {".jsonl", "ndjson"}, {".json", "ndjson"}, {".csv", "csv"},
}

// writeFormat is the format to write: the one that is named, or that the file's
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
