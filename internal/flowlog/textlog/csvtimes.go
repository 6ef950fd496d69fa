package textlog

import (
	"bytes"
	"slices"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/clocks"
	"beacon/internal/flowlog/timeparts"
)

// clockSamples is how many records of a log's beginning are looked at to find out
// how it writes its times.
const clockSamples = 2000

// scanRoom is how many bytes from the beginning of a time Clock.ScanField reads.
const scanRoom = 48

// setClocks finds how the log writes its times from the records of its beginning.
func (d *delimited) setClocks(sample []byte, opt *flowlog.Options) (err error) {
	of := func(r flowlog.Role) timeparts.Samples {
		return func(p timeparts.Parts) []string { return d.timesOf(sample, r, p) }
	}
	c, ok := d.isoClock(sample, flowlog.StartTime, opt)
	if d.starts.Clock = c; ok && d.apart.Date == 0 && d.apart.Hour == 0 {
		d.starts.AddZone(d.apart.Zone, opt)
	} else {
		d.starts, err = d.apart.Find(of(flowlog.StartTime), opt)
	}
	d.clock = d.starts.Clock
	if !slices.Contains(d.roles, flowlog.EndTime) {
	} else if d.values.End, ok = d.isoClock(sample, flowlog.EndTime, opt); !ok || d.starts.Last() > 0 {
		d.stops = d.starts.Ends(of(flowlog.EndTime), opt)
		d.values.End = d.stops.Clock
	}
	return err
}

// isoClock returns the clock of a role whose times are all dates of ISO 8601 in the records
// of a sample, false where one may be something else. It is the one that FindClock finds.
//
// Note: a log may be of many small files, of which the sample is all. Reading each time by
// Clock.Parse took a sixth of the CPU of 10,000 such files; a twelfth by ScanField.
func (d *delimited) isoClock(sample []byte, r flowlog.Role, opt *flowlog.Options) (c clocks.Clock, ok bool) {
	at := slices.Index(d.roles, r)
	if at < 0 || opt.TimeFormat != "" || !d.isPlain(sample) {
		return c, false
	}
	c, _ = flowlog.FindClock(nil, opt)
	tried := c
	for found := 0; len(sample) > 0 && found < clockSamples; {
		text, end := sample, bytes.IndexByte(sample, '\n')
		if end < 0 {
			end = len(text)
		}
		line := text[:end]
		sample = text[min(end+1, len(text)):]
		from := d.plainFrom(line, at)
		if d.headers && from >= 0 && len(text)-from >= scanRoom && isDated(line[from:]) && line[0] != '#' { // Fast path
			if _, _, ok := tried.ScanField(text[from:], d.separator); ok {
				found++
				continue
			}
		}
		field := d.plainField(line, at)
		if !isDated(field) || line[0] == '#' || !d.headers { // Slow path
			line = bytes.TrimRight(line, "\r")
			field = bytes.TrimSpace(d.plainField(line, at))
			if d.values.Null(field) || !d.isRecord(line, field) {
				continue
			}
			if !isDated(field) {
				return c, false
			}
		}
		if _, ok := tried.Parse(bytes.TrimSpace(field)); !ok {
			return c, false
		}
		found++
	}
	return c, true
}

// isDated tells whether a text begins as a date of ISO 8601 does, and no number does.
func isDated(text []byte) bool {
	return len(text) > 4 && text[0]-'0' <= 9 && (text[4] == '-' || text[4] == '/')
}

// timesOf returns the times of a role in the records of a sample, joined with parts.
func (d *delimited) timesOf(sample []byte, r flowlog.Role, parts timeparts.Parts) []string {
	at := slices.Index(d.roles, r)
	if at < 0 {
		return nil
	}
	beside := parts.Last()
	if len(sample) > 0 && beside == 0 && d.isPlain(sample) {
		return d.plainTimes(sample, at)
	}
	l := d.splitter(max(at+1, beside))
	joiner := (&timeparts.Found{Parts: parts}).Reader(d.values.Null)
	var found cells
	for line := range bytes.Lines(sample) {
		line = bytes.TrimRight(line, "\r\n")
		if len(found.ends) == clockSamples {
			break
		}
		if len(line) == 0 || !l.Split(line) || len(l.Fields) <= at || d.values.Null(l.Fields[at]) || !d.isRecord(line, l.Fields[at]) {
			continue
		}
		if beside <= len(l.Fields) && (parts.Date == 0 || !d.values.Null(l.Fields[parts.Date-1])) {
			found.add(joiner.Join(l.Fields, l.Fields[at]))
		}
	}
	return found.texts()
}

// isPlain tells whether a field of a line is what stands between two separators.
func (d *delimited) isPlain(sample []byte) bool {
	return !d.runs && d.separator != ' ' && !(d.quoted && bytes.IndexByte(sample, '"') >= 0)
}

// plainTimes is timesOf for a sample that is plain.
func (d *delimited) plainTimes(sample []byte, at int) []string {
	var found cells
	for line := range bytes.Lines(sample) {
		if line = bytes.TrimRight(line, "\r\n"); len(found.ends) == clockSamples {
			break
		}
		if field := bytes.TrimSpace(d.plainField(line, at)); !d.values.Null(field) && d.isRecord(line, field) {
			found.add(field)
		}
	}
	return found.texts()
}

// plainField returns a field of a line that is plain, counted from 0.
func (d *delimited) plainField(line []byte, at int) []byte {
	from := d.plainFrom(line, at)
	if from < 0 {
		return nil
	}
	field, _, _ := bytes.Cut(line[from:], []byte{d.separator})
	return field
}

// plainFrom returns where a field of a line that is plain begins; -1 where the line has none.
func (d *delimited) plainFrom(line []byte, at int) (from int) {
	for range at {
		i := bytes.IndexByte(line[from:], d.separator)
		if i < 0 {
			return -1
		}
		from += i + 1
	}
	return from
}

// isRecord tells whether a line of a sample is one with a flow, as its time can be.
func (d *delimited) isRecord(line, time []byte) bool {
	if d.verdict == nil || d.headers && line[0] != '#' && len(time) > 0 && time[0]-'0' <= 9 { // Fast path: no name of a column of times begins with a digit
		return true
	}
	return d.verdict(line) == unreadable
}

// cells collects the texts of a column.
type cells struct {
	text []byte // of all
	ends []int  // of each in it
}

func (c *cells) add(text []byte) {
	c.text = append(c.text, text...)
	c.ends = append(c.ends, len(c.text))
}

func (c *cells) texts() []string {
	if c.ends == nil {
		return nil
	}
	all, from, list := string(c.text), 0, make([]string, len(c.ends))
	for i, end := range c.ends {
		list[i], from = all[from:end], end
	}
	return list
}
