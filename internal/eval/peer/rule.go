// Package peer has the rules that others tell beacons by, as they publish them, to be
// judged beside the product on the same calls.
package peer

import (
	"time"

	"beacon/internal/beacon"
)

// Span is the time that a log covers, ns since the epoch, both ends included.
type Span struct{ First, Last int64 }

// Answer holds what a rule says of one pair.
type Answer struct {
	Beacon bool
	Period time.Duration // 0: the rule doesn't say
}

// Rule tells beacons from the calls of one pair alone. Judge is a pure function
// and may be called from many goroutines; it keeps nothing of p.
type Rule struct {
	Name  string
	From  string // where the rule's formula stands
	Judge func(p beacon.Pair, log Span) Answer
}

// All lists the rules that others judge by, in the order of the tables.
var All = []Rule{
	RITA(0.5),
	RITA(0.9),
	Elastic,
	ElasticCounts,
	Sentinel,
	Flare(5, 10),
	Flare(30, 50),
	Baywatch,
	CV,
	GTest,
}

// intervals gives the gaps between calls in seconds.
func intervals(times []int64) []float64 {
	if len(times) < 2 {
		return nil
	}
	gaps := make([]float64, len(times)-1)
	for i := range gaps {
		gaps[i] = float64(times[i+1]-times[i]) / 1e9
	}
	return gaps
}

// wholeSeconds gives the gaps between calls after each time was cut to its second.
func wholeSeconds(times []int64) []int {
	if len(times) < 2 {
		return nil
	}
	gaps := make([]int, len(times)-1)
	for i := range gaps {
		gaps[i] = int(times[i+1]/1e9 - times[i]/1e9)
	}
	return gaps
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
