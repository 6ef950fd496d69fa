// Package join makes one flow of the several records that a log has of a connection:
// its beginning and its end, a record for each direction, or reports while it lasts.
package join

import "beacon/internal/flowlog"

// Joiner keeps the connections that are open and hands each on as one flow. It reads a
// log from its beginning to its end, by one worker at a time.
type Joiner struct {
	open  map[Key]int // places in queue, plus shift
	queue []openFlow  // connections in the order in which they began
	done  int         // of the queue, from the front, that are closed
	shift int         // entries that were dropped from the front of the queue
}

// Key tells connections apart: numbers recur, and several devices may write one log.
type Key struct {
	id            string
	src, dst      uint32
	srcPort, port uint16
}

// KeyOf returns the key of the connection that a flow is of, by the log's own number for
// it, which may be empty, and its ends.
func KeyOf(id []byte, f *flowlog.Flow) Key {
	return Key{string(id), f.Src, f.Dst, f.SrcPort, f.Port}
}

// back returns a connection seen from its other end.
func (k Key) back() Key { return Key{k.id, k.dst, k.src, k.port, k.srcPort} }

type openFlow struct {
	key    Key
	flow   flowlog.Flow
	closed bool
}

// maxOpen is how many connections are kept open at a time: what the largest model
// of a firewall series carries would take gigabytes; past that many the oldest is a flow
// whose end is not known.
const maxOpen = 1 << 19

// New returns a joiner without open connections.
func New() *Joiner { return &Joiner{open: map[Key]int{}} }

// Begin keeps a connection until its end.
func (j *Joiner) Begin(w *flowlog.Worker, key Key, f *flowlog.Flow) error {
	j.open[key] = j.shift + len(j.queue)
	j.queue = append(j.queue, openFlow{key: key, flow: *f})
	for len(j.open) > maxOpen {
		if err := j.drop(w); err != nil {
			return err
		}
	}
	return nil
}

// Close hands on a connection that ended: by its beginning where that is known,
// else by how long it lasted.
func (j *Joiner) Close(w *flowlog.Worker, key Key, f *flowlog.Flow) error {
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

// Half takes the record of one direction, and joins it with that of the other.
func (j *Joiner) Half(w *flowlog.Worker, key Key, f *flowlog.Flow) error {
	o := j.find(key.back())
	if o == nil {
		return j.Begin(w, key, f)
	}
	w.Other()
	o.flow.Bytes += f.Bytes
	o.extend(f)
	return j.finish(w, o)
}

// Report takes one of a series of records whose counters go on: the last one counts.
func (j *Joiner) Report(w *flowlog.Worker, key Key, f *flowlog.Flow, last bool) error {
	o := j.find(key)
	switch {
	case o == nil && last:
		return w.Add(f)
	case o == nil:
		return j.Begin(w, key, f)
	}
	w.Other()
	o.flow.Bytes, o.flow.SrcBytes = max(o.flow.Bytes, f.Bytes), max(o.flow.SrcBytes, f.SrcBytes)
	o.extend(f)
	if !last {
		return nil
	}
	return j.finish(w, o)
}

// extend makes a flow last until the end of another.
func (o *openFlow) extend(f *flowlog.Flow) {
	o.flow.Duration = max(o.flow.Duration, f.Time+f.Duration-o.flow.Time)
}

// find returns an open connection, nil where there is none.
func (j *Joiner) find(key Key) *openFlow {
	at, ok := j.open[key]
	if !ok {
		return nil
	}
	return &j.queue[at-j.shift]
}

// finish hands on a connection that is known whole.
func (j *Joiner) finish(w *flowlog.Worker, o *openFlow) error {
	delete(j.open, o.key)
	o.closed = true
	flow := o.flow
	j.compact()
	return w.Add(&flow)
}

// compact forgets the closed connections at the front of the queue.
func (j *Joiner) compact() {
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
func (j *Joiner) drop(w *flowlog.Worker) error {
	j.compact()
	o := &j.queue[j.done]
	o.closed = true
	if j.open[o.key] == j.shift+j.done {
		delete(j.open, o.key)
	}
	flow := o.flow
	return w.Add(&flow)
}

// ByID returns the places of the open connections by the log's own numbers for them.
// They hold until the next record.
func (j *Joiner) ByID() map[string][]int {
	places := map[string][]int{}
	for i := range j.queue {
		if o := &j.queue[i]; !o.closed {
			places[o.key.id] = append(places[o.key.id], i)
		}
	}
	return places
}

// Discard leaves out the open connection at a place that ByID returned: another log has
// it. It is called at the end of a log only.
func (j *Joiner) Discard(place int) { j.queue[place].closed = true }

// End hands on the connections that are open at the end of the log.
func (j *Joiner) End(w *flowlog.Worker) error {
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
