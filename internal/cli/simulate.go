package cli

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"beacon/internal/flowlog/write"
	"beacon/internal/manual"
	"beacon/internal/output"
	"beacon/internal/simulate"
	"beacon/internal/usage"
)

func (a *app) simulate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Write logs with known beacons in them",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("there is no %q to simulate", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.simulateOffice(), a.simulateBeacons())
	return cmd
}

func (a *app) simulateOffice() *cobra.Command {
	cfg := simulate.DefaultOffice()
	var path, truthPath, codec string
	var plain bool
	cmd := &cobra.Command{
		Use:   "office -o FILE",
		Short: "Write the log of an office: busy services, and three beacons among them",
		Long: `office writes the log of an office of 5,497 addresses over five days: 14 external
destinations that are called in every minute of the hour, of which three come in
three bursts a day from 26 infected hosts. The same seed gives the same bytes.
Scale 1 is about 24.4 million rows. The file's ending says what is written:
.parquet, or anything else for CSV.`,
		Example: `  beacon simulate office -o office.parquet --scale 0.05 --truth truth.csv`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if path == "" {
				return usage.Errorf("-o office.parquet or -o office.csv", "no file to write was named")
			}
			if err := a.files.Check([]output.Target{output.To(output.Flag, path), output.To("--truth", truthPath)}, nil); err != nil {
				return err
			}
			var truth simulate.Truth
			err := a.files.Write(path, func(w io.Writer) error {
				out, err := logWriter(path, w, write.ParquetOptions{Codec: codec, PlainAddresses: plain}, false)
				if err != nil {
					return err
				}
				truth, err = simulate.WriteOffice(cfg, out)
				return err
			})
			if err != nil || truthPath == "" {
				return err
			}
			return a.files.Write(truthPath, truth.WriteCSV)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&path, "output", "o", "", "write to this `file`; - is standard output")
	f.StringVar(&truthPath, "truth", "", "write the planted beacons to this CSV `file`")
	f.Uint64Var(&cfg.Seed, "seed", cfg.Seed, "`number` that the log is generated from; the same one gives the same log")
	f.Float64Var(&cfg.Scale, "scale", cfg.Scale, "`factor` on the number of flows; 1 is about 24.4 million")
	f.IntVar(&cfg.Days, "days", cfg.Days, "length of the log in `days`")
	f.StringVar(&codec, "compression", "snappy", "compression of Parquet files: snappy, zstd or none")
	f.BoolVar(&plain, "plain-addresses", false, "write the addresses of Parquet files without a dictionary")
	return cmd
}

func (a *app) simulateBeacons() *cobra.Command {
	cfg := simulate.DefaultBeacons()
	var path, truthPath string
	cmd := &cobra.Command{
		Use:   "beacons -o FILE",
		Short: "Write a log with beacons of every kind among benign traffic",
		Long: `beacons writes a log in which hosts call home: sleeping or by the clock, with
jitter and missed calls, in office hours only, switching their period, several
hosts in one rhythm, rotating destinations; among people's browsing, polls at
random, and programs that keep time for a good reason. --truth says which is which.

--kinds plants programs of other kinds, which are harder to tell apart:
` + simulateKinds() + `
--world is what the log goes through:
` + simulateWorlds(),
		Example: `  beacon simulate beacons -o beacons.csv --truth truth.csv
  beacon detect --rule rhythm beacons.csv`,
		RunE: func(*cobra.Command, []string) error {
			if path == "" {
				return usage.Errorf("-o beacons.parquet or -o beacons.csv", "no file to write was named")
			}
			if slices.Equal(cfg.Kinds, []string{"all"}) {
				cfg.Kinds = simulate.AllKinds()
			}
			if err := a.files.Check([]output.Target{output.To(output.Flag, path), output.To("--truth", truthPath)}, nil); err != nil {
				return err
			}
			var truth []simulate.Rhythmic
			err := a.files.Write(path, func(w io.Writer) error {
				out, err := logWriter(path, w, write.ParquetOptions{}, cfg.Named())
				if err != nil {
					return err
				}
				truth, err = simulate.WriteBeacons(cfg, out)
				return err
			})
			if err != nil || truthPath == "" {
				return err
			}
			return a.files.Write(truthPath, func(w io.Writer) error { return simulate.WriteRhythmic(w, truth) })
		},
	}
	f := cmd.Flags()
	f.StringVarP(&path, "output", "o", "", "write to this `file`; - is standard output")
	f.StringVar(&truthPath, "truth", "", "write the planted beacons to this CSV `file`")
	f.Uint64Var(&cfg.Seed, "seed", cfg.Seed, "`number` that the log is generated from; the same one gives the same log")
	f.IntVar(&cfg.Hosts, "hosts", cfg.Hosts, "number of internal `hosts`")
	f.IntVar(&cfg.Beacons, "beacons", cfg.Beacons, "number of `beacons`, of each kind in turn")
	f.Float64Var(&cfg.Days, "days", cfg.Days, "length of the log in `days`")
	f.StringSliceVar(&cfg.Kinds, "kinds", nil, "`names` of what is planted instead of plain beacons: malware and benign programs; all: everything")
	f.StringVar(&cfg.World, "world", "", "`name` of what happens to the log on its way: loss, a coarse clock, other addresses")
	return cmd
}

// simulateKinds lists the programs that can be planted, for the help.
func simulateKinds() string {
	var b strings.Builder
	for _, p := range slices.Concat(simulate.Programs(), simulate.NamedPrograms()) {
		what := "benign"
		if p.C2 {
			what = "malware"
		}
		b.WriteString(manual.Hang(fmt.Sprintf("  %-20s ", p.Name), what+": "+p.About, helpWidth))
	}
	return b.String()
}

// simulateWorlds lists what can happen to a log, for the help.
func simulateWorlds() string {
	var b strings.Builder
	for _, w := range simulate.Worlds() {
		b.WriteString(manual.Hang(fmt.Sprintf("  %-20s ", w.Name), w.About, helpWidth))
	}
	return strings.TrimRight(b.String(), "\n")
}

// logWriter returns the writer of a simulated log of the kind that a path's ending
// names.
func logWriter(path string, w io.Writer, opt write.ParquetOptions, named bool) (simulate.Writer, error) {
	if strings.EqualFold(filepath.Ext(path), ".parquet") {
		format, err := write.Parquet(opt)
		if err != nil {
			return nil, err
		}
		return simulate.NewWriter(w, format, named)
	}
	return simulate.NewCSVWriter(w, named), nil
}
