// Package readflags holds the flags that say how a log is read.
package readflags

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"beacon/internal/clickhouse/client"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/clocks"
	"beacon/internal/spelling"
	"beacon/internal/usage"
	"beacon/internal/when"
	"beacon/internal/words"
)

// Flags are the flags of the commands that read a log.
type Flags struct {
	Workers int           // parts to read at once; 0 for one for each core
	Last    time.Duration // --last; 0 reads all
	Where   string        // condition on the rows of a ClickHouse table; "" for none
	Timeout time.Duration // how long a ClickHouse server may make no progress

	maps     []string
	format   string
	from, to string
	now      string
	tz       string
	flags    *pflag.FlagSet
	layout   string // of times
	year     int
	strict   bool
	outer    bool
	answered bool
	memory   string
	maxTemp  string
	maxInput string
}

// Register defines the flags.
func (r *Flags) Register(f *pflag.FlagSet) {
	r.flags = f
	f.StringArrayVar(&r.maps, "map", nil, "`COLUMN=NAME` says which column of the log, by name or number, holds COLUMN (repeatable): "+strings.Join(flowlog.MapKeys(), ", "))
	f.StringVar(&r.format, "input-format", "", "read the inputs in this `format` instead of detecting it")
	f.StringVar(&r.from, "from", "", "leave out flows that start before this `time`, such as 2020-06-21 08:30, or -24h for 24 hours before the log's last flow")
	f.StringVar(&r.to, "to", "", "leave out flows that start at this `time` or later")
	when.AddDuration(f, &r.Last, "last", 0, "read only the flows of this `duration` up to the log's last flow, such as 24h or 7d; 0 reads all")
	f.StringVar(&r.now, "now", "", "count --last and -24h back from the present, or from the `time` of --now=TIME, which is then also the present for times without a year and for rules that expire")
	f.Lookup("now").NoOptDefVal = present
	f.StringVar(&r.tz, "tz", "UTC", "time `zone` of times without one, in the log and in --from, --to and --now, and of the times shown on the screen, in pages and in pictures, such as Europe/Berlin or +02:00; the other outputs are in UTC")
	f.IntVar(&r.year, "year", 0, "`year` of the first time of logs without a year (syslog); by default the latest that isn't in the future")
	f.StringVar(&r.layout, "time-format", "", "`form` of the times of the log: a strptime format, a Go layout, or one of "+strings.Join(clocks.Formats(), ", "))
	f.BoolVar(&r.strict, "strict", false, "stop at the first record that can't be read")
	f.BoolVar(&r.outer, "outer", false, "read the tunnels' own packets in packet captures, not the packets inside them")
	f.BoolVar(&r.answered, "exclude-failed", false, "leave out attempts that were never answered or were refused, where the log tells (Zeek's conn_state, Suricata's flow.state, TCP flags)")
	f.IntVar(&r.Workers, "workers", 0, fmt.Sprintf("`number` of parts to read at once, at most %d for each core; by default one for each core", workersPerCore))
	f.StringVar(&r.Where, "where", "", "ClickHouse: count only the rows that meet this `condition`, one SQL expression such as \"event_type = 'conn'\"")
	when.AddDuration(f, &r.Timeout, "timeout", client.DefaultTimeout, "ClickHouse: fail when the server makes no progress for this `duration`")
	f.StringVar(&r.memory, "memory", "", "memory to use, a `size` such as 4GiB, before data goes to temporary files; by default a quarter of the machine's")
	f.StringVar(&r.maxTemp, "max-temp", "", "disk that temporary files may take, a `size` such as 100GB; by default half of what is free in the folder for them (TMPDIR)")
	f.StringVar(&r.maxInput, "max-input", "", "stop where a compressed input unpacks to more than this `size`; by default any size is read")
}

// workersPerCore bounds --workers: more than these only take memory.
const workersPerCore = 4

// present is the value of --now without a time.
const present = "present"

// Options returns the options of reading the log, without its bounds of time (see Bounds).
func (r *Flags) Options() (flowlog.Options, error) {
	opt := flowlog.Options{Format: r.format, Strict: r.strict, TimeFormat: r.layout, Year: r.year, Outer: r.outer, Answered: r.answered, ZoneNamed: r.flags.Changed("tz")}
	if r.year != 0 && (r.year < minYear || r.year > maxYear) {
		return opt, usage.Errorf("", "--year %d: must lie between %d and %d", r.year, minYear, maxYear)
	}
	var err error
	if r.layout != "" {
		if err := clocks.CheckFormat(r.layout); err != nil {
			return opt, usage.Errorf("like --time-format '%d/%m/%Y %H:%M:%S' or '02/01/2006 15:04:05'", "--time-format %s: %w", r.layout, err)
		}
	}
	if opt.MaxInput, err = parseSize("--max-input", r.maxInput); err != nil {
		return opt, err
	}
	if opt.Zone, err = when.LoadZone(r.tz); err != nil {
		return opt, usage.Errorf(spelling.DidYouMean(r.tz, Zones(r.tz), "a zone is a name like UTC or Europe/Berlin, or an offset like +02:00"), "--tz %s: unknown time zone", r.tz)
	}
	if opt.Now, err = r.presentTime(opt.Zone); err != nil {
		return opt, err
	}
	if _, err = r.window(opt.Zone); err != nil {
		return opt, err
	}
	if r.Workers < 0 {
		return opt, usage.Errorf("", "--workers %d: must be 1 or more, or 0 for one for each core", r.Workers)
	}
	r.Workers = min(r.Workers, workersPerCore*runtime.NumCPU())
	if r.format != "" {
		if opt.Format, err = usage.Choose("input-format", r.format, Formats()); err != nil {
			return opt, err
		}
	}
	if r.Where != "" {
		if err := schema.ParseWhere(r.Where); err != nil {
			return opt, usage.Errorf("one SQL expression, like --where \"event_type = 'conn'\"", "--where: %w", err)
		}
	}
	if r.Timeout <= 0 {
		return opt, usage.Errorf("like --timeout 5m", "--timeout %s: must be longer than 0", words.Typed(r.Timeout))
	}
	opt.Map, err = r.columns()
	return opt, err
}

// columns returns what --map says: the names or numbers of columns of the log, by the column of
// a flow that each holds.
func (r *Flags) columns() (columns map[string]string, err error) {
	for _, m := range r.maps {
		key, name, ok := strings.Cut(m, "=")
		if !ok || key == "" || name == "" {
			return nil, usage.Errorf("like --map dst_ip=DestAddr", "--map %s: not of the form COLUMN=NAME", m)
		}
		if !flowlog.IsColumn(key) {
			return nil, usage.Errorf(spelling.DidYouMean(key, flowlog.MapKeys(), "columns are "+strings.Join(flowlog.MapKeys(), ", ")), "--map %s: there is no column %q", m, key)
		}
		if columns == nil {
			columns = map[string]string{}
		}
		columns[key] = name
	}
	return columns, nil
}

// Years that --year takes: those of the times that 64 bits of ns hold.
const (
	minYear = 1678
	maxYear = 2261
)

// Formats returns the names of the formats that can be read.
func Formats() (names []string) {
	for _, f := range flowlog.Formats() {
		names = append(names, f.Name)
	}
	return names
}
