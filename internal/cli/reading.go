package cli

import (
	"context"
	"os"
	"slices"
	"strings"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/cli/readflags"
	"beacon/internal/console"
	"beacon/internal/engine"
	"beacon/internal/flowlog"
	_ "beacon/internal/flowlog/all"
	"beacon/internal/objstore"
	"beacon/internal/timespan"
	"beacon/internal/usage"
	"beacon/internal/words"
)

// warnLater warns of flows that --last leaves out though they are later than what it counts
// back from.
func (a *app) warnLater(last time.Duration, zone *time.Location, span timespan.Span) {
	if n, first := span.Later(); last > 0 && n > 0 {
		a.warn("--last counts back from %s and leaves out %s far later than all others, the first at %s", words.ZoneOf(zone).Second(span.Last), words.Plural(n, "flow", "flows"), first)
		a.hint("--from and --to choose other bounds")
	}
}

// open opens the log that the arguments name, with its bounds of time.
func (a *app) open(ctx context.Context, args []string, read *readflags.Flags, opt flowlog.Options) (*flowlog.Log, error) {
	if read.Where != "" {
		return nil, usage.Errorf("--from, --to and --exclude choose among the flows of a file", "--where: only a ClickHouse table takes a condition")
	}
	for _, arg := range args {
		if _, err := os.Stat(arg); err != nil && strings.Contains(arg, "://") && !objstore.IsURL(arg) {
			return nil, usage.Errorf("download it first; a ClickHouse table is clickhouse+https://host:8443/database/table, objects are s3://bucket/prefix/", "%s: beacon doesn't read such URLs", arg)
		}
	}
	err := read.CheckNow(args, opt.Zone)
	if err != nil {
		return nil, err
	}
	opt.Store = &a.objects
	if !slices.ContainsFunc(args, func(arg string) bool { return !objstore.IsURL(arg) }) { // a pipe can't be opened again
		opt.Back = read.Back(opt.Zone)
	}
	log, from, err := a.openBounded(ctx, args, read, opt)
	if err != nil || opt.Back == 0 || !a.objects.Misses(from) {
		return log, err
	}
	a.note("the last flow is much older than the newest key: all objects are read")
	log.Close()
	opt.Back = 0
	log, _, err = a.openBounded(ctx, args, read, opt)
	return log, err
}

// openBounded opens a log, finds its bounds of time and returns the first of them.
func (a *app) openBounded(ctx context.Context, args []string, read *readflags.Flags, opt flowlog.Options) (_ *flowlog.Log, from int64, err error) {
	opt.From, opt.To, err = read.Bounds(opt, func() (timespan.Span, error) { return timespan.Days{}.Span(), nil }) // as far as known, for the objects of stores
	if err != nil {
		return nil, 0, err
	}
	log, err := flowlog.Open(args, a.stdin, opt)
	if err != nil {
		return nil, 0, err
	}
	opt.From, opt.To, err = read.Bounds(opt, func() (timespan.Span, error) {
		show, done := a.logProgress("finding the last flow")
		defer done()
		log.Progress = show
		defer func() { log.Progress = nil }()
		span, err := engine.Span(ctx, log, read.Workers)
		a.warnLater(read.Last, opt.Zone, span)
		return span, err
	})
	if err != nil {
		log.Close()
		return nil, 0, err
	}
	log.Bound(opt.From, opt.To)
	return log, opt.From, nil
}

// showDamage warns of inputs that could be read only in part.
func (a *app) showDamage(report *flowlog.Report) {
	for i := range report.Inputs {
		if text := report.Inputs[i].Damaged(); text != "" {
			a.warn("%s", text)
		}
	}
}

// warnSkipped warns of the files that were passed over.
func (a *app) warnSkipped(list []error) {
	for _, err := range console.First(list) {
		a.warn("passed over: %v", err)
	}
}

// showReading prints what of the log could not be read.
func (a *app) showReading(log *flowlog.Log, report *flowlog.Report) {
	a.warnSkipped(log.Skipped)
	bad := int64(0)
	for _, in := range report.Inputs {
		bad += in.BadRows
	}
	a.showNotes(report)
	a.showDoubts(report)
	if bad == 0 {
		return
	}
	a.warn("%s", words.Plural(bad, "record can't be read and is skipped", "records can't be read and are skipped"))
	for _, b := range report.Bad {
		a.stderr.Message("  %s:%d: %s: %q", b.Input, b.Line, b.Reason, b.Text)
	}
	if more := bad - int64(len(report.Bad)); more > 0 {
		a.stderr.Message("  and %s more", words.Thousands(more))
	}
}

// noteOthers tells how many records of the log are no flows, and aren't written.
func (a *app) noteOthers(report *flowlog.Report) {
	others := int64(0)
	for _, in := range report.Inputs {
		others += in.Other
	}
	if others > 0 {
		a.note("beacon: note: records of another kind, or without addresses, that aren't written: %s", words.Thousands(others))
	}
}

// checkInputs warns of inputs that grew while they were read. It returns an error
// where one was cut short, rewritten or replaced.
func (a *app) checkInputs(log *flowlog.Log) error {
	if log == nil { // a table
		return nil
	}
	warnings, err := log.Check()
	for _, w := range warnings {
		a.warn("%s", w)
	}
	return err
}

// showWarnings prints what may mislead in an answer.
func (a *app) showWarnings(list []beacon.Warning) {
	for _, w := range list {
		a.warn("%s", w.Text)
		a.hint(w.Hint)
	}
}
