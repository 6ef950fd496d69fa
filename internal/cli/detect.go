package cli

import (
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"beacon/internal/beacon"
	"beacon/internal/engine"
	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/report"
)

// detectFlags is the flags of beacon detect.
type detectFlags struct {
	readFlags
	queryFlags
	only     []string
	shapes   []string
	output   string
	format   string
	evidence []string
	exitCode bool
}

func (a *app) detect() *cobra.Command {
	var d detectFlags
	cmd := &cobra.Command{
		Use:   "detect INPUT...",
		Short: "Write the internal hosts that call an external address in every minute of the hour",
		Long: `detect finds the external addresses that are called in every minute of the hour,
over the whole log with all days and hosts pooled, and writes the internal hosts
that call them: a CSV with the header ip, in order of first appearance.

An INPUT is a file, a directory (its files in name order), a quoted pattern, or -
for standard input. What it is, is told by its content, not by its name.`,
		Example: `  beacon detect flows.parquet -o flag_d.csv
  beacon detect --internal 120.0.0.0/8 --only 80.155.115.153 flows.csv.gz
  zcat flows-*.csv.gz | beacon detect -`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.runDetect(cmd, args, &d) },
	}
	d.readFlags.register(cmd)
	d.queryFlags.register(cmd)
	f := cmd.Flags()
	f.StringArrayVar(&d.only, "only", nil, "of what was flagged, keep these destinations: `IP`, comma lists (repeatable)")
	f.StringVarP(&d.output, "output", "o", "", "write to this `file`, whole or not at all; default standard output")
	f.StringVarP(&d.format, "format", "f", "csv", "what to write: "+outputNames())
	f.StringArrayVar(&d.evidence, "evidence", nil, "also write the findings to this `file`, as its ending says (repeatable)")
	f.StringSliceVar(&d.shapes, "shape", nil, "of what was flagged, keep these `shapes`: "+shapeNames())
	f.BoolVar(&d.exitCode, "exit-code", false, "exit with 3 when something was flagged")
	return cmd
}

func (a *app) runDetect(cmd *cobra.Command, args []string, d *detectFlags) error {
	opt, err := d.readFlags.options()
	if err != nil {
		return err
	}
	query, err := d.query()
	if err != nil {
		return err
	}
	outputs, err := d.outputs()
	if err != nil {
		return err
	}
	memory, err := parseSize("--memory", d.memory)
	if err != nil {
		return err
	}
	log, err := flowlog.Open(args, a.stdin, opt)
	if err != nil {
		return err
	}
	defer log.Close()
	eng := &engine.Engine{Log: log, Workers: d.workers, Memory: memory, Reading: func(r *flowlog.Report) { a.showReading(log, r) }}
	show, done := a.progress("reading")
	log.Progress = show
	findings, err := eng.Find(cmd.Context(), query)
	done()
	if err != nil {
		return err
	}
	if err := a.show(log, findings); err != nil {
		return err
	}
	meta := report.Meta{Program: "beacon " + version(), Command: commandLine(cmd, args), Inputs: args}
	for _, out := range outputs {
		err := writeOutput(out.path, a.stdout, func(w io.Writer) error { return report.Write(w, out.name, findings, meta) })
		if err != nil {
			return err
		}
	}
	if d.exitCode && findings.Flagged() {
		return errFlagged
	}
	return nil
}

// query is the question, with what is detect's own in it.
func (d *detectFlags) query() (beacon.Query, error) {
	query, err := d.queryFlags.query(&d.readFlags)
	if err != nil {
		return query, err
	}
	if query.Only, err = addresses("--only", d.only); err != nil {
		return query, err
	}
	for _, s := range d.shapes {
		shape := beacon.Shape(strings.TrimSpace(s))
		if !slices.Contains(beacon.Shapes(), shape) {
			return query, usagef("shapes are "+shapeNames(), "--shape %s: there is no such shape", s)
		}
		query.Shapes = append(query.Shapes, shape)
	}
	if d.format != "csv" || len(d.evidence) > 0 {
		query.Want |= flow.Bytes | flow.Port | flow.Name
	}
	return query, nil
}

// output is one thing to write: its kind, and where to.
type output struct{ name, path string }

// outputs is what is to be written, what -o names last.
func (d *detectFlags) outputs() (list []output, err error) {
	for _, path := range d.evidence {
		out, err := report.ByEnding(path)
		if err != nil {
			return nil, usagef("", "--evidence: %w", err)
		}
		list = append(list, output{out.Name, path})
	}
	if _, err := report.Find(d.format); err != nil {
		return nil, usagef("", "--format: %w", err)
	}
	return append(list, output{d.format, d.output}), nil
}

// show draws the answer on the screen: warnings, and unless the run is quiet
// the table.
func (a *app) show(log *flowlog.Log, fs *beacon.Findings) error {
	a.showWarnings(fs.Warnings)
	if n := log.Spooled(); n > 0 {
		a.note("beacon: note: a pipe was kept in a temporary file for a second reading (%d bytes)", n)
	}
	if a.quiet {
		return nil
	}
	s := screenOf(a.stderr)
	return report.Table(a.stderr, fs, report.TableOptions{Width: s.width, Color: s.color})
}

func outputNames() string {
	var names []string
	for _, out := range report.Outputs() {
		names = append(names, out.Name+" ("+out.Doc+")")
	}
	return strings.Join(names, ", ")
}

func shapeNames() string {
	var names []string
	for _, s := range beacon.Shapes() {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}
