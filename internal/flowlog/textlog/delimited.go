// Package textlog reads logs of separated text: CSV of any kind, and what Zeek,
// nfdump, Argus, SiLK, CICFlowMeter and AWS write.
package textlog

import (
	"bytes"
	"fmt"
	"slices"
	"sync"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/called"
	"beacon/internal/flowlog/clocks"
	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/endpoint"
	"beacon/internal/flowlog/timeparts"
	"beacon/internal/words"
)

// delimited describes a text log with one record per line and a one-byte separator
// between fields, and reads it; all formats of that kind share it. A record ends with
// its line, even inside quotes, so that a log can be cut at any end of a line.
type delimited struct {
	separator byte
	quoted    bool                // fields may stand in double quotes, with "" for a quote inside
	roles     []flowlog.Role      // of each field
	exact     bool                // a line has no more fields than roles, but for a few short ones
	clock     clocks.Clock        // of start times
	apart     timeparts.Parts     // columns that may hold parts of the times
	starts    timeparts.Found     // start times that are joined of several columns; without parts where they aren't
	stops     timeparts.Found     // likewise of end times, whose parts are those of the start times
	values    flowlog.FieldParser // of the other fields
	padded    bool                // fields have blanks before them, as a rule
	runs      bool                // several separators in a row are one

	// verdict, if set, is asked about a line that can't be read: what it is.
	verdict func(line []byte) verdict
	headers bool // in a sample, verdict finds headers and comments only

	addressed bool // a column holds addresses of destinations
	named     bool // a column holds names of hosts
	beside    bool // connections have records of their own, besides these which name their hosts

	ends  []byte     // the byte that ends each field, up to the last one with a role
	steps []scanStep // that read a line; none where it is read the plain way
}

// verdict tells what a line without a flow is.
type verdict uint8

const (
	unreadable  verdict = iota
	otherRecord         // of another kind, or without addresses
	noRecord            // a header or comment: not counted
	otherHeader         // a header with other columns: the log can't be read on
)

// read returns the reader of a log in this layout. skip is the number of bytes of
// header, lines the number of lines in them.
func (d *delimited) read(in *flowlog.Input, skip, lines int64) (flowlog.Reader, error) {
	d.prepare(in.Head[min(int(skip), len(in.Head)):])
	return flowlog.ReadText(in, skip, lines, d.parse)
}

// prepare finds out from the first lines which byte ends each field.
func (d *delimited) prepare(sample []byte) {
	d.addressed = slices.Contains(d.roles, flowlog.Destination)
	d.named = slices.ContainsFunc(d.roles, flowlog.Role.NamesHost)
	if i := slices.Index(d.roles, flowlog.EndTime); i >= 0 && slices.Contains(d.roles, flowlog.Duration) {
		d.roles = slices.Clone(d.roles)
		d.roles[i] = flowlog.Ignored // the duration says it
	}
	last := max(0, d.starts.Last()-1)
	for i, r := range d.roles {
		if r != flowlog.Ignored {
			last = max(last, i)
		}
	}
	end := byte('\n')
	if nl := bytes.IndexByte(sample, '\n'); nl > 0 && sample[nl-1] == '\r' {
		end = '\r'
	}
	d.ends = bytes.Repeat([]byte{d.separator}, last+1)
	if last == len(d.roles)-1 {
		d.ends[last] = end
	}
	d.planScan()
}

// lineParsers holds parsers of lines that no worker uses. One takes 40 KB, and a log may be
// of many small files.
var lineParsers = sync.Pool{New: func() any { return new(lineParser) }}

// newLineParser returns a parser of lines in this layout.
func (d *delimited) newLineParser() *lineParser {
	l := lineParsers.Get().(*lineParser)
	if l.delimited != d {
		l.delimited, l.times, l.cells, l.split = d, d.clock, d.values, d.splitter(d.mostFields())
		l.setTimes()
		clear(l.memo[:])
	}
	return l
}

// free lets another worker or layout have the parser.
func (l *lineParser) free() {
	l.w = nil
	lineParsers.Put(l)
}

// mostFields returns how many fields of a line have to be looked at; 0 is all of them.
func (d *delimited) mostFields() int {
	if d.exact {
		return 0
	}
	return len(d.ends)
}

// splitter returns a splitter of lines in this layout that stops after most fields.
func (d *delimited) splitter(most int) cut.Splitter {
	return cut.Splitter{Separator: d.separator, Quoted: d.quoted, Runs: d.runs, Most: most}
}

// parse reads whole lines: by columns as long as that works, else line by line.
func (d *delimited) parse(w *flowlog.Worker, text []byte) error {
	if slices.Contains(d.roles, flowlog.Direction) {
		spareColumns(w)
	}
	l := d.newLineParser()
	defer l.free()
	l.w = w
	text = text[: len(text)+flowlog.BlockPad : len(text)+flowlog.BlockPad]
	size := len(text) - flowlog.BlockPad
	copy(text[size:], "\n")
	ahead := scanLines
	flows := 0
	defer func() {
		if l.starts.Note.Text != "" && flows > 0 {
			w.Note(int64(flows), l.starts.Note)
		}
	}()
	for start := 0; start < size; {
		if size, lines := blankLines(text[start:size]); lines > 0 {
			w.Lines(int64(lines))
			start += size
			continue
		}
		// Fast path
		lines, read := l.scan(text, start, min(ahead, flow.BatchRows-w.Filled))
		start = l.lines.starts[read]
		w.Filled += read
		flows += read
		w.Lines(int64(read))
		ahead = min(2*ahead, scanLines)
		if read < lines { // Slow path
			end := l.lines.starts[read+1]
			before := w.Filled
			if err := l.parseLine(text[start : end-1]); err != nil {
				return err
			}
			flows += w.Filled - before
			start = end
			w.Lines(1)
			ahead = 1
		}
		if w.Filled == flow.BatchRows {
			if err := w.Flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// blankLines returns the bytes and the number of the empty lines that text begins with.
func blankLines(text []byte) (size, lines int) {
	for {
		switch rest := text[size:]; {
		case len(rest) > 0 && rest[0] == '\n':
			size++
		case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
			size += 2
		default:
			return size, lines
		}
		lines++
	}
}

// lineParser reads the lines of one block.
type lineParser struct {
	*delimited
	w                  *flowlog.Worker
	times              clocks.Clock // this parser's own copy of clock, as cells is of values
	cells              flowlog.FieldParser
	split              cut.Splitter
	joined, joinedEnds *timeparts.Reader // of times that are joined of several columns; nil for others
	record             [][]byte          // their parts
	assumed            bool              // the line's zone isn't understood

	unknown []flowlog.Role // of the line's values that can't be read
	lines   scanned
	memo    [memoSize]memo
}

// parseLine reads a line field by field, quoted or padded with blanks.
func (l *lineParser) parseLine(line []byte) error {
	w := l.w
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	if len(line) == 0 {
		return nil
	}
	reason := l.readFields(line)
	if reason == "" {
		for _, r := range l.unknown {
			w.Unknown(line, r)
		}
		if l.assumed {
			timeparts.NoteAssumed(w, 1)
		}
		w.Filled++
		return nil
	}
	kind := unreadable
	if l.verdict != nil {
		kind = l.delimited.verdict(line)
	}
	switch {
	case kind == noRecord:
		return nil
	case kind == otherHeader:
		return &flowlog.InputError{Err: fmt.Errorf("another header stands in the middle of it, with other columns: %s", words.Plain(string(line[:min(len(line), flowlog.MaxSampleText)]))),
			Hint: "it is two logs, one behind the other: cut it there, and give both files"}
	case kind == otherRecord || reason == flowlog.NoAddress || reason == notFlow:
		w.Other()
		return nil
	}
	return w.Bad(line, reason)
}

// Why a line is bad, or passed over.
const (
	notFlow   = "a record of another kind"
	tooMany   = "more columns than the header has"
	openQuote = "a quote that is not closed on its line"
)

// readFields reads a line into the next free row. It returns a reason if it can't.
func (l *lineParser) readFields(line []byte) (reason string) {
	w := l.w
	row := w.Filled
	if !l.split.Split(line) {
		return openQuote
	}
	if len(l.split.Fields) < len(l.ends) {
		return flowlog.TooFew
	}
	if l.exact && l.tooMany() {
		return tooMany
	}
	w.Zero(row, 1)
	l.unknown, l.assumed = l.unknown[:0], false
	reversed, end, addressed := false, -1, l.addressed
	var called called.Host
	nowhere := flowlog.NoAddress
	for f, r := range l.roles[:len(l.ends)] {
		field := l.split.Fields[f]
		switch r {
		case flowlog.Ignored:
		case flowlog.StartTime:
			if bad := l.start(row, field); reason == "" {
				reason = bad
			}
		case flowlog.Source, flowlog.Destination:
			if l.cells.Null(field) {
				if r == flowlog.Destination {
					addressed = false
				} else {
					reason = flowlog.NoAddress
				}
				continue
			}
			id, ok := w.Host(field)
			if !ok {
				id, ok = endpoint.Read(w, r, field)
			}
			if !ok {
				if reason != flowlog.NoAddress {
					reason = flowlog.BadAddress
				}
			} else if r == flowlog.Source {
				w.Src[row] = id
			} else {
				w.Dst[row] = id
			}
		case flowlog.HostName, flowlog.Query, flowlog.Target, flowlog.Answers:
			if !called.Take(w, &l.cells, r, field) {
				l.unknown = append(l.unknown, r)
				nowhere = flowlog.BadName
			}
		case flowlog.EndTime: // can stand before the start, from which it counts
			end = f
		case flowlog.Direction:
			reversed = string(field) == flowlog.ReversedFlow
		case flowlog.RecordKind:
			if !l.cells.Value(w, row, r, field) {
				return notFlow
			}
		default:
			if !l.cells.Value(w, row, r, field) {
				l.unknown = append(l.unknown, r)
			}
		}
	}
	if !called.Settle(w, row, addressed, l.beside) {
		reason = nowhere
	}
	if end >= 0 && !l.stop(row, l.split.Fields[end]) {
		l.unknown = append(l.unknown, flowlog.EndTime)
	}
	if reversed && reason == "" {
		reverse(w, row)
	}
	return reason
}

// reverse swaps source and destination of a row.
func reverse(w *flowlog.Worker, row int) {
	w.Src[row], w.Dst[row] = w.Dst[row], w.Src[row]
	if w.Port != nil {
		w.SrcPort[row], w.Port[row] = w.Port[row], w.SrcPort[row]
	}
	if w.SrcBytes != nil && w.SrcBytes[row] > 0 {
		w.SrcBytes[row] = max(0, w.Bytes[row]-w.SrcBytes[row])
	}
}

// spareColumns allocates columns that the reading does not need, but whose values move
// into columns that it needs when a flow is reversed.
func spareColumns(w *flowlog.Worker) {
	if (w.SrcPort == nil) != (w.Port == nil) {
		if w.SrcPort == nil {
			w.SrcPort = make([]uint16, flow.BatchRows)
		} else {
			w.Port = make([]uint16, flow.BatchRows)
		}
	}
	if w.SrcBytes != nil && w.Bytes == nil {
		w.Bytes = make([]int64, flow.BatchRows)
	}
}

// firstField returns the field with a role in the first line of a sample.
func firstField(d *delimited, sample []byte, r flowlog.Role) string {
	l := d.splitter(0)
	if nl := bytes.IndexByte(sample, '\n'); nl >= 0 {
		sample = sample[:nl]
	}
	if i := slices.Index(d.roles, r); i >= 0 && l.Split(sample) && i < len(l.Fields) {
		return string(l.Fields[i])
	}
	return ""
}
