package addr

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// fieldsSeen is what Fields found in lines.
type fieldsSeen struct {
	At     []int
	Keys   []Key
	IDs    []uint32
	Places []int // of the texts that aren't in the cache
}

func readFields(read func([]byte, byte, []int, []int, []Key, []uint32, []int) int, text []byte, stop byte, at, ends []int) fieldsSeen {
	n := len(at)
	seen := fieldsSeen{append([]int{}, at...), make([]Key, n), make([]uint32, n), make([]int, n)}
	seen.Places = seen.Places[:read(text, stop, seen.At, ends, seen.Keys, seen.IDs, seen.Places)]
	return seen
}

// fieldsOracle is Fields, one byte after the other.
func fieldsOracle(c *Cache, text []byte, stop byte, at, ends []int) fieldsSeen {
	seen := fieldsSeen{[]int{}, []Key{}, []uint32{}, []int{}}
	for i, p := range at {
		n := bytes.IndexByte(text[p:p+16], stop)
		key := Key{}
		if n < 0 {
			n = 16
		} else {
			key = KeyOf(text[p : p+n])
		}
		if n == 0 || p+n >= ends[i] {
			n = 16
		}
		key.Hi = key.Hi<<8>>8 | uint64(n)<<56
		id, ok := c.Hit(key)
		if !ok {
			seen.Places = append(seen.Places, i)
		}
		seen.IDs = append(seen.IDs, id)
		seen.At, seen.Keys = append(seen.At, p+n+1), append(seen.Keys, key)
	}
	return seen
}

// checkFields compares both ways with the oracle on a field of each line of a text that
// begins after skip bytes. The cache has every third text.
func checkFields(t *testing.T, text []byte, stop byte, skip int) {
	var at, ends []int
	c := new(Cache)
	for start, i := 0, 0; start < len(text); i++ {
		end := len(text) + 1
		if nl := bytes.IndexByte(text[start:], '\n'); nl >= 0 {
			end = start + nl + 1
		}
		p := min(start+skip, end-1)
		if at, ends = append(at, p), append(ends, end); i%3 == 0 {
			if field, _, _ := bytes.Cut(text[min(p, len(text)):], []byte{stop}); len(field) < 16 {
				c.Keep(KeyOf(field), uint32(i+1))
			}
		}
		start = end
	}
	text = append(bytes.Clone(text), bytes.Repeat([]byte{'\n', stop, 'x'}, 8)...)
	want := fieldsOracle(c, text, stop, at, ends)
	require.Equal(t, want, readFields(c.fieldsPlain, text, stop, at, ends), "plain, %q", text)
	require.Equal(t, want, readFields(c.Fields, text, stop, at, ends), "Fields, %q", text)
}

// Texts of all lengths behind each other, with what could be taken for their end.
func TestFields(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var text []byte
		for range r.IntN(40) {
			line := make([]byte, r.IntN(24))
			for i := range line {
				line[i] = "0123456789.,:\xac\x00"[r.IntN(15)]
			}
			text = append(append(text, line...), '\n')
		}
		checkFields(t, text, ',', r.IntN(4))
	}
	require.Zero(t, new(Cache).Fields(nil, ',', nil, nil, nil, nil, nil))
}

// A place outside the text is a panic, and no memory is read.
func TestFieldsOutside(t *testing.T) {
	text := bytes.Repeat([]byte("1.2.3.4,"), 10)
	for _, p := range []int{-1, len(text) - 15, len(text), 1 << 40, -1 << 63} {
		at, ends := []int{0, p, 8}, []int{80, 80, 80}
		c := new(Cache)
		require.Panics(t, func() { readFields(c.Fields, text, ',', at, ends) })
		require.Panics(t, func() { readFields(c.fieldsPlain, text, ',', at, ends) })
	}
}

// What the assembly knows of the cache.
func TestCacheLayout(t *testing.T) {
	var c Cache
	require.EqualValues(t, 32, unsafe.Sizeof(c.slots[0]))
	require.EqualValues(t, 16, unsafe.Offsetof(c.slots[0].id))
	require.EqualValues(t, 32<<cacheBits, unsafe.Sizeof(c))
}

func FuzzFields(f *testing.F) {
	f.Add([]byte("10.0.0.1,x\n192.168.100.100,y\n2001:db8::5,z\n,\nlonger than an address,"), byte(','), 0)
	f.Add([]byte("t\t10.0.0.1\t\nt\t1.1.1.1"), byte('\t'), 2)
	f.Fuzz(func(t *testing.T, text []byte, stop byte, skip int) {
		if skip >= 0 {
			checkFields(t, text, stop, skip%64)
		}
	})
}
