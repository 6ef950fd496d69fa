package join

import (
	"strconv"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"

	"github.com/stretchr/testify/require"
)

// counted counts the flows that it gets, and keeps the bytes of the last.
type counted struct {
	rows  int
	bytes int64
}

func (c *counted) Begin(int) {}
func (c *counted) Batch(b *flow.Batch) error {
	c.rows += b.Len()
	c.bytes = b.Bytes[b.Len()-1]
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
