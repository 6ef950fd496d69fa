package arrowlog

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNoNames reads empty texts up to the first that isn't, from any place on.
func TestNoNames(t *testing.T) {
	texts := []string{"", "", "a.example", "", "", "", "b.example"}
	v := &vector{field: &field{kind: kindUtf8}, n: len(texts), offsets: make([]byte, 4)}
	for _, text := range texts {
		v.text = append(v.text, text...)
		v.offsets = binary.LittleEndian.AppendUint32(v.offsets, uint32(len(v.text)))
	}
	for lo := range texts {
		for n := range len(texts) - lo + 1 {
			want := 0
			for want < n && texts[lo+want] == "" {
				want++
			}
			out := make([]uint32, n)
			for i := range out {
				out[i] = 7 // of the batch before
			}
			require.Equal(t, want, noNames(v, lo, out))
			require.Equal(t, make([]uint32, want), out[:want])
		}
	}
	require.Zero(t, noNames(&vector{field: &field{kind: kindLargeUtf8}}, 0, make([]uint32, 1)))
}
