// Package jsonlog reads logs of JSON records, in lines or in an array.
package jsonlog

import (
	"bytes"
	"maps"
	"slices"
	"time"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/clocks"
	"beacon/internal/flowlog/timeparts"
)

// jsonField is a value of a JSON record that is read.
type jsonField struct {
	// path is the keys that lead to it from the top, apart by points. A point
	// stands for nesting or for itself: "id.orig_h" is both {"id":{"orig_h":..}}
	// and {"id.orig_h":..}.
	path string
	role flowlog.Role
	// rank decides where several fields have one role: the lowest that a record
	// has counts, the first of equals.
	rank uint8
	// kind, if set, is the only kind of record (see jsonLayout.kinds) whose value
	// it is.
	kind string
	// named says that it is of records that name a host: not of the nameless kind.
	named bool
	// only, if set, is the values that records of flows have: of a field without a role.
	only []string
}

// jsonLayout is how the records of a JSON log are laid out: the machinery of
// every format of that kind, be it an object a line or an array of them.
type jsonLayout struct {
	fields   []jsonField
	kinds    []string      // of the recordKind field: values that flows have; nil for any
	nameless string        // the kind whose records name no host; "" for none
	unit     time.Duration // of a duration
	// zeroTime says that a time of 0 is one that the exporter does not know.
	zeroTime bool

	values  flowlog.FieldParser
	clocks  []clocks.Clock // by field
	opt     *flowlog.Options
	paths   map[string]int  // index in fields
	inner   map[string]bool // paths of objects that hold a field
	want    uint32          // bits of the roles that are read
	kindful bool            // a record without a kind is no flow
	beside  bool            // connections have records of their own, besides those that name their hosts
	kindly  bool            // some values are of one kind of record

	parts        timeparts.Parts  // that may count for the times, by place among the parts' roles and one more
	starts, ends *timeparts.Found // times that are joined with parts; nil for others
}

// openJSON returns a Format.Open of this layout.
func openJSON(layout jsonLayout) func(*flowlog.Input, *flowlog.Options) (flowlog.Reader, error) {
	return func(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
		l := layout // a copy for this reading
		return l.open(in, opt)
	}
}

func (l *jsonLayout) open(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
	return l.openSampled(in, sampleOf(in.Head), opt)
}

// openSampled is open of an input whose beginning was taken apart. It lets go of the sample.
func (l *jsonLayout) openSampled(in *flowlog.Input, s *sample, opt *flowlog.Options) (flowlog.Reader, error) {
	err := l.prepare(s, opt)
	s.release()
	if err != nil {
		return nil, err
	}
	skip := int64(in.Head.Start())
	if jsonLines(in.Head) {
		return flowlog.ReadText(in, skip, 0, l.parseLines)
	}
	return readObjects(in, skip, l.parseObjects)
}

// readObjects returns the reader of a JSON text that is no object a line.
func readObjects(in *flowlog.Input, skip int64, parse flowlog.ParseBlock) (flowlog.Reader, error) {
	stream, err := in.Stream()
	if err != nil {
		return nil, err
	}
	return flowlog.NewStreamBlocks(stream, skip, 0, wholeObjects, parse), nil
}

// prepare makes the layout ready for a reading: fields that it does not need
// are left out, those that the analyst mapped are put in.
func (l *jsonLayout) prepare(s *sample, opt *flowlog.Options) error {
	fields := slices.Clone(l.fields)
	for _, key := range slices.Sorted(maps.Keys(opt.Map)) {
		r, ok := flowlog.RoleOf(key)
		if !ok {
			return flowlog.UnknownColumn(key, opt.Map[key])
		}
		fields = slices.DeleteFunc(fields, func(f jsonField) bool { return f.role == r || f.path == opt.Map[key] })
		fields = append(fields, jsonField{path: opt.Map[key], role: r})
	}
	fields = slices.DeleteFunc(fields, func(f jsonField) bool {
		return f.only == nil && f.role < partRole && !flowlog.Needed(f.role, opt.Columns)
	})
	l.fields = fields
	l.values = flowlog.FieldParser{Nulls: []string{"-", "NULL", "null"}, Unit: l.unit}
	l.paths, l.inner = map[string]int{}, map[string]bool{}
	l.want = 0
	for i, f := range fields {
		l.paths[f.path] = i
		if f.role != flowlog.Ignored {
			l.want |= 1 << f.role
		}
		l.kindly = l.kindly || f.kind != "" || f.named
		for at, ch := range f.path {
			if ch == '.' {
				l.inner[f.path[:at]] = true
			}
		}
	}
	l.kindful = l.kinds != nil && l.want>>flowlog.RecordKind&1 != 0
	l.opt = opt
	if opt.WantsLayout() {
		l.note(s, opt)
	}
	return l.setClocks(s, opt)
}

// note tells who asked for the layout which values the first records have.
func (l *jsonLayout) note(s *sample, opt *flowlog.Options) {
	var names []string
	var found []flowlog.Role
	seen := map[string]bool{}
	for _, shape := range s.shapes {
		for _, path := range shape.paths {
			if seen[path] {
				continue
			}
			seen[path] = true
			names = append(names, path)
			r := flowlog.Ignored
			if i, ok := l.paths[path]; ok && l.fields[i].role < partRole {
				r = l.fields[i].role
			}
			found = append(found, r)
		}
	}
	opt.NoteColumns(names, found)
}

// clockSamples is how many records of a log's beginning are looked at to find out
// how it writes its times.
const clockSamples = 2000

// setClocks finds how the log writes its times from the records of its beginning.
// A time that they don't show is read by itself (looseTime).
func (l *jsonLayout) setClocks(s *sample, opt *flowlog.Options) error {
	samples := make([][]string, len(l.fields))
	var timed *shape
	fields := make([]int, 0, maxNodeKeys) // of the values of a shape; -1 for one that is no time
	for _, r := range s.records[:min(len(s.records), clockSamples)] {
		if r.shape != timed {
			timed, fields = r.shape, fields[:0]
			for _, path := range timed.paths {
				i, ok := l.paths[path]
				if !ok || l.fields[i].role != flowlog.StartTime && l.fields[i].role != flowlog.EndTime {
					i = -1
				}
				fields = append(fields, i)
			}
		}
		for k, i := range fields {
			if i < 0 {
				continue
			}
			if text := s.text(r.from + k); len(text) > 0 && string(text) != "0" {
				samples[i] = append(samples[i], string(text))
			}
		}
	}
	l.clocks = make([]clocks.Clock, len(l.fields))
	if l.parts.Last() > 0 {
		if joined, err := l.joinTimes(s, opt); joined || err != nil {
			return err
		}
	}
	for i := range l.clocks {
		var err error
		l.clocks[i], err = flowlog.FindClock(samples[i], opt.For(l.fields[i].path))
		if err != nil && l.fields[i].role == flowlog.StartTime && l.fields[i].rank == 0 {
			return err
		}
	}
	return nil
}

// jsonLines says whether the log has an object a line.
func jsonLines(head flowlog.Head) bool {
	text := head[head.Start():]
	from := blankEnd(text, 0)
	if from == len(text) || text[from] != '{' || wrapperEnd(text, from) > 0 {
		return false
	}
	start, end := nextObject(text, from)
	if end < 0 || bytes.IndexByte(text[start:end], '\n') >= 0 {
		return false
	}
	for ; end < len(text) && text[end] != '\n'; end++ {
		if text[end] > ' ' {
			return false
		}
	}
	return true
}

// parseLines reads lines of an object each.
func (l *jsonLayout) parseLines(w *flowlog.Worker, text []byte) error {
	padded := text[: len(text)+flowlog.BlockPad : len(text)+flowlog.BlockPad]
	clear(padded[len(text):])
	padded[len(text)] = '\n'
	p := newJSONParser(l, w, padded)
	var group *planScan
	if p.plannable() {
		group = planScans.Get().(*planScan)
		defer planScans.Put(group)
	}
	ahead := planLines
	for start := 0; start < len(text); {
		if blank := newlines(text[start:]); blank > 0 {
			w.Lines(int64(blank))
			start += blank
			continue
		}
		if p.plan != nil {
			starts, read := p.scan(group, start, ahead)
			start = starts[read]
			w.Filled += read
			w.Lines(int64(read))
			p.gained += read
			if w.Filled == flow.BatchRows {
				if err := w.Flush(); err != nil {
					return err
				}
			}
			if ahead = min(2*ahead, planLines); read == len(starts)-1 {
				continue
			}
			ahead = 1
		}
		end := start + bytes.IndexByte(padded[start:], '\n')
		if at := blankEnd(padded[:end], start); at < end {
			to := lineEnd(padded, at, end)
			if err := p.record(at, to); err != nil {
				return err
			}
			if group != nil {
				p.replan(at, to)
			}
		}
		w.Lines(1)
		start = end + 1
	}
	return nil
}

// newlines returns how many line ends a text begins with.
func newlines(text []byte) (n int) {
	for n < len(text) && text[n] == '\n' {
		n++
	}
	return n
}

// lineEnd returns the end of a line without the blanks at it.
func lineEnd(text []byte, start, end int) int {
	for end > start && text[end-1] <= ' ' {
		end--
	}
	return end
}

// parseObjects reads objects one after the other, in an array or not.
func (l *jsonLayout) parseObjects(w *flowlog.Worker, text []byte) error {
	padded := text[: len(text)+flowlog.BlockPad : len(text)+flowlog.BlockPad]
	clear(padded[len(text):])
	p := newJSONParser(l, w, padded)
	return eachObject(w, text, p.record)
}

// eachObject calls do with the place of each object of a text.
func eachObject(w *flowlog.Worker, text []byte, do func(start, end int) error) error {
	for at := 0; ; {
		start, end := nextObject(text, at)
		switch {
		case start < 0:
			return nil
		case end < 0 && text[start] == '{':
			return w.Bad(text[start:], cutOff)
		case end < 0:
			end = len(text)
		}
		if err := do(start, end); err != nil {
			return err
		}
		w.Lines(1)
		at = end
	}
}

const cutOff = "the record is cut off"

// wholeObjects cuts a JSON text after its last whole object.
func wholeObjects(text []byte) int {
	for at := 0; ; {
		_, end := nextObject(text, at)
		if end < 0 {
			return at
		}
		at = end
	}
}

// nextObject finds the next object from a place on that is no wrapper: its
// start, -1 where there is none, and its end, -1 where it is not whole. What
// holds the objects - brackets, commas, blanks, {"records":[ - is passed over.
func nextObject(text []byte, at int) (start, end int) {
	at = nextStart(text, at)
	switch {
	case at < 0:
		return -1, -1
	case text[at] == '{':
		return at, nestedEnd(text, at, len(text))
	}
	// What is no JSON is a record that can't be read: up to the next one.
	if n := bytes.IndexAny(text[at:], "{\n"); n > 0 {
		return at, at + n
	}
	return at, -1
}

// nextStart returns the start of the next object from a place on, or of what is no JSON;
// -1 where there is none.
func nextStart(text []byte, at int) int {
	for ; at < len(text); at++ {
		switch text[at] {
		case '{':
			n := wrapperEnd(text, at)
			if n == 0 {
				return at
			}
			at = n - 1
		case '[', ']', '}', ',', ' ', '\t', '\r', '\n', 0x1e:
		default:
			return at
		}
	}
	return -1
}

// wrapperEnd returns the place behind {"records":[ at a place, 0 where it isn't there.
func wrapperEnd(text []byte, at int) int {
	for _, token := range [...]string{"{", `"records"`, ":", "["} {
		at = blankEnd(text, at)
		if !bytes.HasPrefix(text[at:], []byte(token)) {
			return 0
		}
		at += len(token)
	}
	return at
}

func blankEnd(text []byte, at int) int {
	for at < len(text) && text[at] <= ' ' {
		at++
	}
	return at
}
