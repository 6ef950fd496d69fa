package jsonlog

import "bytes"

// form is how a record is written: the places in the head of what stands between its values,
// before the first and behind the last. A record that has the same texts there, and values
// of the same kinds, has the same keys.
type form struct {
	shape   *shape
	between []span
}

// sampleForms is how many forms a record is compared with: a log's records leave out now one
// key, now another.
const sampleForms = 4

var emptyArray = []byte("[]") // a value

// again takes a record that is written like one before. It returns the place behind it, -1
// for another record.
func (w *sampler) again(start int) (end int) {
	s := w.sample
	for i := range w.forms {
		f := w.forms[i]
		from := len(s.texts)
		if end := w.follow(&f, start); end > 0 {
			copy(w.forms[1:i+1], w.forms[:i])
			w.forms[0], w.shape = f, f.shape
			s.records = append(s.records, sampled{f.shape, from})
			return end
		}
		s.texts = s.texts[:from]
	}
	return -1
}

// follow takes the values of a record of a form. It returns the place behind the record, -1
// where it isn't of the form.
func (w *sampler) follow(f *form, at int) (end int) {
	text := w.text
	last := len(f.between) - 1
	for i, b := range f.between {
		literal := text[b.from:b.to]
		if !bytes.HasPrefix(text[at:], literal) {
			return -1
		}
		at += len(literal)
		if i == last {
			break
		}
		from := at
		if literal[len(literal)-1] == '"' {
			to, escaped := stringEnd(text, at, len(text))
			if to < 0 || escaped {
				return -1
			}
			at = to
		} else {
			n := scalarSize(text[at:])
			if n == 0 && bytes.HasPrefix(text[at:], emptyArray) {
				n = len(emptyArray)
			}
			if n == 0 {
				return -1
			}
			at += n
		}
		w.texts = append(w.texts, span{uint32(from), uint32(at)})
	}
	return at
}

// learn keeps the form of the record from start up to w.at, which was just taken apart and
// was written plainly.
func (w *sampler) learn(start int) {
	f := form{shape: w.shape}
	if len(w.forms) < sampleForms {
		w.forms = append(w.forms, form{})
	} else {
		f.between = w.forms[sampleForms-1].between[:0]
	}
	from := uint32(start)
	for _, s := range w.spans {
		f.between = append(f.between, span{from, s.from})
		from = s.to
	}
	f.between = append(f.between, span{from, uint32(w.at)})
	copy(w.forms[1:], w.forms)
	w.forms[0] = f
}
