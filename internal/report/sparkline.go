package report

import (
	"strings"
	"time"

	"beacon/internal/beacon"
)

// stretch is a piece of a series: as many buckets as one column of a drawing
// stands for.
type stretch struct {
	min, max int64 // calls of its quietest and its busiest bucket
	sum      int64
}

// stretches cuts the time from first to last, ns since the Unix epoch, into n
// equal pieces and says what a series does in each. A bucket belongs to the
// piece that it begins in.
func stretches(s *beacon.Series, first, last int64, n int) []stretch {
	all := make([]stretch, n)
	bucket := s.Bucket
	if bucket <= 0 {
		bucket = time.Minute
	}
	lo, hi := floorDiv(first, int64(bucket)), floorDiv(last, int64(bucket))+1
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
		if called[i]++; called[i] == 1 || c.Calls < p.min {
			p.min = c.Calls
		}
		p.max = max(p.max, c.Calls)
		p.sum += c.Calls
	}
	begins := func(i int64) int64 { return (i*length + pieces - 1) / pieces } // first bucket of a piece
	for i := range all {
		if called[i] < begins(int64(i)+1)-begins(int64(i)) {
			all[i].min = 0
		}
	}
	return all
}

var (
	blocks = []rune(" ▁▂▃▄▅▆▇█")
	ascii  = []rune(" ._-=+*#@")
)

// sparkline draws a series in n characters, the busiest bucket of each against
// the busiest of all. Any call shows.
func sparkline(s *beacon.Series, first, last int64, n int, levels []rune) string {
	all := stretches(s, first, last, n)
	most := int64(1)
	for _, p := range all {
		most = max(most, p.max)
	}
	var b strings.Builder
	top := int64(len(levels) - 1)
	for _, p := range all {
		b.WriteRune(levels[(p.max*top+most-1)/most])
	}
	return b.String()
}
