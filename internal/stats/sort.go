package stats

import (
	"math"
	"math/bits"
	"slices"
	"sync"
)

const (
	sortDigit = 11  // bits of a digit
	sortLeast = 256 // fewest values that are sorted by digits
	sortRuns  = 8   // most ascending runs that are merged
)

// Sort sorts values. It may be called from many goroutines.
//
// Note: from some hundred values on, sorting by the digits of the distances from the lowest
// value takes a third of the time of sorting by comparison, and merging a few ascending runs
// takes a third of that. Buckets of one width in logarithms, for waits, took a quarter off
// sorting these and a hundredth off judging the pairs of an office: they weren't kept.
func Sort(values []int64) {
	if len(values) < sortLeast {
		slices.Sort(values)
		return
	}
	mem := sortRooms.Get().(*sortRoom)
	defer sortRooms.Put(mem)
	mem.values = slices.Grow(mem.values[:0], len(values))[:len(values)]
	if !mem.mergeRuns(values) {
		mem.sortDigits(values)
	}
}

// sortDigits sorts values by their digits.
func (mem *sortRoom) sortDigits(values []int64) {
	const digit = sortDigit
	low, high, differ := values[0], values[0], int64(0)
	for _, v := range values {
		low, high, differ = min(low, v), max(high, v), differ|(v^values[0])
	}
	skip := bits.TrailingZeros64(uint64(differ)) // low bits that all have alike: they are 0 in the distances
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

// mergeRuns sorts values that are a few ascending runs, one behind the other. It returns
// false, and has done nothing, if they are more, or too far apart to be subtracted.
func (mem *sortRoom) mergeRuns(values []int64) bool {
	var ends [sortRuns]int
	n := 0
	low, high := values[0], values[0]
	for i := 1; i <= len(values); i++ {
		if i < len(values) && values[i-1] <= values[i] {
			continue
		}
		if n == sortRuns {
			return false
		}
		ends[n] = i
		n++
		high = max(high, values[i-1])
		if i < len(values) {
			low = min(low, values[i])
		}
	}
	if uint64(high-low) > math.MaxInt64 {
		return false
	}
	from, to := values, mem.values
	for ; n > 1; n = (n + 1) / 2 {
		begin := 0
		for k := 0; k < n; k += 2 {
			middle, end := ends[k], ends[min(k+1, n-1)]
			merge(to[begin:end], from[begin:middle], from[middle:end])
			begin, ends[k/2] = end, end
		}
		from, to = to, from
	}
	if &from[0] != &values[0] {
		copy(values, from)
	}
	return true
}

// merge merges two ascending lists.
//
// Note: no branch depends on a comparison, which can't be predicted.
func merge(to, a, b []int64) {
	for len(a) > 0 && len(b) > 0 {
		n := min(len(a), len(b)) // as many come from both without either running out
		i, j := 0, 0
		for k := range to[:n] {
			x, y := a[i], b[j]
			second := int64(uint64(y-x) >> 63) // 1 if y is lower
			to[k] = x + (y-x)&-second
			i, j = i+int(1-second), j+int(second)
		}
		to, a, b = to[n:], a[i:], b[j:]
	}
	copy(to, a)
	copy(to[len(a):], b)
}
