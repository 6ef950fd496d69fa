package arrowlog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"
	"beacon/internal/flowlog/stored"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/stretchr/testify/require"
)

// object is a store of one object, in memory.
type object struct {
	*bytes.Reader
	data []byte
	lost int64 // place that can't be read, 0 for none

	mu       sync.Mutex
	requests int
	sent     int64
}

var errLost = errors.New("lost")

func (o *object) Names(arg string) bool { return arg == "store" }

func (o *object) Find(string, stored.Wanted) (stored.Found, error) {
	return stored.Found{Objects: []stored.NamedObject{{URL: "store", Object: o}}}, nil
}

func (o *object) Head() ([]byte, error) { return o.data[:min(len(o.data), stored.HeadSize)], nil }

func (o *object) Range(from, to int64) io.ReadCloser {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.requests++
	o.sent += to - from
	r := io.Reader(io.NewSectionReader(o.Reader, from, to-from))
	if o.lost > 0 && from <= o.lost && o.lost < to {
		r = io.MultiReader(io.LimitReader(r, o.lost-from), errorReader{})
	}
	return io.NopCloser(r)
}

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, errLost }

func readObject(data []byte, opt flowlog.Options, columns flow.Column, lost int64) (*object, string, error) {
	o := &object{Reader: bytes.NewReader(data), data: data, lost: lost}
	opt.Store = o
	flows, _, err := logtest.ReadFlows("store", opt, columns, 3)
	return o, flows, err
}

// A file in a store whose footer is lost is read as a stream until it ends.
func TestCutInAStore(t *testing.T) {
	few, hosts := someFlows(10)
	file := written(t, "arrow", 2000, few, hosts)
	o, _, err := readObject(file[:len(file)*9/10], flowlog.Options{}, flow.Base, 0)
	require.ErrorIs(t, err, errCut)
	require.Less(t, o.requests, 10)
}

// A file in a store is read by few requests of what is wanted, and gives what it gives on a disk,
// damaged files too.
func TestArrowInAStore(t *testing.T) {
	texts := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	large, largeHosts := someFlows(flow.BatchRows)
	flows, hosts := someFlows(1800)
	few, fewHosts := someFlows(100)
	for name, file := range map[string][]byte{
		"large batches": written(t, "arrow", 2, large, largeHosts),
		"many batches":  written(t, "arrow", 130, flows, hosts), // more than the metadata of which is kept
		"small batches": written(t, "arrow", 100, few, fewHosts),
		"dictionaries": arrowTable(t, true, []arrow.Field{{Name: "host", Type: texts}, {Name: "ts", Type: arrow.BinaryTypes.String}, {Name: "unwanted", Type: arrow.BinaryTypes.String},
			{Name: "net", Type: arrow.StructOf(arrow.Field{Name: "src", Type: texts}, arrow.Field{Name: "dst", Type: arrow.BinaryTypes.String})}}, func(r *array.RecordBuilder) {
			for i := range 10_000 {
				require.NoError(t, r.Field(0).(*array.BinaryDictionaryBuilder).AppendString(fmt.Sprint(i)))
				r.Field(1).(*array.StringBuilder).Append(fmt.Sprintf("2024-06-15 %02d:%02d:00", i/500, i%60))
				r.Field(2).(*array.StringBuilder).Append(strings.Repeat("x", 100))
				net := r.Field(3).(*array.StructBuilder)
				net.Append(true)
				require.NoError(t, net.FieldBuilder(0).(*array.BinaryDictionaryBuilder).AppendString(fmt.Sprintf("10.0.%d.%d", i%7, i%200)))
				net.FieldBuilder(1).(*array.StringBuilder).Append(fmt.Sprintf("192.0.2.%d", i%250))
			}
		}),
	} {
		path := logtest.WriteFile(t, "log", file)
		for _, columns := range []flow.Column{flow.Base, flow.All} {
			want, _, err := logtest.ReadFlows(path, flowlog.Options{}, columns, 3)
			require.NoError(t, err, name)
			o, got, err := readObject(file, flowlog.Options{}, columns, 0)
			require.NoError(t, err, name)
			require.True(t, want == got, name)
			t.Logf("%s: %d requests, %d of %d bytes", name, o.requests, o.sent, len(file))
			if name == "dictionaries" || name == "large batches" && columns == flow.Base {
				require.Less(t, o.sent, int64(len(file))*3/4, name)
			}
			require.LessOrEqual(t, o.requests, 300, name)
		}
		if name == "many batches" {
			continue // the others are read faster
		}
		r := rand.New(rand.NewPCG(1, 1))
		for range 5 {
			bad := bytes.Clone(file)
			at := r.IntN(len(file))
			if near := r.IntN(3); near > 0 { // the footer, or the metadata of the first messages
				at = []int{0, r.IntN(2000), len(file) - 1 - r.IntN(2000)}[near]
			}
			if bad[at] ^= 0x41; r.IntN(4) == 0 {
				bad = bad[:at+1]
			}
			want, _, wrong := logtest.ReadFlows(logtest.WriteFile(t, "bad", bad), flowlog.Options{Format: "arrow"}, flow.All, 3)
			_, got, err := readObject(bad, flowlog.Options{Format: "arrow"}, flow.All, 0)
			require.Equal(t, wrong == nil, err == nil, "%s, byte %d: %v, %v", name, at, wrong, err)
			if wrong == nil {
				require.True(t, want == got, "%s, byte %d", name, at)
			}
			_, _, err = readObject(file, flowlog.Options{}, flow.All, int64(stored.HeadSize+r.IntN(len(file)-stored.HeadSize)))
			if err != nil { // nothing is amiss where nobody reads
				require.ErrorIs(t, err, errLost, name)
			} else {
				require.Equal(t, "dictionaries", name)
			}
		}
	}
}
