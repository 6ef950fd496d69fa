package join

import (
	"errors"
	"strconv"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"

	"github.com/stretchr/testify/require"
)

// counted counts the flows that it gets, and keeps the start, the bytes and the duration
// of the last.
type counted struct {
	rows                  int
	time, bytes, duration int64
}

func (c *counted) Begin(int) {}
func (c *counted) Batch(b *flow.Batch) error {
	c.rows += b.Len()
	last := b.Len() - 1
	c.time, c.bytes, c.duration = b.Time[last], b.Bytes[last], b.Duration[last]
	return nil
}

// Connections that never end are handed on from the oldest on when there are too many
// of them, and at the end of the log; each once.
func TestJoinerIsBounded(t *testing.T) {
	var c counted
	w := flowlog.NewWorker(flowlog.Pass{Columns: flow.All, Hosts: flow.NewHosts(nil)}, &c)
	j := New()
	const more = 10_000
	key := func(n int) Key { return Key{id: strconv.Itoa(n), src: 1, dst: 2} }
	for n := range maxOpen + more {
		require.NoError(t, j.Begin(w, key(n), &flowlog.Flow{Src: 1, Dst: 2}))
		require.LessOrEqual(t, len(j.open), maxOpen)
	}
	require.NoError(t, w.Flush())
	require.Equal(t, more, c.rows)
	require.NoError(t, j.Close(w, key(maxOpen), &flowlog.Flow{Bytes: 7})) // is still open
	require.NoError(t, w.Flush())
	require.Equal(t, more+1, c.rows)
	require.EqualValues(t, 7, c.bytes)
	require.NoError(t, j.End(w))
	require.NoError(t, w.Flush())
	require.Equal(t, maxOpen+more, c.rows)
}

// A connection that stays open keeps none of those that begin and end after it.
func TestOneStaysOpen(t *testing.T) {
	var c counted
	w := flowlog.NewWorker(flowlog.Pass{Columns: flow.All, Hosts: flow.NewHosts(nil)}, &c)
	j := New()
	key := func(n int) Key { return Key{id: strconv.Itoa(n), src: 1, dst: 2} }
	begin := func(n int) { require.NoError(t, j.Begin(w, key(n), &flowlog.Flow{Src: 1, Dst: 2})) }
	begin(0)
	begin(1)
	begin(0) // as if it had ended unseen
	const many = 20 * leastClosed
	for n := 2; n < many; n++ {
		begin(n)
		require.NoError(t, j.Close(w, key(n), &flowlog.Flow{Bytes: 7}))
		require.LessOrEqual(t, len(j.queue), 2*leastClosed)
	}
	require.NoError(t, j.Close(w, key(1), &flowlog.Flow{Bytes: 8}))
	require.NoError(t, j.Close(w, key(0), &flowlog.Flow{Bytes: 9}))
	require.NoError(t, w.Flush())
	require.Equal(t, many, c.rows)
	require.EqualValues(t, 9, c.bytes)
	require.NoError(t, j.End(w))
	require.NoError(t, w.Flush())
	require.Equal(t, many+1, c.rows)
}

// Each way of joining two records makes one flow of them.
func TestJoin(t *testing.T) {
	there := flowlog.Flow{Time: 100, Src: 1, Dst: 2, SrcPort: 5000, Port: 443, Bytes: 10, Duration: 5}
	back := flowlog.Flow{Time: 103, Src: 2, Dst: 1, SrcPort: 443, Port: 5000, Bytes: 30, Duration: 9}
	later := there
	later.Bytes, later.Duration = 25, 40
	id := []byte("7")
	for _, c := range []struct {
		name                  string
		join                  func(j *Joiner, w *flowlog.Worker) error
		rows                  int
		time, bytes, duration int64
	}{
		{"a beginning and its end", func(j *Joiner, w *flowlog.Worker) error {
			return errors.Join(j.Begin(w, KeyOf(id, &there), &there), j.Close(w, KeyOf(id, &later), &later))
		}, 1, 100, 25, 40},
		{"an end seen from the other side", func(j *Joiner, w *flowlog.Worker) error {
			return errors.Join(j.Begin(w, KeyOf(id, &there), &there), j.Close(w, KeyOf(id, &back), &back))
		}, 1, 100, 30, 9},
		{"an end alone", func(j *Joiner, w *flowlog.Worker) error {
			f := later
			return j.Close(w, KeyOf(id, &f), &f)
		}, 1, 60, 25, 40},
		{"two halves", func(j *Joiner, w *flowlog.Worker) error {
			return errors.Join(j.Half(w, KeyOf(id, &there), &there), j.Half(w, KeyOf(id, &back), &back))
		}, 1, 100, 40, 12},
		{"halves of two connections", func(j *Joiner, w *flowlog.Worker) error {
			return errors.Join(j.Half(w, KeyOf(id, &there), &there), j.Half(w, KeyOf([]byte("8"), &back), &back))
		}, 2, 103, 30, 9},
		{"reports", func(j *Joiner, w *flowlog.Worker) error {
			return errors.Join(j.Report(w, KeyOf(id, &there), &there, false), j.Report(w, KeyOf(id, &later), &later, true))
		}, 1, 100, 25, 40},
		{"reports without a last one", func(j *Joiner, w *flowlog.Worker) error {
			return errors.Join(j.Report(w, KeyOf(id, &there), &there, false), j.Report(w, KeyOf(id, &later), &later, false))
		}, 1, 100, 25, 40},
		{"one that another log has", func(j *Joiner, w *flowlog.Worker) error {
			err := errors.Join(j.Begin(w, KeyOf([]byte("8"), &there), &there), j.Begin(w, KeyOf(id, &later), &later))
			for _, place := range j.ByID()["8"] {
				j.Discard(place)
			}
			return err
		}, 1, 100, 25, 40},
	} {
		var got counted
		w := flowlog.NewWorker(flowlog.Pass{Columns: flow.All, Hosts: flow.NewHosts(nil)}, &got)
		j := New()
		require.NoError(t, c.join(j, w), c.name)
		require.NoError(t, j.End(w), c.name)
		require.NoError(t, w.Flush(), c.name)
		require.Equal(t, counted{c.rows, c.time, c.bytes, c.duration}, got, c.name)
	}
}
