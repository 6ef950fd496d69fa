package arrowlog

import (
	"bytes"
	"encoding/binary"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/stretchr/testify/require"
)

// readError returns the error of reading an Arrow table.
func readError(t *testing.T, table []byte) error {
	_, _, err := logtest.ReadFlows(logtest.WriteFile(t, "log", table), flowlog.Options{Format: "arrow"}, flow.All, 1)
	return err
}

// footerAt returns the place of the footer of a file and its root table.
func footerAt(file []byte) (at int, root fbTable) {
	end := len(file) - footerTail
	at = end - int(binary.LittleEndian.Uint32(file[end:]))
	return at, fbRoot(file[at:end])
}

// TestArrowBatchesHidden damages what leads to the batches of a file and, in the same
// way, what its footer says of them: each alone is an error, and both are.
func TestArrowBatchesHidden(t *testing.T) {
	file, _, epoch := arrowSamples(t)
	for _, whole := range [][]byte{file, epoch} {
		first := 8 + 8 + int(binary.LittleEndian.Uint32(whole[12:])) // behind the magic and the schema
		at, root := footerAt(whole)
		list := at + root.follow(root.slot(3)) // of the batches
		slot := at + root.slot(3)
		vtable := at + root.at - int(int32(binary.LittleEndian.Uint32(root.p[root.at:]))) + 4
		for name, hide := range map[string]func(bad []byte){
			"another word than the continuation": func(bad []byte) { bad[first] ^= 0x20 },
			"the end mark":                       func(bad []byte) { clear(bad[first+4 : first+8]) },
			"the end mark of old":                func(bad []byte) { clear(bad[first : first+4]) },
		} {
			for also, unlist := range map[string]func(bad []byte){
				"nothing else":          func([]byte) {},
				"no batch is listed":    func(bad []byte) { clear(bad[list : list+4]) },
				"the list is elsewhere": func(bad []byte) { clear(bad[slot : slot+4]) },
				"there is no list":      func(bad []byte) { clear(bad[vtable+6 : vtable+8]) },
				"there is no list nor schema": func(bad []byte) {
					clear(bad[vtable+2 : vtable+8])
				},
			} {
				bad := bytes.Clone(whole)
				hide(bad)
				unlist(bad)
				require.Error(t, readError(t, bad), "%s, %s", name, also)
				_, _, err := logtest.ReadFlows(logtest.WriteFile(t, "log.gz", logtest.Zip(t, bad)), flowlog.Options{Format: "arrow"}, flow.All, 1)
				require.Error(t, err, "%s, %s, compressed", name, also)
			}
		}
	}
}

// Writers may pad the footer; what is long enough to be a message is an error.
func TestArrowGapBeforeFooter(t *testing.T) {
	file, _, _ := arrowSamples(t)
	at, _ := footerAt(file)
	gap := func(n int) []byte { return append(append(bytes.Clone(file[:at]), make([]byte, n)...), file[at:]...) }
	require.NoError(t, readError(t, gap(maxPadding+3))) // the first 4 bytes are an end mark
	require.ErrorIs(t, readError(t, gap(maxPadding+4)), errEarly)
}

// A batch whose message says that it is a dictionary is not passed over.
func TestArrowBatchAsDictionary(t *testing.T) {
	stream := timesTable(t, false, 1, int64(logtest.SampleTime))
	require.NoError(t, readError(t, stream))
	first := 8 + int(binary.LittleEndian.Uint32(stream[4:]))
	meta := fbRoot(stream[first+8:])
	kind := first + 8 + meta.slot(1)
	require.EqualValues(t, batchMessage, stream[kind])
	stream[kind] = dictionaryMessage
	require.ErrorIs(t, readError(t, stream), errNoDictionary)
}

// The schema at the beginning and that of the footer are the same.
func TestArrowSchemas(t *testing.T) {
	file, _, _ := arrowSamples(t)
	for _, name := range []string{"src_bytes", "dst_port", "hostname"} {
		for _, at := range []int{bytes.Index(file, []byte(name)), bytes.LastIndex(file, []byte(name))} {
			bad := bytes.Clone(file)
			bad[at] ^= 2
			require.ErrorIs(t, readError(t, bad), errSchemas, name)
		}
	}
}

// A buffer that is not in its batch is an error, also of a column that isn't read.
func TestArrowBufferOutside(t *testing.T) {
	for _, c := range []struct {
		off, size int64
		ok        bool
	}{{0, 64, true}, {64, 0, true}, {0, 0, true}, {8, 57, false}, {-8, 8, false}, {0, -1, false}, {1 << 62, 1 << 62, false}} {
		err := outside(body{size: 64}, []int64{c.off, c.size})
		require.Equal(t, c.ok, err == nil, "%d+%d", c.off, c.size)
	}
}
