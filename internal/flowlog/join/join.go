// Package join makes one flow of the several records that a log has of a connection:
// its beginning and its end, a record for each direction, or reports while it lasts.
package join

import "beacon/internal/flowlog"

// Joiner keeps the connections that are open and hands each on as one flow. It reads a
// log from its beginning to its end, by one worker at a time.
type Joiner struct {
	open   map[Key]int // places in queue
	queue  []openFlow  // connections in the order in which they began
	done   int         // of the queue, from the front, that are closed
	closed int         // of the queue, wherever they are
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
	j.open[key] = len(j.queue)
	j.queue = append(j.queue, openFlow{key: key, flow: *f})
	for len(j.queue)-j.closed > maxOpen {
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
	w.Other()            // two messages, one flow
	if f.Duration == 0 { // the message of the end may not say it
		f.Duration = max(0, f.Time-o.flow.Time)
	}
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
	return &j.queue[at]
}

// finish hands on a connection that is known whole.
func (j *Joiner) finish(w *flowlog.Worker, o *openFlow) error {
	delete(j.open, o.key)
	flow := o.flow
	j.close(o)
	return w.Add(&flow)
}

// close counts a connection as closed. Where most are, the queue forgets them: one that stays
// open keeps none of those that began after it.
func (j *Joiner) close(o *openFlow) {
	o.closed = true
	j.closed++
	if j.closed <= leastClosed || j.closed <= len(j.queue)/2 {
		return
	}
	kept := j.queue[:0]
	for at, o := range j.queue {
		if o.closed {
			continue
		}
		if place, ok := j.open[o.key]; ok && place == at { // otherwise another one began under its key
			j.open[o.key] = len(kept)
		}
		kept = append(kept, o)
	}
	clear(j.queue[len(kept):])
	j.queue, j.done, j.closed = kept, 0, 0
}

// leastClosed is how many closed connections the queue may hold in any case.
const leastClosed = 1 << 10

// drop hands on the oldest open connection.
func (j *Joiner) drop(w *flowlog.Worker) error {
	for j.queue[j.done].closed {
		j.done++
	}
	o := &j.queue[j.done]
	if j.open[o.key] == j.done {
		delete(j.open, o.key)
	}
	flow := o.flow
	j.close(o)
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
