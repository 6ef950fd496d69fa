package stats

import (
	"math/bits"
	"slices"
)

// Sort sorts values in room that it grows as needed and returns.
//
// Note: by the digits of their distances from the lowest value, which takes a third of the
// time that comparing does from some hundred values on.
func Sort(values, room []int64) []int64 {
	const digit, few = 11, 256
	if len(values) < few {
		slices.Sort(values)
		return room
	}
	low, high := values[0], values[0]
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	room = slices.Grow(room[:0], len(values))[:len(values)]
	var counts [(64 + digit - 1) / digit][1 << digit]uint32
	passes := (bits.Len64(uint64(high-low)) + digit - 1) / digit
	for _, v := range values {
		for p := range passes {
			counts[p][uint64(v-low)>>(p*digit)&(1<<digit-1)]++
		}
	}
	from, to := values, room
	for p := range passes {
		at := &counts[p]
		sum := uint32(0)
		for d, n := range at {
			at[d] = sum
			sum += n
		}
		for _, v := range from {
			d := uint64(v-low) >> (p * digit) & (1<<digit - 1)
			to[at[d]] = v
			at[d]++
		}
		from, to = to, from
	}
	if passes%2 == 1 {
		copy(values, room)
	}
	return room
}
