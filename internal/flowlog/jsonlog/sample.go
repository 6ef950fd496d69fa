package jsonlog

import (
	"bytes"
	"slices"
	"sync"
	"unsafe"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/stored"
)

// sample is the records of the beginning of a JSON log, taken apart once for all who look
// at them. Most records of a log have the same values in the same order: a shape.
type sample struct {
	head    flowlog.Head
	freed   uint64   // stored.FreedHeads before
	shapes  []*shape // in the order of first appearance
	records []sampled
	texts   []span   // of the values of all records
	slow    []byte   // what of the texts doesn't stand in the head
	sampler *sampler // that took it apart
}

// span is a text's place: in the head, or behind it in sample.slow.
type span struct{ from, to uint32 }

// shape is the paths of a record's values that are neither object nor null, in its order.
type shape struct {
	paths []string
	first int // record that had it first
}

type sampled struct {
	shape *shape
	from  int // in texts
}

// each calls do with the path and text of each value of record i; an array is one value.
func (s *sample) each(i int, do func(path string, text []byte)) {
	r := s.records[i]
	for k, path := range r.shape.paths {
		do(path, s.text(r.from+k))
	}
}

// text returns one of the texts.
func (s *sample) text(i int) []byte {
	t, n := s.texts[i], uint32(len(s.head))
	if t.from < n {
		return s.head[t.from:t.to]
	}
	return s.slow[t.from-n : t.to-n]
}

// samples holds the samples that were looked at last: a format's Sniff is asked after
// the other about one head, and heads are not changed.
var samples struct {
	mu   sync.Mutex
	last [4]*sample
	next int
}

// sampleOf returns the sample of a head.
func sampleOf(head flowlog.Head) *sample {
	freed := stored.FreedHeads()
	same := func(s *sample) bool {
		return s != nil && s.freed == freed && len(s.head) == len(head) && unsafe.SliceData(s.head) == unsafe.SliceData(head)
	}
	samples.mu.Lock()
	if i := slices.IndexFunc(samples.last[:], same); i >= 0 {
		defer samples.mu.Unlock()
		return samples.last[i]
	}
	samples.mu.Unlock()
	s := newSample(head)
	samples.mu.Lock()
	defer samples.mu.Unlock()
	samples.last[samples.next] = s
	samples.next = (samples.next + 1) % len(samples.last)
	return s
}

// samplers holds the room of samples that were let go of, and the keys that were met.
//
// Note: a log may be of many small files. Of 2,000 with 200 rows each, allocating it for each
// took 1.2 times the CPU.
var samplers = sync.Pool{New: func() any { return &sampler{sample: new(sample)} }}

// release lets go of a sample. Nothing may refer to it any more.
func (s *sample) release() {
	samples.mu.Lock()
	defer samples.mu.Unlock()
	if i := slices.Index(samples.last[:], s); i >= 0 {
		samples.last[i] = nil
	}
	samplers.Put(s.sampler)
}

func newSample(head flowlog.Head) *sample {
	w := samplers.Get().(*sampler)
	s := w.sample
	*s = sample{head: head, freed: stored.FreedHeads(), records: s.records[:0], texts: s.texts[:0], sampler: w}
	w.text, w.shape, w.forms = head, new(shape), w.forms[:0]
	for at := head.Start(); ; {
		start := nextStart(head, at)
		switch {
		case start < 0:
			return s
		case head[start] != '{':
			_, at = nextObject(head, start)
		default:
			if end := w.again(start); end > 0 { // Fast path
				at = end
				continue
			}
			w.begin(start)
			plain := w.object("")
			if at = w.at; !plain {
				if at = nestedEnd(head, start, len(head)); at > 0 {
					w.begin(start)
					eachValue(head[start:at], w.addSlow)
				}
			}
			if at > 0 {
				w.end()
			}
			if plain {
				w.learn(start)
			}
		}
		if at < 0 {
			return s
		}
	}
}

// sampler takes records apart. Fast path: one that is written like one of those before
// (form), or else a walk over a record that is written plainly, whose keys are expected to be
// those of the record before. Slow path: fastjson.
type sampler struct {
	*sample
	text  []byte // the head
	at    int
	keys  []sampledKey // of the records before, and of this one as far as it was read
	n     int          // in keys, behind the last key of this record
	depth int          // objects around the one at hand
	paths []string
	spans []span
	shape *shape // of the record before
	forms []form // of the records before, the latest first
}

// sampledKey is a key as it stands in the text, of an object.
type sampledKey struct {
	prefix string // of its path
	text   string // with its quotes
	path   string
	inner  string // the prefix of the keys in its value
}

// begin begins the record at a place.
func (w *sampler) begin(at int) {
	w.at, w.n, w.depth = at, 0, 0
	w.paths, w.spans = w.paths[:0], w.spans[:0]
}

// add takes a value whose text stands in the head.
func (w *sampler) add(path string, from, to int) {
	w.paths = append(w.paths, path)
	w.spans = append(w.spans, span{uint32(from), uint32(to)})
}

// addSlow takes a value from the slow path.
func (w *sampler) addSlow(path string, text []byte) {
	from := len(w.head) + len(w.slow)
	w.slow = append(w.slow, text...)
	w.add(path, from, from+len(text))
}

// end puts the record into the sample.
func (w *sampler) end() {
	s := w.sample
	if !slices.Equal(w.shape.paths, w.paths) || len(s.shapes) == 0 {
		late := s.shapes[max(0, len(s.shapes)-sampleShapes):]
		i := slices.IndexFunc(late, func(known *shape) bool { return slices.Equal(known.paths, w.paths) })
		if i < 0 {
			w.shape = &shape{slices.Clone(w.paths), len(s.records)}
			s.shapes = append(s.shapes, w.shape)
		} else {
			w.shape = late[i]
		}
	}
	s.records = append(s.records, sampled{w.shape, len(s.texts)})
	s.texts = append(s.texts, w.spans...)
}

// object reads an object; false where it needs the slow path.
func (w *sampler) object(prefix string) bool {
	w.at++ // its brace
	if w.peek() == '}' {
		w.at++
		return true
	}
	for {
		key := w.key(prefix)
		if key < 0 || w.peek() != ':' {
			return false
		}
		w.at++
		if !w.value(key) {
			return false
		}
		switch w.peek() {
		case '}':
			w.at++
			return true
		case ',':
			w.at++
		default:
			return false
		}
	}
}

// peek passes over blanks and returns the next byte, 0 at the end.
func (w *sampler) peek() byte {
	for ; w.at < len(w.text); w.at++ {
		switch ch := w.text[w.at]; ch {
		case ' ', '\t', '\n', '\r':
		default:
			return ch
		}
	}
	return 0
}

// key reads a key and returns its index in keys, -1 where it needs the slow path.
func (w *sampler) key(prefix string) int {
	if w.peek() != '"' {
		return -1
	}
	text := w.text[w.at:]
	for i := w.n; i < min(w.n+sampleAhead, len(w.keys)); i++ {
		if k := &w.keys[i]; len(k.text) <= len(text) && string(text[:len(k.text)]) == k.text && k.prefix == prefix {
			w.n = i + 1
			w.at += len(k.text)
			return i
		}
	}
	to, escaped := stringEnd(text, 1, len(text))
	if to < 0 || escaped {
		return -1
	}
	if len(w.keys) >= maxNodeKeys {
		w.keys = w.keys[:w.n]
	}
	path := prefix + string(text[1:to])
	w.keys = slices.Insert(w.keys, w.n, sampledKey{prefix: prefix, text: string(text[:to+1]), path: path, inner: path + "."})
	w.n++
	w.at += to + 1
	return w.n - 1
}

const (
	sampleShapes = 64 // shapes that a record's is compared with: one that came up before them may come up again
	sampleAhead  = 8  // keys of the records before that are compared with a key: some may be left out
	sampleDepth  = 16 // objects in each other on the fast path
)

// value reads the value of a key.
func (w *sampler) value(key int) bool {
	ch := w.peek()
	text := w.text[w.at:]
	switch ch {
	case '"':
		to, escaped := stringEnd(text, 1, len(text))
		if to < 0 || escaped {
			return false
		}
		w.add(w.keys[key].path, w.at+1, w.at+to)
		w.at += to + 1
		return true
	case '{':
		if w.depth == sampleDepth {
			return false
		}
		w.depth++
		ok := w.object(w.keys[key].inner)
		w.depth--
		return ok
	case '[':
		return w.array(key)
	case 'n':
		if !bytes.HasPrefix(text, []byte("null")) {
			return false
		}
		w.at += len("null")
		return true
	}
	n := scalarSize(text)
	if n == 0 {
		return false
	}
	w.add(w.keys[key].path, w.at, w.at+n)
	w.at += n
	return true
}

// scalarSize returns the length of the number, true or false that a text begins with, 0 for
// what is none, as a sign alone.
func scalarSize(text []byte) (n int) {
	for _, literal := range [...]string{"true", "false"} {
		if len(text) >= len(literal) && string(text[:len(literal)]) == literal {
			return len(literal)
		}
	}
	for n < len(text) && (text[n]-'0' <= 9 || text[n] == '-' || text[n] == '.' || text[n] == '+' || text[n]|0x20 == 'e') {
		n++
	}
	if n == 1 && (text[0] == '-' || text[0] == '+') {
		return 0
	}
	return n
}

// array reads an array of strings and numbers, whose text is that of its first element.
func (w *sampler) array(key int) bool {
	start := w.at
	w.at++
	if w.peek() == ']' {
		if w.at++; w.at != start+len("[]") {
			return false
		}
		w.add(w.keys[key].path, start, w.at)
		return true
	}
	for paths := len(w.paths) + 1; ; {
		switch w.peek() {
		case '[', '{', 'n':
			return false
		}
		if !w.value(key) {
			return false
		}
		w.paths, w.spans = w.paths[:paths], w.spans[:paths]
		switch w.peek() {
		case ']':
			w.at++
			return true
		case ',':
			w.at++
		default:
			return false
		}
	}
}
