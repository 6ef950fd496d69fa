package picture

import (
	"time"

	"beacon/internal/shape"
	"beacon/internal/stats"
)

// Stretch is a piece of a series: as many buckets as one column of a drawing
// stands for.
type Stretch struct {
	Min, Max int64 // calls of its quietest and its busiest bucket
	sum      int64
}

// Stretches cuts the time from first to last, ns since the Unix epoch, into n
// equal pieces and says what a series does in each. A bucket belongs to the
// piece that it begins in.
func Stretches(s *shape.Series, first, last int64, n int) []Stretch {
	all := make([]Stretch, n)
	bucket := s.Bucket
	if bucket <= 0 {
		bucket = time.Minute
	}
	lo, hi := stats.FloorDiv(first, int64(bucket)), stats.FloorDiv(last, int64(bucket))+1
	if hi <= lo {
		return all
	}
	length, pieces := hi-lo, int64(n)
	called := make([]int64, n) // buckets with calls
	for _, c := range s.Counts {
		if c.Index < lo || c.Index >= hi {
			continue
		}
		i := (c.Index - lo) * pieces / length
		p := &all[i]
		if called[i]++; called[i] == 1 || c.Calls < p.Min {
			p.Min = c.Calls
		}
		p.Max = max(p.Max, c.Calls)
		p.sum += c.Calls
	}
	begins := func(i int64) int64 { return (i*length + pieces - 1) / pieces } // first bucket of a piece
	for i := range all {
		if called[i] < begins(int64(i)+1)-begins(int64(i)) {
			all[i].Min = 0
		}
	}
	return all
}
