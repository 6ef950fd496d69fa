package devicelog

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/columnnames"
	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// The W3C extended log format, which proxies (Blue Coat, Zscaler, Forefront TMG),
// IIS and Windows Firewall write: lines of # name the columns, apart by blanks or
// tabs, and can recur with other columns. Times are in UTC but where #Time Format
// says Local. s-ip is the server's address in IIS, and a proxy's own in others.
//
// Shape: W3C working draft WD-logfile-960323; Microsoft, "Interpreting the Windows
// Firewall log" and "W3C logging"; Broadcom, "Access log formats" of SGOS.

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "w3c",
		Needs:   "#Fields: date time, c-ip or src-ip, r-ip or dst-ip",
		Gives:   "ports, protocol, bytes, duration, name",
		Doc:     "W3C extended logs: Blue Coat and other proxies, IIS, Windows Firewall",
		Example: "#Fields: date time time-taken c-ip sc-status cs-method cs-host cs-uri-port r-ip sc-bytes cs-bytes",
		Rank:    record.Rank,
		Sniff:   func(head flowlog.Head) bool { return w3cFields(head) != nil },
		Open:    openW3C,
		Names:   func(head flowlog.Head) bool { return bytes.Contains(w3cFields(head), []byte("cs-")) },
	})
}

var w3cColumns = []byte("#Fields:")

// w3cFields is the first line of column names in the comments that begin a log,
// nil in other texts.
func w3cFields(head flowlog.Head) []byte {
	text := head[record.MarkLength(head):]
	for line := range bytes.Lines(text) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) > 0 && line[0] != '#' {
			return nil
		}
		if bytes.HasPrefix(line, w3cColumns) {
			return line
		}
	}
	return nil
}

// w3cNames is what columns are, by name; of several for one value the first that a
// log has counts.
var w3cNames = [...]struct {
	name  string
	value record.Value
}{
	{"date", record.Date}, {"time", record.Clock}, {"x-timestamp", record.Time}, {"timestamp", record.Time}, {"datetime", record.Time}, {"gmttime", record.Time}, {"localtime", record.Time},
	{"src-ip", record.Src}, {"c-ip", record.Src}, {"cs-ip", record.Src}, {"client-ip", record.Src},
	{"dst-ip", record.Dst}, {"r-ip", record.Dst}, {"cs-uri-address", record.Dst}, {"r-supplier-ip", record.Dst}, {"sr-ip", record.Dst},
	{"src-port", record.SrcPort}, {"c-port", record.SrcPort},
	{"dst-port", record.DstPort}, {"r-port", record.DstPort}, {"cs-uri-port", record.DstPort}, {"r-supplier-port", record.DstPort},
	{"protocol", record.Proto}, {"cs-transport", record.Proto}, {"cs-bytes", record.Sent}, {"sc-bytes", record.Received}, {"size", record.Bytes},
	{"time-taken", record.Duration}, {"cs-host", record.Name}, {"cs-uri-host", record.Name}, {"cs(host)", record.Name}, {"r-host", record.Name}, {"r-dns", record.Name},
}

// w3cLayout is the columns under one line of names.
type w3cLayout struct {
	columns []record.Value // less one; 0 for those that are not read
	tabs    bool
	zone    *time.Location
}

// w3cReader is the header in force while a log is read.
type w3cReader struct {
	opt    *flowlog.Options
	iis    bool
	zone   *time.Location
	layout *w3cLayout
}

func openW3C(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
	if len(opt.Map) > 0 {
		return nil, &flowlog.InputError{Err: errors.New("--map: the columns of a W3C log have names of their own"), Hint: "leave --map out"}
	}
	if w3cFields(in.Head) == nil {
		return nil, errors.New("it does not begin with lines of #, one of them with #Fields")
	}
	first := &w3cReader{opt: opt, zone: time.UTC}
	for line := range bytes.Lines(in.Head[record.MarkLength(in.Head):]) {
		if line[0] == '#' {
			first.header(bytes.TrimRight(line, "\r\n"))
		} else if len(bytes.TrimSpace(line)) > 0 {
			break
		}
	}
	if err := first.layout.complete(w3cFields(in.Head)); err != nil {
		return nil, err
	}
	if opt.WantsLayout() {
		first.note(opt, w3cFields(in.Head))
	}
	r := &w3cReader{opt: opt, zone: time.UTC}
	return cut.ReadPlanned(in, record.MarkLength(in.Head), 0, r.plan)
}

// plan gives a block the header in force at its beginning, and learns from it that
// of the next one.
func (r *w3cReader) plan(text []byte) (flowlog.ParseBlock, error) {
	begin := *r
	for rest := text; ; {
		at := bytes.IndexByte(rest, '#')
		if at < 0 {
			break
		}
		line, after, _ := bytes.Cut(rest[at:], []byte("\n"))
		if start := len(text) - len(rest) + at; start == 0 || text[start-1] == '\n' {
			r.header(bytes.TrimRight(line, "\r"))
		}
		rest = after
	}
	return func(w *flowlog.Worker, text []byte) error { return begin.parse(w, text) }, nil
}

// header takes a line of #.
func (r *w3cReader) header(line []byte) {
	switch {
	case bytes.HasPrefix(line, []byte("#Software:")):
		r.iis = bytes.Contains(line, []byte("Internet Information Services"))
	case bytes.HasPrefix(line, []byte("#Time Format:")) && bytes.Contains(line, []byte("Local")):
		r.zone = r.opt.Location()
	case bytes.HasPrefix(line, w3cColumns):
		r.layout = r.columns(line)
	}
}

// columns is the layout that a line of names gives.
func (r *w3cReader) columns(line []byte) *w3cLayout {
	names := w3cColumnNames(line)
	l := &w3cLayout{columns: make([]record.Value, len(names)), tabs: bytes.IndexByte(line, '\t') >= 0, zone: r.zone}
	known := w3cNames[:]
	if r.iis || slices.Contains(names, "cs-uri-stem") && slices.Contains(names, "s-port") && !slices.Contains(names, "cs-host") && !slices.Contains(names, "r-ip") {
		known = append(known, struct {
			name  string
			value record.Value
		}{"s-ip", record.Dst}, struct {
			name  string
			value record.Value
		}{"s-port", record.DstPort})
	}
	var taken [record.ValueCount]bool
	for _, k := range known {
		for i, name := range names {
			if name == k.name && !taken[k.value] {
				l.columns[i], taken[k.value] = k.value+1, true
			}
		}
	}
	return l
}

func w3cColumnNames(line []byte) []string {
	return strings.Fields(strings.ToLower(string(line[len(w3cColumns):])))
}

// complete fails where a layout lacks what a flow needs.
func (l *w3cLayout) complete(fields []byte) error {
	var has [record.ValueCount]bool
	for _, v := range l.columns {
		if v > 0 {
			has[v-1] = true
		}
	}
	columns := columnnames.List(w3cColumnNames(fields))
	switch {
	case !has[record.Time] && !(has[record.Date] && has[record.Clock]):
		return fmt.Errorf("a W3C log without date and time; it has %s", columns)
	case !has[record.Src]:
		return &flowlog.InputError{Err: fmt.Errorf("a W3C log without the client's address; it has %s", columns), Hint: "log the field c-ip"}
	case !has[record.Dst] && !has[record.Name]:
		return &flowlog.InputError{Err: fmt.Errorf("a W3C log without the server's name or address; it has %s", columns), Hint: "log the field cs-host or r-ip (a proxy) or s-ip (IIS)"}
	}
	return nil
}

func (r *w3cReader) note(opt *flowlog.Options, fields []byte) {
	var roles []flowlog.Role
	for _, v := range r.layout.columns {
		roles = append(roles, record.ValueRoles[v])
	}
	opt.NoteColumns(w3cColumnNames(fields), roles)
}

// parse reads a block.
func (r *w3cReader) parse(w *flowlog.Worker, text []byte) error {
	l := &record.LineReader{Reading: &record.Reading{Device: &record.Device{}}, W: w}
	return flowlog.EachLine(w, text, func(line []byte) error {
		if line[0] == '#' {
			r.header(line)
			return nil
		}
		if r.layout == nil {
			return w.Bad(line, "a line before #Fields")
		}
		l.Stamper.Zone = r.layout.zone
		l.Values = record.Values{}
		if reason := r.layout.read(line, &l.Values); reason != "" {
			return w.Bad(line, reason)
		}
		return l.FillAdd(line)
	})
}

// read takes a line apart.
func (l *w3cLayout) read(line []byte, v *record.Values) string {
	between := byte(' ')
	if l.tabs || bytes.IndexByte(line, '\t') >= 0 {
		between = '\t'
	}
	rest, more := line, true
	for _, which := range l.columns {
		if !more {
			return flowlog.TooFew
		}
		var field []byte
		field, rest, more = cut.BlankField(rest, between)
		if which > 0 {
			v.Text[which-1] = field
		}
	}
	if len(v.Text[record.Time]) > 0 {
		v.Text[record.Date], v.Text[record.Clock] = nil, nil
	}
	v.Unit = time.Millisecond
	return ""
}
