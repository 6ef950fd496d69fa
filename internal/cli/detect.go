package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"beacon/internal/beacon"
	"beacon/internal/cli/queryflags"
	"beacon/internal/cli/readflags"
	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/output"
	"beacon/internal/report"
	"beacon/internal/report/machine"
	"beacon/internal/report/page"
	"beacon/internal/report/plot"
	"beacon/internal/report/term"
	"beacon/internal/shape"
	"beacon/internal/usage"
)

// detectFlags are the flags of beacon detect.
type detectFlags struct {
	read     readflags.Flags
	query    queryflags.Flags
	decision decisionFlags
	others   othersFlags
	baseline baselineFlags
	output   outputFlags
	only     []string
	shapes   []string
	evidence []string
	plot     string
	page     string
	names    []string
	top      int
	pageTop  int
	all      bool
	printSQL bool
}

func (a *app) detect() *cobra.Command {
	var d detectFlags
	cmd := &cobra.Command{
		Use:   "detect INPUT...",
		Short: "Find the internal hosts that call external addresses on a schedule",
		Long: `detect finds the external addresses that are called in every minute of the hour,
over the whole log, all days and hosts taken together. It writes the internal
hosts that call them as CSV with the header ip, in order of first appearance.
With --rule rhythm it finds the sources that call on a timer of any period, and
with --rule long what stays connected. beacon help rule describes the rules.

An INPUT is a file, a directory (its files in name order), a quoted pattern, or -
for standard input. The format is detected from the content; file names don't
matter. An INPUT may also be the URL of a ClickHouse table, such as
clickhouse://user@host:9000/db/table; then the server does the work. The password
is read from BEACON_CLICKHOUSE_PASSWORD.

By default the private networks are internal. If the log contains none of them,
beacon infers the internal network, names it, and shows the flag to confirm it.`,
		Example: `  beacon detect flows.parquet -o flag_d.csv
  beacon detect --internal 120.0.0.0/8 --only 80.155.115.153 flows.csv.gz
  zcat flows.csv.gz | beacon detect -`,
		Args: usage.AtLeast(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.runDetect(cmd, args, &d) },
	}
	d.register(cmd)
	return cmd
}

func (d *detectFlags) register(cmd *cobra.Command) {
	f := cmd.Flags()
	d.read.Register(f)
	d.query.Register(f)
	d.decision.register(f)
	d.others.register(f)
	d.baseline.register(f)
	d.output.register(f)
	f.StringArrayVar(&d.only, "only", nil, "report only these destinations: `hosts`, that is addresses, names or domains (.example.com), separated by commas (repeatable)")
	f.StringArrayVar(&d.evidence, "evidence", nil, "also write the findings to this `file`, in the format of its extension (repeatable)")
	f.StringSliceVar(&d.shapes, "shape", nil, "report only destinations of these `shapes`: "+strings.Join(shapeList(), ", "))
	f.StringVar(&d.plot, "plot", "", "also draw a picture to this .png or .svg `file`: the calls to each destination over time, and the intervals of each pair")
	f.StringVar(&d.page, "report", "", "also write a report to this .html `file`; it opens without a network")
	f.IntVar(&d.pageTop, "page-top", page.DefaultTop, "draw this `number` of findings with --report, the first by rank; the others have a line each")
	f.StringArrayVar(&d.names, "names", nil, "take names of destinations from this `file`: Zeek dns.log or ssl.log, eve dns or tls events, or CSV with the columns ip,name; or the hosts behind addresses from a DHCP, Defender or Sysmon log, so that a host that changes its address is one source (repeatable)")
	f.IntVar(&d.top, "top", 0, "list this `number` of findings on the screen and draw as many with --plot, the first by rank; by default "+strconv.Itoa(term.DefaultTop))
	f.BoolVar(&d.all, "all", false, "list every finding on the screen, explained and insufficient ones too")
	f.BoolVar(&d.printSQL, "print-sql", false, "print the SQL for a ClickHouse table without running it")
}

func (a *app) runDetect(cmd *cobra.Command, args []string, d *detectFlags) (err error) {
	if d.top < 1 && cmd.Flags().Changed("top") {
		return usage.Errorf("like --top 20, or --all", "--top %d: at least one finding must be listed", d.top)
	}
	if err := d.checkOutputs(a, args); err != nil {
		return err
	}
	if err := d.output.check(); err != nil {
		return err
	}
	query, err := d.question(a, args)
	if err != nil {
		return err
	}
	query.Brief = a.quiet && query.Want == 0 && d.plot == "" && d.baseline.files == nil
	if !a.quiet && d.plot == "" && d.baseline.files == nil && len(d.others.intel) == 0 && !d.all {
		query.Top = cmp.Or(d.top, term.DefaultTop)
	}
	if err := queryflags.CheckUnused(query.Rules, a.typed); err != nil {
		return err
	}
	drawings, err := d.drawings()
	if err != nil {
		return err
	}
	earlier, err := d.baseline.read(a)
	if err != nil {
		return err
	}
	opt, err := d.read.Options()
	if err != nil {
		return err
	}
	if err := d.decision.apply(a, &query, opt, d.names); err != nil {
		return err
	}
	q, err := a.ask(cmd.Context(), args, &d.read, opt)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, q.close()) }()
	query.From, query.To = q.from, q.to
	if d.printSQL {
		return a.printSQL(cmd.Context(), q, query)
	}
	if err := a.files.Check(d.targets(), output.Opened(q.log)); err != nil {
		return err
	}
	know, done, err := a.others(&d.others, &d.decision, opt)
	if err != nil {
		return err
	}
	defer done()
	findings, err := know.after(q.find)(cmd.Context(), query)
	q.done()
	if err != nil {
		return err
	}
	defer findings.Close()
	if err := cmp.Or(a.checkInputs(q.log), d.query.CheckInternal(findings)); err != nil {
		return err
	}
	findings = a.compare(findings, &d.baseline, earlier)
	meta := metaOf(cmd, args, q)
	var failed error
	for _, out := range drawings {
		if failed = a.files.Write(out.path, func(w io.Writer) error { return out.draw(w, findings, meta) }); failed != nil {
			break
		}
	}
	// The screen comes after the files, and also where a file can't be written.
	return cmp.Or(failed, a.show(cmd.Context(), q.log, findings, term.Options{Top: d.top, All: d.all}), d.output.outcome(findings))
}

// checkOutputs refuses outputs that can't be written, before anything is read.
func (d *detectFlags) checkOutputs(a *app, args []string) error {
	if d.pageTop < 1 {
		return usage.Errorf("like --page-top 500", "--page-top %d: at least one finding must be drawn", d.pageTop)
	}
	if err := a.files.Check(d.targets(), a.sources(args, slices.Concat(d.names, d.decision.known, d.others.intel, d.others.mmdb, d.query.Exclude, d.baseline.files)...)); err != nil {
		return err
	}
	if ending := strings.ToLower(filepath.Ext(d.page)); d.page != "" && ending != ".html" && ending != ".htm" {
		return usage.Errorf("like --report report.html; --plot draws .png and .svg", "--report %s: a report is an HTML page", d.page)
	}
	return nil
}

// targets returns the files that detect writes.
func (d *detectFlags) targets() []output.Target {
	list := []output.Target{output.To(output.Flag, d.output.path), output.To("--plot", d.plot), output.To("--report", d.page)}
	for _, path := range d.evidence {
		list = append(list, output.To("--evidence", path))
	}
	return list
}

// printSQL writes the statements that a table would be asked.
func (a *app) printSQL(ctx context.Context, q *asked, query beacon.Query) error {
	if q.table == nil {
		return usage.Errorf("like beacon detect --print-sql clickhouse://host/db/table", "--print-sql works on a ClickHouse table only")
	}
	statements, err := q.table.SQL(ctx, query)
	if err != nil {
		return err
	}
	for _, s := range statements {
		fmt.Fprintln(a.stdout.People(), s+";")
	}
	return nil // an error of the stream ends the run with a message
}

// question returns the query of all flags of detect.
func (d *detectFlags) question(a *app, args []string) (beacon.Query, error) {
	query, err := d.query.Query(slices.ContainsFunc(args, isTable), a.readFile)
	if err != nil {
		return query, err
	}
	if query.Only, err = queryflags.Hosts("--only", d.only); err != nil {
		return query, err
	}
	for _, name := range d.shapes {
		wanted, err := usage.Choose("shape", name, shapeList())
		if err != nil {
			return query, err
		}
		query.Shapes = append(query.Shapes, shape.Shape(wanted))
	}
	if len(d.decision.known) > 0 { // explanations name ports
		query.Want |= flow.Port
	}
	if d.output.format != defaultOutput || len(d.evidence) > 0 || d.page != "" {
		query.Want |= flow.Bytes | flow.Port | flow.Name
	}
	query.Times = query.Rules.Has(beacon.EveryRhythm) && (d.plot != "" || d.page != "")
	return query, nil
}

// drawing is an output: the file and the function that writes it.
type drawing struct {
	path string
	draw func(io.Writer, *beacon.Findings, report.Meta) error
}

// drawings returns the outputs in the order in which they are written: that of -o
// is the last.
func (d *detectFlags) drawings() (list []drawing, err error) {
	answer := func(name string) func(io.Writer, *beacon.Findings, report.Meta) error {
		return func(w io.Writer, fs *beacon.Findings, meta report.Meta) error {
			return machine.Write(w, name, fs, meta, d.output.chosen...)
		}
	}
	for _, path := range d.evidence {
		out, err := machine.Evidence(path)
		if err != nil {
			return nil, usage.Errorf("", "--evidence: %w", err)
		}
		list = append(list, drawing{path, answer(out.Name)})
	}
	if d.plot != "" {
		format, err := plot.FormatOf(d.plot)
		if err != nil {
			return nil, usage.Errorf("", "--plot: %w", err)
		}
		top := cmp.Or(d.top, term.DefaultTop)
		if d.all {
			top = math.MaxInt
		}
		list = append(list, drawing{d.plot, func(w io.Writer, fs *beacon.Findings, _ report.Meta) error { return plot.Write(w, format, fs, top) }})
	}
	if d.page != "" {
		list = append(list, drawing{d.page, func(w io.Writer, fs *beacon.Findings, meta report.Meta) error {
			return page.Write(w, fs, meta, d.pageTop)
		}})
	}
	return append(list, drawing{d.output.path, answer(d.output.format)}), nil
}

// show draws the answer on the screen: the warnings and, unless the run is quiet, the
// findings.
func (a *app) show(ctx context.Context, log *flowlog.Log, fs *beacon.Findings, o term.Options) error {
	a.showWarnings(fs.Warnings)
	if log != nil && log.Spooled() > 0 {
		a.note("beacon: note: a pipe was kept in a temporary file for a second reading (%d bytes)", log.Spooled())
	}
	if a.quiet {
		return nil
	}
	return draw(ctx, a.stderr, o, func(w io.Writer, o term.Options) error { return term.Table(w, fs, o) })
}
