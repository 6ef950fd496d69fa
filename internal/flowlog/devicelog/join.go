package devicelog

import (
	"beacon/internal/flowlog"
)

// joiner makes one flow of the two messages about a connection, its beginning and
// its end. It reads a log from its beginning to its end, whoever else reads.
type joiner struct {
	*reading
	open  map[connection]int // places in queue, less dropped
	queue []openFlow         // connections in the order in which they began
	done  int                // of the queue, from the front, that are closed
	shift int                // entries that were dropped from the front of the queue

	elsewhere func(j *joiner, w *flowlog.Worker) error // closes the flows that another input holds
}

// connection tells connections apart: numbers recur, and several devices may
// write one log.
type connection struct {
	id                string
	src, dst          uint32
	srcPort, destPort uint16
}

type openFlow struct {
	key    connection
	flow   flowlog.Flow
	closed bool
}

// maxOpen is how many connections are kept open at a time: what the largest model
// of the series carries would take gigabytes; past that many the oldest is a flow
// whose end is not known.
const maxOpen = 1 << 19

func newJoiner(r *reading) *joiner { return &joiner{reading: r, open: map[connection]int{}} }

// joinMessages is the reader of a log whose connections take two messages.
func (r *reading) joinMessages(in *flowlog.Input) (flowlog.Reader, error) {
	j := newJoiner(r)
	return flowlog.ReadSerially(in, bomLength(in.Head), 0, flowlog.WholeLines, j.parse, j.end)
}

func (j *joiner) parse(w *flowlog.Worker, text []byte) error {
	l := &lineReader{reading: j.reading, w: w, stamper: j.stamper}
	return flowlog.EachLine(w, text, func(line []byte) error { return j.line(l, line) })
}

func (j *joiner) line(l *lineReader, line []byte) error {
	if !j.mine(line) {
		l.w.Other()
		return nil
	}
	m := message{line, &l.stamper}
	l.values = values{}
	var f flowlog.Flow
	reason := j.read(&m, &l.values)
	if reason == "" {
		reason = l.fill(&m, &l.values, &f)
	}
	switch reason {
	case "":
	case notFlow, noAddress:
		l.w.Other()
		return nil
	default:
		return l.w.Bad(line, reason)
	}
	key := connection{string(l.values.text[vKind]), f.Src, f.Dst, f.SrcPort, f.Port}
	switch l.values.phase {
	case begun:
		return j.begin(l.w, key, &f)
	case ended:
		return j.close(l.w, key, &f)
	}
	return l.w.Add(&f)
}

// begin keeps a connection until its end.
func (j *joiner) begin(w *flowlog.Worker, key connection, f *flowlog.Flow) error {
	j.open[key] = j.shift + len(j.queue)
	j.queue = append(j.queue, openFlow{key: key, flow: *f})
	for len(j.open) > maxOpen {
		if err := j.drop(w); err != nil {
			return err
		}
	}
	return nil
}

// close hands on a connection that ended: by its beginning where that is known,
// else by how long it lasted.
func (j *joiner) close(w *flowlog.Worker, key connection, f *flowlog.Flow) error {
	o := j.find(key)
	if o == nil { // it may have been opened from the other side
		o = j.find(key.back())
	}
	if o == nil {
		f.Time -= f.Duration
		return w.Add(f)
	}
	w.Other() // two messages, one flow
	o.flow.Bytes, o.flow.SrcBytes, o.flow.Duration, o.flow.Failed = f.Bytes, f.SrcBytes, f.Duration, f.Failed
	return j.finish(w, o)
}

// merge takes one of several records of a flow: a half, which is joined with the
// record of the other direction; or one of a series whose counters go on, of which
// the last one counts.
func (j *joiner) merge(w *flowlog.Worker, v *values, f *flowlog.Flow) error {
	key := connection{string(v.text[vKind]), f.Src, f.Dst, f.SrcPort, f.Port}
	if v.phase == half {
		o := j.find(key.back())
		if o == nil {
			return j.begin(w, key, f)
		}
		w.Other()
		o.flow.Bytes += f.Bytes
		o.flow.Duration = max(o.flow.Duration, f.Time+f.Duration-o.flow.Time)
		return j.finish(w, o)
	}
	o := j.find(key)
	if o == nil {
		if v.phase == interim {
			return j.begin(w, key, f)
		}
		return w.Add(f)
	}
	w.Other()
	o.flow.Bytes, o.flow.SrcBytes = max(o.flow.Bytes, f.Bytes), max(o.flow.SrcBytes, f.SrcBytes)
	o.flow.Duration = max(o.flow.Duration, f.Time+f.Duration-o.flow.Time)
	if v.phase == interim {
		return nil
	}
	return j.finish(w, o)
}

// back is a connection seen from its other end.
func (c connection) back() connection { return connection{c.id, c.dst, c.src, c.destPort, c.srcPort} }

// find is an open connection, nil where there is none.
func (j *joiner) find(key connection) *openFlow {
	at, ok := j.open[key]
	if !ok {
		return nil
	}
	return &j.queue[at-j.shift]
}

// finish hands on a connection that is known whole.
func (j *joiner) finish(w *flowlog.Worker, o *openFlow) error {
	delete(j.open, o.key)
	o.closed = true
	flow := o.flow
	j.compact()
	return w.Add(&flow)
}

// compact forgets the closed connections at the front of the queue.
func (j *joiner) compact() {
	for j.done < len(j.queue) && j.queue[j.done].closed {
		j.done++
	}
	if j.done > len(j.queue)/2 && j.done > 1024 {
		j.queue = append(j.queue[:0], j.queue[j.done:]...)
		j.shift += j.done
		j.done = 0
	}
}

// drop hands on the oldest open connection.
func (j *joiner) drop(w *flowlog.Worker) error {
	j.compact()
	o := &j.queue[j.done]
	o.closed = true
	if j.open[o.key] == j.shift+j.done {
		delete(j.open, o.key)
	}
	flow := o.flow
	return w.Add(&flow)
}

// end hands on the connections that are open at the end of the log.
func (j *joiner) end(w *flowlog.Worker) error {
	if j.elsewhere != nil {
		if err := j.elsewhere(j, w); err != nil {
			return err
		}
	}
	for i := range j.queue {
		if o := &j.queue[i]; !o.closed {
			if err := w.Add(&o.flow); err != nil {
				return err
			}
		}
	}
	j.queue, j.open = nil, nil
	return nil
}
