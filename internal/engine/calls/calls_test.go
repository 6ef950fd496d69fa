package calls

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/connection"
)

// odd returns a call with small, large and extreme values, at a whole number of units.
func odd(r *rand.Rand, unit int64) (c Call) {
	wild := func() uint64 { return r.Uint64() >> r.IntN(64) * uint64(r.IntN(2)) }
	begin, sign := int64(wild()), 1-2*r.Int64N(2)
	c.Begin(sign*begin*unit, uint32(wild()), uint32(wild()))
	c.Place(wild()>>1, r.IntN(2) == 0)
	c.SetBytes(int64(wild()), int64(wild()))
	c.SetKind(uint16(wild()), uint16(wild()), uint8(wild()), int64(wild()))
	return c
}

// What is packed is unpacked as it was.
func TestPack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 3000 {
		var page []byte
		var want, got []Call
		var last Call
		page = make([]byte, 0, pageHead+3*chunkMost)
		for range 1 + r.IntN(3) {
			list := make([]Call, 1+r.IntN(chunkCalls))
			unit := 1 + (timeUnit-1)*r.Int64N(2)
			like := odd(r, unit)
			for i := range list {
				if list[i] = like; r.IntN(4) == 0 {
					list[i] = odd(r, unit)
				}
			}
			page, want = pack(page, slices.Insert(slices.Clone(list), 0, last)), append(want, list...)
			last = list[len(list)-1]
			require.LessOrEqual(t, len(page)+overrun, cap(page))
		}
		for block := range (Packed{page[:len(page)+overrun]}).Blocks() {
			got = append(got, block...)
		}
		require.Equal(t, want, got)
	}
}

// A call of a text log of ordinary size takes less than 20 bytes.
func TestPackedSize(t *testing.T) {
	const all, rows = 10_000, 600 // rows of the log between two calls of a partition
	r := rand.New(rand.NewPCG(1, 1))
	s := NewStore(1, 1<<30)
	f := s.NewFiller()
	row := uint64(0)
	for range all {
		c, err := f.Next(0)
		require.NoError(t, err)
		row += 1 + r.Uint64N(2*rows)
		const block = 14_000 // rows of a part
		c.Begin(1_592_697_600_000_000_000+int64(row)*18_000_000+1000*r.Int64N(1000), 100+r.Uint32N(2)*300, r.Uint32N(200_000))
		c.Place(row/block<<32|row%block, false)
		c.SetBytes(r.Int64N(1<<(6+r.Int64N(14))), 0)
		c.SetKind(443, uint16(r.Uint32()), 6, 0)
	}
	require.NoError(t, f.Finish())
	require.Less(t, s.held, int64(20*all))
}

func TestCall(t *testing.T) {
	var c Call
	c.Begin(-1, 0x98765432, 0xabcdef01)
	require.Equal(t, []any{int64(-1), uint32(0x98765432), uint32(0xabcdef01)}, []any{c.Time(), c.Source(), c.Destination()})
	c.Place(0x7bcdef0198765432, false)
	require.Equal(t, uint64(0x7bcdef0198765432), c.Position())
	c.Place(1<<60, true)
	c.SetBytes(1<<40, 7)
	c.SetKind(443, 50000, 6, 1<<62)
	require.Equal(t, uint64(1<<60), c.Position())
	require.Equal(t, int64(1), c.Failed())
	require.Equal(t, int64(math.MaxUint32), c.Bytes(), "4 GiB and more count as that")
	require.Equal(t, []any{int64(7), uint16(443), uint16(50000), uint8(6), true}, []any{c.SourceBytes(), c.Port(), c.SourcePort(), c.Proto(), c.Lasted()})
	require.Equal(t, connection.MostUnits*connection.Unit, c.Record().Duration, "the longest duration stands for more")
	c.AddBytes(&c)
	require.Equal(t, []int64{math.MaxUint32, 14}, []int64{c.Bytes(), c.SourceBytes()})
	c.SetKind(1, 2, 3, -5)
	require.False(t, c.Lasted())
}

// A store holds no more in memory than it may, gives every call back in the order of its
// filler, and leaves no file behind.
func TestStoreKeepsToItsBudget(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	const all = 100_000
	for _, budget := range []int64{0, pageBytes, 20 * pageBytes, 1 << 30} {
		r := rand.New(rand.NewPCG(uint64(budget), 1))
		s := NewStore(7, budget)
		var want [2][7][]int64
		fillers := []Filler{s.NewFiller(), s.NewFiller()}
		for i := range int64(all) {
			k, f := r.IntN(7)*r.IntN(2), r.IntN(2) // the first partition has half of all
			c, err := fillers[f].Next(k)
			require.NoError(t, err)
			*c = Call{}
			c.Begin(i, 0, 0)
			c.Place(uint64(i)<<32, false)
			want[f][k] = append(want[f][k], i)
			require.LessOrEqual(t, s.held, budget)
		}
		for f := range fillers {
			require.NoError(t, fillers[f].Finish())
		}
		require.NoError(t, s.Settle())
		require.Equal(t, budget < 1<<20, s.held == 0, "all or nothing stays in memory")
		total := 0
		for k := range s.Partitions() {
			packed, _, err := s.Load(k, nil)
			require.NoError(t, err)
			var loaded, each []int64
			for block := range packed.Blocks() {
				for i := range block {
					loaded = append(loaded, block[i].Time())
				}
			}
			require.NoError(t, s.Each(k, func(block []Call) error {
				for i := range block {
					each = append(each, block[i].Time())
				}
				return nil
			}))
			list := append(want[0][k], want[1][k]...)
			require.Equal(t, list, loaded)
			require.Equal(t, list, each)
			require.Len(t, list, s.Len(k))
			total += s.Len(k)
		}
		require.Equal(t, all, total)
		s.Forget(0)
		require.Zero(t, s.Len(0))
		s.Close()
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left)
	}
}
