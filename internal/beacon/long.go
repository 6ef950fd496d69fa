package beacon

import (
	"cmp"
	"slices"
	"time"
)

// LongFlow is how long an outbound flow lasts that a rhythm can't show in: it
// is one call, and listed on its own.
const LongFlow = time.Hour

// MaxLong is how many of the longest outbound flows an answer lists.
const MaxLong = 20

// SortLong puts long flows into order, the longest first, and cuts the list to
// MaxLong.
func SortLong(list []Long) []Long {
	slices.SortFunc(list, func(a, b Long) int {
		return cmp.Or(cmp.Compare(b.Duration, a.Duration), cmp.Compare(a.First, b.First), a.Source.Compare(b.Source), a.Destination.Compare(b.Destination), cmp.Compare(a.Port, b.Port))
	})
	return list[:min(len(list), MaxLong)]
}
