package cli

import (
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"beacon/internal/simulate"
)

func (a *app) simulate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Write logs with known beacons in them",
	}
	cmd.AddCommand(a.simulateOffice())
	return cmd
}

func (a *app) simulateOffice() *cobra.Command {
	cfg := simulate.DefaultOffice()
	var output, truthPath, codec string
	var plain bool
	cmd := &cobra.Command{
		Use:   "office -o FILE",
		Short: "Write a log shaped like the one of the original hunt",
		Long: `office writes the log of an office of 5,497 addresses over five days: 14 external
destinations that are called in every minute of the hour, of which three come in
three bursts a day from 26 infected hosts. The same seed gives the same bytes.
Scale 1 is about 24.4 million rows. The file's ending says what is written:
.parquet, or anything else for CSV.`,
		Example: `  beacon simulate office -o office.parquet --scale 0.05 --truth truth.csv`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if output == "" {
				return usagef("-o office.parquet or -o office.csv", "no file to write was named")
			}
			var truth simulate.Truth
			err := writeOutput(output, a.stdout, func(w io.Writer) error {
				out, err := logWriter(output, w, simulate.ParquetOptions{Codec: codec, PlainAddresses: plain})
				if err != nil {
					return err
				}
				truth, err = simulate.WriteOffice(cfg, out)
				return err
			})
			if err != nil || truthPath == "" {
				return err
			}
			return writeOutput(truthPath, a.stdout, truth.WriteCSV)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&output, "output", "o", "", "write to this `file`, whole or not at all; - is standard output")
	f.StringVar(&truthPath, "truth", "", "write what was planted to this `file`, as CSV")
	f.Uint64Var(&cfg.Seed, "seed", cfg.Seed, "another `number`, another log of the same shape")
	f.Float64Var(&cfg.Scale, "scale", cfg.Scale, "volume, as a `factor` of the original's")
	f.IntVar(&cfg.Days, "days", cfg.Days, "length of the log in `days`")
	f.StringVar(&codec, "compression", "snappy", "compression of a Parquet file: snappy, zstd or none")
	f.BoolVar(&plain, "plain-addresses", false, "write a Parquet file's addresses as they are, without a dictionary")
	return cmd
}

// logWriter is the writer of a simulated log of the kind that a path's ending
// names.
func logWriter(path string, w io.Writer, opt simulate.ParquetOptions) (simulate.Writer, error) {
	if strings.EqualFold(filepath.Ext(path), ".parquet") {
		return simulate.NewParquetWriter(w, opt)
	}
	return simulate.NewCSVWriter(w), nil
}
