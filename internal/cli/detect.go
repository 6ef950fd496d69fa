package cli

import (
	"bufio"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"beacon/internal/beacon"
	"beacon/internal/engine"
	"beacon/internal/flowlog"
)

// detectFlags is the flags of beacon detect.
type detectFlags struct {
	readFlags
	queryFlags
	only     []string
	output   string
	format   string
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
	f.StringVarP(&d.format, "format", "f", "csv", "what to write: csv (internal sources), json or ndjson (findings)")
	f.BoolVar(&d.exitCode, "exit-code", false, "exit with 3 when something was flagged")
	return cmd
}

func (a *app) runDetect(cmd *cobra.Command, args []string, d *detectFlags) error {
	opt, err := d.readFlags.options()
	if err != nil {
		return err
	}
	query, err := d.queryFlags.query(&d.readFlags)
	if err != nil {
		return err
	}
	if query.Only, err = addresses("--only", d.only); err != nil {
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
	a.showWarnings(findings.Warnings)
	if err := writeOutput(d.output, a.stdout, func(w io.Writer) error { return writeSources(w, findings) }); err != nil {
		return err
	}
	if d.exitCode && len(findings.List) > 0 {
		return errFlagged
	}
	return nil
}

func writeSources(w io.Writer, fs *beacon.Findings) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "ip")
	for _, addr := range fs.Sources {
		fmt.Fprintln(out, addr)
	}
	return out.Flush()
}
