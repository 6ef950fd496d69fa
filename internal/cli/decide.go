package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"beacon/internal/beacon"
	"beacon/internal/report"
)

// decideFlags is the flags of beacon decide.
type decideFlags struct {
	decisionFlags
	outputFlags
	fdr float64
}

func (a *app) decide() *cobra.Command {
	var d decideFlags
	cmd := &cobra.Command{
		Use:   "decide FINDINGS...",
		Short: "Decide again about stored rhythms, with other explanations, without the log",
		Long: `decide reads findings that beacon detect --rule rhythm wrote with -f json or
-f ndjson, and decides again which pairs are beacons: without some of the
explanations, with your own, or at a smaller false-discovery rate. The answer is
that of the log itself, and is written as detect writes it.

FINDINGS are files, told by their content, or - for standard input. Findings of
several logs are decided each for itself; what stands twice is taken once.

A larger --fdr than the findings were decided by, other periods or --min-calls need
the log: ask beacon detect. Destinations of the every-minute rule pass through as
they are. Internal sources stand in order of their first call, for findings don't
tell the order of the log.`,
		Example: `  beacon decide findings.ndjson --no-explain prevalence
  beacon decide findings.ndjson --known services.csv -f ndjson -o decided.ndjson`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.runDecide(cmd, args, &d) },
	}
	d.decisionFlags.register(cmd)
	d.outputFlags.register(cmd)
	cmd.Flags().Float64Var(&d.fdr, "fdr", 0, "`share` of false ones that is accepted among what is flagged; default and most is what the findings were decided by")
	return cmd
}

func (a *app) runDecide(cmd *cobra.Command, args []string, d *decideFlags) error {
	if _, err := report.Find(d.outputFormat); err != nil {
		return usagef("", "--format: %w", err)
	}
	options := beacon.RhythmOptions{FDR: d.fdr}
	if cmd.Flags().Changed("fdr") && !(d.fdr > 0 && d.fdr < 1) {
		return usagef("like 0.001", "--fdr %v: must lie between 0 and 1", d.fdr)
	}
	if err := d.apply(&options); err != nil {
		return err
	}
	findings, err := a.stored(args)
	if err != nil {
		return err
	}
	findings.Query.Rhythm = options
	if err := decideAgain(findings); err != nil {
		return err
	}
	if err := a.show(nil, findings); err != nil {
		return err
	}
	meta := report.Meta{Program: "beacon " + version(), Command: commandLine(cmd, args), Inputs: args}
	err = writeOutput(d.output, a.stdout, func(w io.Writer) error { return report.Write(w, d.outputFormat, findings, meta) })
	return cmp.Or(err, d.outcome(findings))
}

// stored reads the findings of files together.
func (a *app) stored(paths []string) (*beacon.Findings, error) {
	fs := &beacon.Findings{Query: beacon.Query{Order: beacon.ByTime}}
	for _, path := range paths {
		n, err := a.readStored(fs, path)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			fs.Warnings = append(fs.Warnings, beacon.Warning{Text: path + " holds no findings"})
		}
	}
	return fs, nil
}

func (a *app) readStored(fs *beacon.Findings, path string) (objects int, err error) {
	if path == "-" {
		return report.ReadStored(fs, a.stdin, "standard input")
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("reading findings from %s: %w", path, bare(err))
	}
	defer func() { err = cmp.Or(err, f.Close()) }()
	return report.ReadStored(fs, f, path)
}

// decideAgain decides about the pairs of stored findings, and says which rules the
// answer is about.
func decideAgain(fs *beacon.Findings) error {
	twice, err := fs.DecideAgain()
	var looser *beacon.LooserError
	if errors.As(err, &looser) {
		return usagef(fmt.Sprintf("ask the log: beacon detect LOG --rule rhythm --fdr %v", looser.FDR), "--fdr: %w", err)
	}
	if twice > 0 {
		fs.Warnings = append(fs.Warnings, beacon.Warning{Text: fmt.Sprintf("pairs that stand twice in the findings of one log, and were taken once: %d", twice)})
	}
	if len(fs.List) == 0 || len(fs.Pairs)+len(fs.Company) > 0 {
		fs.Query.Rules = beacon.EveryRhythm
	}
	for i := range fs.List {
		fs.Query.Rules |= beacon.EveryMinute
		if n := fs.List[i].Slots; i == 0 || n < fs.Query.Slots {
			fs.Query.Slots = n
		}
	}
	beacon.SortFindings(fs.List)
	fs.CollectSources()
	return nil
}
