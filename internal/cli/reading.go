package cli

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/flowlog"
	_ "beacon/internal/flowlog/all"
	"beacon/internal/flowlog/clocks"
	"beacon/internal/spelling"
	"beacon/internal/usage"
)

// readFlags are the flags of the commands that read a log.
type readFlags struct {
	maps     []string
	format   string
	from, to string
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
	f.StringVar(&r.from, "from", "", "leave out flows that start before this `time`")
	f.StringVar(&r.to, "to", "", "leave out flows that start at this `time` or later")
	f.StringVar(&r.tz, "tz", "UTC", "time `zone` of times without one, such as Europe/Berlin")
	f.IntVar(&r.year, "year", 0, "`year` of the first time of logs without a year (syslog); by default the latest that isn't in the future")
	f.StringVar(&r.layout, "time-format", "", "`form` of the times of the log: a strptime format, a Go layout, or one of "+strings.Join(clocks.Formats(), ", "))
	f.BoolVar(&r.strict, "strict", false, "stop at the first record that can't be read")
	f.BoolVar(&r.outer, "outer", false, "read the tunnels' own packets in packet captures, not the packets inside them")
	f.BoolVar(&r.answered, "exclude-failed", false, "leave out attempts that were never answered or were refused, where the log tells (Zeek's conn_state, Suricata's flow.state, TCP flags)")
	f.IntVar(&r.workers, "workers", 0, fmt.Sprintf("`number` of parts to read at once, at most %d for each core; by default one for each core", workersPerCore))
	f.StringVar(&r.where, "where", "", "ClickHouse: count only the rows that meet this `condition`, one SQL expression such as \"event_type = 'conn'\"")
	addDuration(f, &r.timeout, "timeout", clickhouse.DefaultTimeout, "ClickHouse: fail when the server makes no progress for this `duration`")
	f.StringVar(&r.memory, "memory", "", "memory to use, a `size` such as 4GiB, before data goes to temporary files; by default a quarter of the machine's")
	f.StringVar(&r.maxTemp, "max-temp", "", "disk that temporary files may take, a `size` such as 100GB; by default half of what is free in the folder for them (TMPDIR)")
	f.StringVar(&r.maxInput, "max-input", "", "stop where a compressed input unpacks to more than this `size`; by default any size is read")
}

// workersPerCore bounds --workers: more than these only take memory.
const workersPerCore = 4

// options returns the options of reading the log.
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
	if opt.From, opt.To, err = r.bounds(opt.Zone); err != nil {
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
		return opt, usagef("like --timeout 5m", "--timeout %s: must be longer than nothing", r.timeout)
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

func (r *readFlags) bounds(zone *time.Location) (from, to int64, err error) {
	if r.from == "" && r.to == "" {
		return 0, 0, nil
	}
	from, to = beacon.MinTime, beacon.MaxTime
	if r.from != "" {
		if from, err = parseTime("--from", r.from, zone); err != nil {
			return 0, 0, err
		}
	}
	if r.to != "" {
		if to, err = parseTime("--to", r.to, zone); err != nil {
			return 0, 0, err
		}
	}
	if from >= to {
		return 0, 0, usagef("flows that start in [from, to) are read", "--from %s is not before --to %s", r.from, r.to)
	}
	return from, to, nil
}

// parseTime reads a time as a person types it: a date, with a time of day or
// not, with a zone or in the given one, or seconds since 1970.
func parseTime(flag, text string, zone *time.Location) (int64, error) {
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02T15:04Z07:00"} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t.UnixNano(), nil
		}
	}
	if t, ok := flowlog.ParseTime(text, zone); ok {
		return t, nil
	}
	return 0, usagef("like 2020-06-21, 2020-06-21 08:30, 2020-06-21T08:30:00+02:00 or 1592728200", "%s %s: unreadable time", flag, text)
}

// showDamage warns of inputs that could be read only in part.
func (a *app) showDamage(report *flowlog.Report) {
	for i := range report.Inputs {
		if text := report.Inputs[i].Damaged(); text != "" {
			a.warn("%s", text)
		}
	}
}

// showReading prints what of the log could not be read.
func (a *app) showReading(log *flowlog.Log, report *flowlog.Report) {
	for _, err := range log.Skipped {
		a.warn("passed over: %v", err)
	}
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
		a.stderr.message("  %s:%d: %s: %q", b.Input, b.Line, b.Reason, b.Text)
	}
	if more := bad - int64(len(report.Bad)); more > 0 {
		a.stderr.message("  and %d more", more)
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
