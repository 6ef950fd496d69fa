package stats

import (
	"math"
	"math/bits"
	"slices"
	"sync"
)

const (
	sortDigit = 11  // most bits of a digit
	sortLeast = 256 // fewest values that are sorted by digits
	sortMoves = 4   // most moves for each value by insertion after that
	sortRuns  = 8   // most ascending runs that are merged
)

// Sort sorts values. It may be called from many goroutines.
//
// Note: the waits between calls differ in their leading digits, so that two of these and a few
// moves take 10 to 17 ns for each of 256 to 8,000 waits; all digits took 33 to 53.
func Sort(values []int64) {
	if len(values) < sortLeast {
		slices.Sort(values)
		return
	}
	mem := sortRooms.Get().(*sortRoom)
	defer sortRooms.Put(mem)
	mem.values = slices.Grow(mem.values[:0], len(values))[:len(values)]
	if !mem.mergeRuns(values) && !mem.sortDigits(values) {
		slices.Sort(values)
	}
}

// sortDigits sorts values by the first two digits of their distances from the lowest one, as
// floating-point numbers, and then by insertion. It returns false, and the values in another
// order, if too many share these digits or they are too far apart to be subtracted.
func (mem *sortRoom) sortDigits(values []int64) bool {
	low, high := slices.Min(values), slices.Max(values)
	if uint64(high-low) >= math.MaxInt64 {
		return false
	}
	digit := min(sortDigit, bits.Len(uint(len(values))))
	one := math.Float64bits(1)
	head := func(v int64) uint64 { return math.Float64bits(float64(v-low+1)) - one }
	skip := max(0, bits.Len64(head(high))-2*digit)
	first, second := mem.counts[0][:1<<digit], mem.counts[1][:1<<digit]
	clear(first)
	clear(second)
	for _, v := range values {
		k := head(v) >> skip
		first[k&(1<<digit-1)]++
		second[k>>digit]++
	}
	sumUp(first)
	sumUp(second)
	for _, v := range values {
		d := head(v) >> skip & (1<<digit - 1)
		mem.values[first[d]] = v
		first[d]++
	}
	for _, v := range mem.values {
		d := head(v) >> skip >> digit
		values[second[d]] = v
		second[d]++
	}
	moves := sortMoves * len(values)
	for i := 1; i < len(values) && moves >= 0; i++ {
		v := values[i]
		k := i
		for ; k > 0 && v < values[k-1]; k-- {
			values[k] = values[k-1]
		}
		values[k] = v
		moves -= i - k
	}
	return moves >= 0
}

// sumUp turns counts into the sums of those before each.
func sumUp(counts []uint32) {
	sum := uint32(0)
	for d, n := range counts {
		counts[d] = sum
		sum += n
	}
}

// sortRoom is the memory of a call of Sort, which is used again by later ones.
type sortRoom struct {
	values []int64
	counts [2][1 << sortDigit]uint32
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
