package watch

import (
	"bytes"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/stored"
)

// adoptText is how much of a log is searched for its first flow, in bytes. A log is followed
// once it has one: until then it may be no more than names of columns, which many have.
const adoptText = 1 << 20

// adopt returns the source that a file belongs to: one that is known by its beginning, or a
// new one. It returns nil where that can't be told yet, with wait if it may be when the file
// is whole, and where the file is no log.
func (w *Watcher) adopt(m *file, f found, in *flowlog.Input, before *source, gated, settled bool) (s *source, wait bool, err error) {
	s, maybe := w.known(in.Head, before)
	switch {
	case s != nil:
		return s, false, nil
	case maybe && !settled:
		return nil, true, nil
	case f.old:
		m.refused = true
		return nil, false, nil
	case binary(in.Head):
		return w.adoptWhole(m, f, in, before)
	}
	text, err := beginningText(in, gated)
	if err != nil || len(text) == 0 {
		return nil, !settled, err
	}
	header, flows, err := w.recognise(text)
	if err != nil {
		if settled || len(text) >= adoptText {
			return nil, false, w.refuse(m, f, err)
		}
		return nil, true, nil
	}
	if !flows && len(text) < adoptText {
		return nil, !settled, nil
	}
	return w.newSource(f.path, header), false, nil
}

// known returns the source with the beginning of a log, the newest of several, other than
// one. maybe says that there is one whose beginning goes on beyond what there is of the log.
func (w *Watcher) known(head []byte, except *source) (s *source, maybe bool) {
	whole := binary(head)
	for i := len(w.st.Sources) - 1; i >= 0; i-- {
		s := w.st.Sources[i]
		if s.Whole != whole || s == except {
			continue
		}
		switch s.Begin.compare(head) {
		case same:
			return s, false
		case undecided:
			maybe = true
		}
	}
	return nil, maybe
}

func (w *Watcher) newSource(name string, header []byte) *source {
	s := &source{ID: w.st.Next, Name: name, Header: header}
	w.st.Next++
	w.st.Sources = append(w.st.Sources, s)
	return s
}

// adoptWhole copies a binary file. It takes the place of the one that lay at its path.
func (w *Watcher) adoptWhole(m *file, f found, in *flowlog.Input, before *source) (*source, bool, error) {
	log, err := flowlog.Open([]string{f.path}, nil, w.reading())
	if err != nil {
		return nil, false, w.refuse(m, f, err)
	}
	log.Close()
	s := w.newSource(f.path, nil)
	s.Whole, s.Begin = true, beginningOf(in.Head)
	if err := w.takeWhole(s, f.path, in.Size); err != nil {
		w.drop(s)
		w.st.forget(s)
		return nil, true, err
	}
	for _, o := range w.st.Sources {
		if o.Whole && o != s && (o == before || o.Name == s.Name) {
			w.drop(o)
		}
	}
	return s, false, nil
}

// beginningText returns the first whole lines of a text, all of one that is whole.
func beginningText(in *flowlog.Input, whole bool) ([]byte, error) {
	r, err := in.Stream()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	text := make([]byte, adoptText)
	n, err := stored.ReadFull(r, text)
	text = text[:n]
	if whole && err != nil { // the end, or damage, which the reading tells
		return text, nil
	}
	return text[:bytes.LastIndexByte(text, '\n')+1], nil
}

// recognise looks whether a text is the beginning of a log that can be read. It returns the
// lines of names of columns that it begins with, and whether it holds a flow.
func (w *Watcher) recognise(text []byte) (header []byte, flows bool, err error) {
	log, err := flowlog.Open([]string{stdinName}, bytes.NewReader(text), w.reading())
	if err != nil {
		return nil, false, err
	}
	defer log.Close()
	sink := &counter{}
	tap := &flowlog.LineTap{Picked: func() int64 { return sink.flows }, Line: func(_, _ []byte) error { return nil }}
	report, err := log.Read(w.ctx, flowlog.Pass{Workers: 1, Hosts: flow.NewHosts(nil), Sink: func() flowlog.Sink { return sink }, Tap: tap, Limit: 1, Last: true})
	if err != nil {
		return nil, false, err
	}
	if log.Inputs[0].Wrapping() == "" {
		header = bytes.Clone(tap.LastHeader())
	}
	return header, report.Rows() > 0, nil
}

// headerOf returns the lines of names of columns that a log begins with.
func (w *Watcher) headerOf(in *flowlog.Input, whole bool) ([]byte, error) {
	text, err := beginningText(in, whole)
	if err != nil {
		return nil, err
	}
	header, _, err := w.recognise(text)
	return header, err
}

// counter is a sink that counts flows.
type counter struct{ flows int64 }

func (*counter) Begin(int) {}

func (c *counter) Batch(b *flow.Batch) error {
	c.flows += int64(b.Len())
	return nil
}
