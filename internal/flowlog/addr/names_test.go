package addr

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// A key is the text and its kind and nothing of what stands behind the text, and tells all
// texts apart.
func TestNameKey(t *testing.T) {
	name := []byte("www.a-name-that-fills-the-key.example.org")
	seen := map[NameKey]bool{}
	for n := 1; n <= longest; n++ {
		for kind := range uint8(4) {
			room := append(bytes.Clone(name[:n]), bytes.Repeat([]byte("\xff"), 60)...)
			key := NameKeyOf(room[:n], kind)
			require.Equal(t, NameKeyOf(name[:n:n], kind), key, "%d bytes", n)
			zero := NameKeyOf(append(bytes.Clone(name[:n-1]), 0), kind)
			require.False(t, seen[key] || seen[zero], "%d bytes", n)
			seen[key], seen[zero] = true, true
		}
	}
	require.Equal(t, NameKey{}, NameKeyOf(nil, 1))
	require.Equal(t, NameKey{}, NameKeyOf(name[:longest+1], 1))
}

// The cache returns what was kept last in a slot, and nothing for another text of the slot
// or for the zero key.
func TestNameCache(t *testing.T) {
	c := new(NameCache)
	kept := map[NameKey]uint32{}
	for i := range uint32(3 << nameCacheBits) {
		key := NameKeyOf([]byte{'n', byte(i), byte(i >> 8), byte(i >> 16)}, 0)
		_, ok := c.Get(&key)
		require.False(t, ok)
		c.Keep(&key, i)
		kept[key] = i
	}
	found := 0
	for key, id := range kept {
		if got, ok := c.Get(&key); ok {
			require.Equal(t, id, got)
			found++
		}
	}
	require.Greater(t, found, len(c.entries)*8/10)
	c.Keep(new(NameKey), 7)
	_, ok := c.Get(new(NameKey))
	require.False(t, ok)
}
