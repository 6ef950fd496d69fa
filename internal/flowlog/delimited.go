package flowlog

import (
	"bytes"
	"math"
	"math/bits"
	"slices"
	"time"

	"beacon/internal/flow"
)

// delimited is how a text log is laid out that has a record a line and its
// fields apart by one byte: the machinery of every format of that kind. A record
// does not go on past the end of its line, quoted or not, so that a log can be
// cut at the end of any line.
type delimited struct {
	separator byte
	quoted    bool          // fields may stand in double quotes, with "" for a quote inside
	roles     []role        // of each field; a line may have more
	clock     clock         // of start times
	endClock  clock         // of end times
	unit      time.Duration // of a duration
	nulls     []string      // texts that stand for no value, besides the empty one
	padded    bool          // fields have blanks before them, as a rule
	runs      bool          // several separators in a row are one

	// kind, if set, says of a field with the role recordKind whether a record
	// of that kind is a flow.
	kind func(field []byte) bool

	// verdict, if set, is asked about a line that can't be read: what it is.
	verdict func(line []byte) verdict

	ends   []byte  // the byte that ends each field, up to the last one with a role
	triple *triple // nil where the layout is not of that kind
}

// verdict is what a line is that holds no flow.
type verdict uint8

const (
	unreadable  verdict = iota
	otherRecord         // of another kind, or without addresses
	noRecord            // a header or comment: not counted
)

// read is the reader of the log in this layout, after skip bytes of header that
// are that many lines.
func (d *delimited) read(in *Input, skip, lines int64) (Reader, error) {
	d.prepare(in.Head[min(int(skip), len(in.Head)):])
	return readText(in, skip, lines, d.parse)
}

// prepare works out from the first lines what ends the fields.
func (d *delimited) prepare(sample []byte) {
	last := 0
	for i, r := range d.roles {
		if r != ignored {
			last = i
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
	d.triple = newTriple(d)
}

// parse reads whole lines. Fast path: a line whose times and addresses stand as
// they mostly do is read in place, in one go; any other goes to parseLine.
func (d *delimited) parse(w *Worker, text []byte) error {
	if slices.Contains(d.roles, direction) {
		w.spareColumns()
	}
	l := lineParser{delimited: d, w: w, clock: d.clock, endClock: d.endClock, optional: w.optional()}
	if d.triple != nil && !l.optional {
		return l.parseTriple(text)
	}
	return l.parseFields(text)
}

// parseFields is parse for any layout, a line and a field at a time.
func (l *lineParser) parseFields(text []byte) error {
	d, w := l.delimited, l.w
	padded := text[: len(text)+blockPad : len(text)+blockPad]
	copy(padded[len(text):], "\n")
	roles, ends := d.roles[:len(d.ends)], d.ends
	times, srcs, dsts := w.Columns.Time, w.Columns.Src, w.Columns.Dst
	row, lines := w.n, int64(0)
	for start := 0; start < len(text); {
		end := start + bytes.IndexByte(padded[start:], '\n')
		p := start
		ok := true
		if l.optional {
			w.zero(row)
		}
	fields:
		for f, r := range roles {
			stop := ends[f]
			if d.padded {
				for padded[p] == ' ' {
					p++
				}
			}
			if padded[p] == '"' || padded[p] == ' ' { // what is quoted may hold separators
				ok = false
				break
			}
			switch r {
			case source, destination:
				key := addrKey{le64(padded[p:]), le64(padded[p+8:])}
				n := key.cut(uint64(stop) * lowBits)
				var id uint32
				if id, ok = w.addrs.lookup(w.Hosts, key); !ok {
					if n = fieldLength(padded[p:], stop); n < 16 || p+n > end {
						break fields
					}
					if id, ok = w.longAddr(padded[p : p+n]); !ok {
						break fields
					}
				}
				p += n
				if r == source {
					srcs[row] = id
				} else {
					dsts[row] = id
				}
			case startTime:
				t, n, valid := l.clock.scan(padded[p:])
				p += n
				if times[row] = t; !valid {
					ok = false
					break fields
				}
			case ignored:
				n := fieldLength(padded[p:], stop)
				if n == 0 && d.runs {
					ok = false
					break fields
				}
				p += n
			default:
				n := fieldLength(padded[p:], stop)
				if ok = p+n <= end && (n > 0 || !d.runs) && l.value(row, r, padded[p:p+n]); !ok {
					break fields
				}
				p += n
			}
			if p > end || padded[p] != stop {
				ok = false
				break
			}
			p++
		}
		if ok && (ends[len(ends)-1] != '\r' || p == end) {
			if l.reversed {
				l.reverse(row)
			}
			row++
		} else { // Slow path
			w.Lines(lines)
			lines = 0
			w.n = row
			if err := l.parseLine(padded[start:end]); err != nil {
				return err
			}
			row = w.n
		}
		lines++
		start = end + 1
		if row == flow.BatchRows {
			w.n = 0
			row = 0
			if err := w.Emit(flow.BatchRows); err != nil {
				return err
			}
		}
	}
	w.Lines(lines)
	w.n = row
	return nil
}

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

// zeroByte has the high bit of the first zero byte of x set, and none before.
func zeroByte(x uint64) uint64 { return (x - lowBits) &^ x & highBits }

// fieldLength is the number of bytes before stop, or len(p) less some where it
// does not occur.
func fieldLength(p []byte, stop byte) int {
	seps := uint64(stop) * lowBits
	n := 0
	for ; n+8 <= len(p); n += 8 {
		if m := zeroByte(le64(p[n:]) ^ seps); m != 0 {
			return n + bits.TrailingZeros64(m)>>3
		}
	}
	return n
}

// lineParser reads the lines of one block.
type lineParser struct {
	*delimited
	w               *Worker
	clock, endClock clock
	reversed        bool // the record that is being read runs from destination to source
	optional        bool // columns besides time, source and destination are read
	fields          [][]byte
	scratch         []byte
}

// parseLine reads a line the plain way: fields quoted or not, padded or not.
func (l *lineParser) parseLine(line []byte) error {
	w := l.w
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	if len(line) == 0 {
		return nil
	}
	l.reversed = false
	reason := l.readFields(line)
	if reason == "" {
		if l.reversed {
			l.reverse(w.n)
		}
		w.n++
		return nil
	}
	l.reversed = false
	kind := unreadable
	if l.verdict != nil {
		kind = l.delimited.verdict(line)
	}
	switch {
	case kind == noRecord:
		return nil
	case kind == otherRecord || reason == noAddress || reason == notFlow:
		w.Other()
		return nil
	}
	return w.Bad(line, reason)
}

// Why a record is bad, or passed over.
const (
	noAddress   = "no address"
	notFlow     = "a record of another kind"
	badTime     = "unreadable time"
	badAddress  = "unreadable address"
	badNumber   = "unreadable number"
	tooFew      = "too few columns"
	openQuote   = "a quote that is not closed on its line"
	badDuration = "ends before it starts"
)

// readFields reads a line into the row at w.n, or says why not.
func (l *lineParser) readFields(line []byte) (reason string) {
	w := l.w
	row := w.n
	if !l.split(line) {
		return openQuote
	}
	if len(l.fields) < len(l.ends) {
		return tooFew
	}
	if l.optional {
		w.zero(row)
	}
	for f, r := range l.roles[:len(l.ends)] {
		field := l.fields[f]
		switch r {
		case ignored:
		case startTime:
			t, ok := l.clock.parse(field)
			if w.Time[row] = t; !ok && reason == "" {
				reason = badTime
			}
		case source, destination:
			if l.null(field) {
				reason = noAddress
				continue
			}
			id, ok := w.Addr(field)
			if !ok {
				if reason != noAddress {
					reason = badAddress
				}
			} else if r == source {
				w.Src[row] = id
			} else {
				w.Dst[row] = id
			}
		case recordKind:
			if !l.value(row, r, field) {
				return notFlow
			}
		default:
			if !l.value(row, r, field) && reason == "" {
				reason = badNumber
			}
		}
	}
	return reason
}

// reverse makes the source of a row its destination.
func (l *lineParser) reverse(row int) {
	w := l.w
	l.reversed = false
	w.Src[row], w.Dst[row] = w.Dst[row], w.Src[row]
	if w.Port != nil {
		w.SrcPort[row], w.Port[row] = w.Port[row], w.SrcPort[row]
	}
	if w.SrcBytes != nil && w.SrcBytes[row] > 0 {
		w.SrcBytes[row] = max(0, w.Bytes[row]-w.SrcBytes[row])
	}
}

// spareColumns makes room for columns that nobody asked for, but whose values
// become another column's where a flow is reversed.
func (w *Worker) spareColumns() {
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

// firstField is the field with a role in the first line of a sample.
func firstField(d *delimited, sample []byte, r role) string {
	l := lineParser{delimited: d}
	if nl := bytes.IndexByte(sample, '\n'); nl >= 0 {
		sample = sample[:nl]
	}
	if i := slices.Index(d.roles, r); i >= 0 && l.split(sample) && i < len(l.fields) {
		return string(l.fields[i])
	}
	return ""
}

// null says whether a field stands for no value.
func (l *lineParser) null(field []byte) bool {
	if len(field) == 0 {
		return true
	}
	for _, text := range l.nulls {
		if string(field) == text {
			return true
		}
	}
	return false
}

// split cuts a line into its fields, without quotes and padding, up to the last
// one with a role where roles are known; false where a quote stays open.
func (l *lineParser) split(line []byte) bool {
	l.fields = l.fields[:0]
	l.scratch = append(l.scratch[:0], line...)
	rest := l.scratch
	for {
		if n := len(l.fields); n > 0 && n == len(l.ends) {
			return true
		}
		field := rest
		if l.separator != ' ' {
			field = bytes.TrimLeft(rest, " ")
		}
		if l.quoted && len(field) > 0 && field[0] == '"' {
			inside, after, ok := unquote(field)
			if !ok {
				return false
			}
			l.fields = append(l.fields, bytes.TrimSpace(inside))
			at := bytes.IndexByte(after, l.separator)
			if at < 0 {
				return true
			}
			rest = after[at+1:]
			continue
		}
		at := bytes.IndexByte(field, l.separator)
		if at < 0 {
			if len(field) > 0 || !l.runs {
				l.fields = append(l.fields, bytes.TrimSpace(field))
			}
			return true
		}
		if at > 0 || !l.runs {
			l.fields = append(l.fields, bytes.TrimSpace(field[:at]))
		}
		rest = field[at+1:]
	}
}

// unquote reads a quoted field in place: its value, and what comes after it.
func unquote(p []byte) (value, after []byte, ok bool) {
	n := 0
	value = p[1:1]
	for i := 1; i < len(p); i++ {
		if p[i] != '"' {
			value = append(value, p[i])
			continue
		}
		if i+1 < len(p) && p[i+1] == '"' {
			value = append(value, '"')
			i++
			continue
		}
		n = i + 1
		return value, p[n:], true
	}
	return nil, nil, false
}

// value reads a field that is neither start time nor address into the row.
func (l *lineParser) value(row int, r role, field []byte) bool {
	w := l.w
	if len(field) > 0 && (field[0] == ' ' || field[0] == '"' || field[len(field)-1] == ' ') {
		field = bytes.Trim(field, ` "`)
	}
	if l.null(field) {
		return true
	}
	switch r {
	case hostName:
		w.Name[row] = w.internName(field)
		return true
	case recordKind:
		if w.Proto != nil {
			w.Proto[row], _ = parseProtocol(field)
		}
		return l.kind(field)
	case direction:
		l.reversed = string(field) == "<-"
		return true
	case protocol:
		v, ok := parseProtocol(field)
		w.Proto[row] = v
		return ok
	case duration:
		ns, ok := parseSeconds(field, l.unit)
		w.Duration[row] = ns
		return ok
	case endTime:
		t, ok := l.endClock.parse(field)
		w.Duration[row] = max(0, t-w.Time[row])
		return ok
	}
	v, ok := parseUint(field)
	return ok && l.number(row, r, v)
}

// number takes a number that is neither start time nor address into the row.
func (l *lineParser) number(row int, r role, v int64) bool {
	w := l.w
	if v > math.MaxUint16 && (r == sourcePort || r == destinationPort) {
		return false
	}
	switch r {
	case protocol:
		w.Proto[row] = uint8(v)
		return v < 256
	case sourcePort:
		w.SrcPort[row] = uint16(v)
	case destinationPort:
		w.Port[row] = uint16(v)
	case byteCount:
		if w.Bytes != nil {
			w.Bytes[row] += v
		}
	case sourceByteCount:
		w.SrcBytes[row] = v
	case sourcePart:
		if w.Bytes != nil {
			w.Bytes[row] += v
		}
		if w.SrcBytes != nil {
			w.SrcBytes[row] = v
		}
	}
	return true
}
