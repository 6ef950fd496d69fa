package cli

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/client"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/console"
	"beacon/internal/engine"
	"beacon/internal/flowlog"
	_ "beacon/internal/flowlog/all"
	"beacon/internal/flowlog/clocks"
	"beacon/internal/objstore"
	"beacon/internal/spelling"
	"beacon/internal/timespan"
	"beacon/internal/usage"
	"beacon/internal/when"
	"beacon/internal/words"
)

// readFlags are the flags of the commands that read a log.
type readFlags struct {
	maps     []string
	format   string
	from, to string
	last     time.Duration
	now      string
	tz       string
	layout   string // of times
	year     int
	strict   bool
	outer    bool
	answered bool
	workers  int
	memory   string
	where    string
	timeout  time.Duration
	maxTemp  string
	maxInput string
}

func (r *readFlags) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&r.maps, "map", nil, "`COLUMN=NAME`: name or number of the column of the log that holds COLUMN, which is one of (repeatable): "+strings.Join(flowlog.MapKeys(), ", "))
	f.StringVar(&r.format, "input-format", "", "read the inputs in this `format` instead of detecting it")
	f.StringVar(&r.from, "from", "", "leave out flows that start before this `time`, such as 2020-06-21 08:30, or -24h for 24 hours before the log's last flow")
	f.StringVar(&r.to, "to", "", "leave out flows that start at this `time` or later")
	when.AddDuration(f, &r.last, "last", 0, "read only the flows of this `duration` up to the log's last flow, such as 24h or 7d; 0 reads all")
	f.StringVar(&r.now, "now", "", "count --last and -24h back from the present, or from the `time` of --now=TIME, which is then also the present for times without a year and for rules that expire")
	f.Lookup("now").NoOptDefVal = present
	f.StringVar(&r.tz, "tz", "UTC", "time `zone` of times without one, in the log and in --from, --to and --now, and of the times shown on the screen, in pages and in pictures, such as Europe/Berlin; the other outputs are in UTC")
	f.IntVar(&r.year, "year", 0, "`year` of the first time of logs without a year (syslog); by default the latest that isn't in the future")
	f.StringVar(&r.layout, "time-format", "", "`form` of the times of the log: a strptime format, a Go layout, or one of "+strings.Join(clocks.Formats(), ", "))
	f.BoolVar(&r.strict, "strict", false, "stop at the first record that can't be read")
	f.BoolVar(&r.outer, "outer", false, "read the tunnels' own packets in packet captures, not the packets inside them")
	f.BoolVar(&r.answered, "exclude-failed", false, "leave out attempts that were never answered or were refused, where the log tells (Zeek's conn_state, Suricata's flow.state, TCP flags)")
	f.IntVar(&r.workers, "workers", 0, fmt.Sprintf("`number` of parts to read at once, at most %d for each core; by default one for each core", workersPerCore))
	f.StringVar(&r.where, "where", "", "ClickHouse: count only the rows that meet this `condition`, one SQL expression such as \"event_type = 'conn'\"")
	when.AddDuration(f, &r.timeout, "timeout", client.DefaultTimeout, "ClickHouse: fail when the server makes no progress for this `duration`")
	f.StringVar(&r.memory, "memory", "", "memory to use, a `size` such as 4GiB, before data goes to temporary files; by default a quarter of the machine's")
	f.StringVar(&r.maxTemp, "max-temp", "", "disk that temporary files may take, a `size` such as 100GB; by default half of what is free in the folder for them (TMPDIR)")
	f.StringVar(&r.maxInput, "max-input", "", "stop where a compressed input unpacks to more than this `size`; by default any size is read")
}

// workersPerCore bounds --workers: more than these only take memory.
const workersPerCore = 4

// present is the value of --now without a time.
const present = "present"

// options returns the options of reading the log, without its bounds of time (see window).
func (r *readFlags) options() (flowlog.Options, error) {
	opt := flowlog.Options{Format: r.format, Strict: r.strict, TimeFormat: r.layout, Year: r.year, Outer: r.outer, Answered: r.answered}
	if r.year != 0 && (r.year < minYear || r.year > maxYear) {
		return opt, usagef("", "--year %d: must lie between %d and %d", r.year, minYear, maxYear)
	}
	var err error
	if r.layout != "" {
		if err := clocks.CheckFormat(r.layout); err != nil {
			return opt, usagef("like --time-format '%d/%m/%Y %H:%M:%S' or '02/01/2006 15:04:05'", "--time-format %s: %w", r.layout, err)
		}
	}
	if opt.MaxInput, err = parseSize("--max-input", r.maxInput); err != nil {
		return opt, err
	}
	if opt.Zone, err = time.LoadLocation(r.tz); err != nil {
		return opt, usagef(spelling.DidYouMean(r.tz, zones(r.tz), "a zone is a name like UTC or Europe/Berlin"), "--tz %s: unknown time zone", r.tz)
	}
	if opt.Now, err = r.presentTime(opt.Zone); err != nil {
		return opt, err
	}
	if _, err = r.window(); err != nil {
		return opt, err
	}
	if r.workers < 0 {
		return opt, usagef("", "--workers %d: must be 1 or more, or 0 for one for each core", r.workers)
	}
	r.workers = min(r.workers, workersPerCore*runtime.NumCPU())
	if r.format != "" {
		if opt.Format, err = usage.Choose("input-format", r.format, inputFormats()); err != nil {
			return opt, err
		}
	}
	if r.where != "" {
		if err := schema.ParseWhere(r.where); err != nil {
			return opt, usagef("one SQL expression, like --where \"event_type = 'conn'\"", "--where: %w", err)
		}
	}
	if r.timeout <= 0 {
		return opt, usagef("like --timeout 5m", "--timeout %s: must be longer than 0", words.Typed(r.timeout))
	}
	for _, m := range r.maps {
		key, name, ok := strings.Cut(m, "=")
		if !ok || key == "" || name == "" {
			return opt, usagef("like --map dst_ip=DestAddr", "--map %s: not of the form COLUMN=NAME", m)
		}
		if !flowlog.IsColumn(key) {
			return opt, usagef(spelling.DidYouMean(key, flowlog.MapKeys(), "columns are "+strings.Join(flowlog.MapKeys(), ", ")), "--map %s: there is no column %q", m, key)
		}
		if opt.Map == nil {
			opt.Map = map[string]string{}
		}
		opt.Map[key] = name
	}
	return opt, nil
}

// Years that --year takes: those of the times that 64 bits of ns hold.
const (
	minYear = 1678
	maxYear = 2261
)

// checkNow refuses a time among the inputs that --now was to take: its value needs the =.
func (r *readFlags) checkNow(args []string, zone *time.Location) error {
	for _, arg := range args {
		if _, err := os.Stat(arg); r.now != present || err == nil {
			continue
		}
		if _, err := when.Parse(arg, zone); err == nil {
			return usagef("like --now="+arg, "--now %s: a time after --now needs the =, or it is an input", arg)
		}
	}
	return nil
}

// presentTime returns the time that --now gives, or else the system's.
func (r *readFlags) presentTime(zone *time.Location) (time.Time, error) {
	if r.now == "" || r.now == present {
		return time.Now(), nil
	}
	t, err := when.Parse(r.now, zone)
	if err != nil {
		return t, usagef(when.Hint, "--now %s: %w", r.now, err)
	}
	return t, nil
}

// window returns the part of the log to read.
func (r *readFlags) window() (when.Window, error) {
	zone, _ := time.LoadLocation(r.tz)
	w, err := when.ParseWindow(r.from, r.to, r.last, zone)
	switch {
	case err != nil && r.last != 0:
		return w, usagef("like --last 24h", "%w", err)
	case err != nil:
		return w, usagef(when.Hint, "%w", err)
	}
	return w, nil
}

// bounds returns the window in ns since the Unix epoch, both ends 0 for all flows. span
// returns the part that holds the log's flows; it is called only if the window depends on it.
func (r *readFlags) bounds(opt flowlog.Options, span func() (timespan.Span, error)) (from, to int64, err error) {
	w, err := r.window()
	if err != nil {
		return 0, 0, err
	}
	ref := opt.Now.UnixNano()
	if w.Relative() && r.now == "" {
		s, err := span()
		if err != nil || s.First > s.Last {
			return 0, 0, err
		}
		ref = s.Last
	}
	if from, to, err = w.Bounds(ref, r.now == ""); err != nil {
		return 0, 0, usagef(when.Hint, "%w", err)
	}
	return from, to, nil
}

// warnLater warns of flows that --last leaves out though they are later than what it counts
// back from.
func (a *app) warnLater(read *readFlags, span timespan.Span) {
	if n, first := span.Later(); read.last > 0 && n > 0 {
		zone, _ := time.LoadLocation(read.tz)
		a.warn("--last counts back from %s and leaves out %s far later than all others, the first at %s", words.ZoneOf(zone).Second(span.Last), words.Plural(n, "flow", "flows"), first)
		a.hint("--from and --to choose other bounds")
	}
}

// open opens the log that the arguments name, with its bounds of time.
func (a *app) open(ctx context.Context, args []string, read *readFlags, opt flowlog.Options) (*flowlog.Log, error) {
	if read.where != "" {
		return nil, usagef("--from, --to and --exclude choose among the flows of a file", "--where: only a ClickHouse table takes a condition")
	}
	for _, arg := range args {
		if _, err := os.Stat(arg); err != nil && strings.Contains(arg, "://") && !objstore.IsURL(arg) {
			return nil, usagef("download it first; a ClickHouse table is clickhouse+https://host:8443/database/table, objects are s3://bucket/prefix/", "%s: beacon doesn't read such URLs", arg)
		}
	}
	err := read.checkNow(args, opt.Zone)
	if err != nil {
		return nil, err
	}
	opt.Store = &a.objects
	opt.From, opt.To, err = read.bounds(opt, func() (timespan.Span, error) { return timespan.Days{}.Span(), nil }) // as far as known, for the objects of stores
	if err != nil {
		return nil, err
	}
	log, err := flowlog.Open(args, a.stdin, opt)
	if err != nil {
		return nil, err
	}
	opt.From, opt.To, err = read.bounds(opt, func() (timespan.Span, error) {
		show, done := a.logProgress("finding the last flow")
		defer done()
		log.Progress = show
		defer func() { log.Progress = nil }()
		span, err := engine.Span(ctx, log, read.workers)
		a.warnLater(read, span)
		return span, err
	})
	if err != nil {
		log.Close()
		return nil, err
	}
	log.Bound(opt.From, opt.To)
	return log, nil
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
	a.warn("%d records can't be read and are skipped", bad)
	for _, b := range report.Bad {
		a.stderr.Message("  %s:%d: %s: %q", b.Input, b.Line, b.Reason, b.Text)
	}
	if more := bad - int64(len(report.Bad)); more > 0 {
		a.stderr.Message("  and %s more", words.Thousands(more))
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
