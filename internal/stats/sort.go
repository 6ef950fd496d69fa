package stats

import (
	"math/bits"
	"slices"
	"sync"
)

const (
	sortDigit = 11  // bits of a digit
	sortLeast = 256 // fewest values that are sorted by digits
)

// Sort sorts values. It may be called from many goroutines.
//
// Note: by the digits of their distances from the lowest value, which takes a third of the
// time that comparing does from some hundred values on.
func Sort(values []int64) {
	const digit = sortDigit
	if len(values) < sortLeast {
		slices.Sort(values)
		return
	}
	low, high, differ := values[0], values[0], int64(0)
	for _, v := range values {
		low, high, differ = min(low, v), max(high, v), differ|(v^values[0])
	}
	skip := bits.TrailingZeros64(uint64(differ)) // low bits that all have alike: they are 0 in the distances
	mem := sortRooms.Get().(*sortRoom)
	defer sortRooms.Put(mem)
	mem.values = slices.Grow(mem.values[:0], len(values))[:len(values)]
	counts := &mem.counts
	passes := (max(0, bits.Len64(uint64(high-low))-skip) + digit - 1) / digit
	clear(counts[:passes])
	for _, v := range values {
		for p := range passes {
			counts[p][uint64(v-low)>>(skip+p*digit)&(1<<digit-1)]++
		}
	}
	from, to := values, mem.values
	for p := range passes {
		at := &counts[p]
		sum := uint32(0)
		for d, n := range at {
			at[d] = sum
			sum += n
		}
		for _, v := range from {
			d := uint64(v-low) >> (skip + p*digit) & (1<<digit - 1)
			to[at[d]] = v
			at[d]++
		}
		from, to = to, from
	}
	if passes%2 == 1 {
		copy(values, mem.values)
	}
}

// sortRoom is the memory of a call of Sort, which is used again by later ones.
type sortRoom struct {
	values []int64
	counts [(64 + sortDigit - 1) / sortDigit][1 << sortDigit]uint32
}

var sortRooms = sync.Pool{New: func() any { return new(sortRoom) }}
