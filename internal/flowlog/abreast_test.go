package flowlog

import (
	"bytes"
	"compress/gzip"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/flow"
	"beacon/internal/flowlog/stored"
)

// lineFormat is a format of lines, each of which is a flow.
var lineFormat = &Format{Name: "lines", Open: func(in *Input, _ *Options) (Reader, error) {
	return ReadText(in, 0, 0, func(w *Worker, text []byte) error { return nil })
}}

// gzipped returns a packed input of a million bytes or so.
func gzipped(t *testing.T, name string) *Input {
	t.Helper()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	for i := range 200_000 {
		z.Write([]byte{byte(i), byte(i >> 5), byte(i * i >> 3), 'x', '\n'})
	}
	require.NoError(t, z.Close())
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, packed.Bytes(), 0o600))
	in := &Input{Name: name, path: path, Format: lineFormat}
	require.NoError(t, in.probe())
	in.forget(false)
	t.Cleanup(func() { in.Close() })
	return in
}

// stalled is a reader whose next part isn't unpacked yet.
type stalled struct{ Reader }

func (stalled) start()      {}
func (stalled) ready() bool { return false }

// While an input keeps the workers waiting, parts of the next ones are read. Their numbers
// follow those that the inputs before them may need.
func TestPartsOfNextInputsAreReadEarly(t *testing.T) {
	defer func(size int) { BlockSize = size }(BlockSize)
	BlockSize = 16 << 10
	inputs := []*Input{gzipped(t, "a.gz"), gzipped(t, "b.gz"), gzipped(t, "c.gz")}
	r := newReading(t.Context(), &Log{Inputs: inputs}, &Pass{Workers: 3, Hosts: flow.NewHosts(nil)}, &Options{})
	defer func() {
		require.NoError(t, r.reader.Close())
		r.closeRest()
	}()
	parts, _ := r.claim(nil)
	require.Equal(t, []int{0, 0}, []int{parts[0].number, parts[0].input})
	r.reader = stalled{r.reader}
	require.Eventually(t, func() bool { // of two that are ready the first one's
		next, ok := r.ahead.Peek(0)
		if !ok {
			return false
		}
		s, ok := streamOf(next.reader)
		return ok && s.ready()
	}, time.Minute, time.Millisecond)
	early, ok := r.early()
	require.True(t, ok)
	require.Equal(t, 1, early.input)
	require.Equal(t, int(inputs[0].Size*1032/int64(BlockSize))+1, early.number)

	r.pass.Workers = 2
	_, ok = r.early()
	require.False(t, ok, "fewer than three workers read in the order of the log")
}

// Numbers are kept for packed inputs only where they suffice.
func TestNumbersOfPartsSuffice(t *testing.T) {
	packed := func(size int64) *Input {
		c, _ := stored.CodecOf([]byte("\x1f\x8b"))
		return &Input{Size: size, layers: []stored.Codec{c}}
	}
	require.True(t, reservable([]*Input{packed(1 << 30), packed(1 << 30), {Size: math.MaxInt64}}))
	require.False(t, reservable([]*Input{packed(1 << 39), packed(1 << 39), packed(1 << 39)}))
	require.False(t, reservable([]*Input{packed(1 << 41)}))
}
