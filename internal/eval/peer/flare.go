package peer

import (
	"fmt"

	"beacon/internal/beacon"
)

// Flare counts the gaps in whole seconds, leaves out those under 2 s, and asks for
// more than minCalls of the rest and for more than percent of them within a 2 s
// window that holds or touches the commonest gap. Its defaults are 5 and 10.
func Flare(percent float64, minCalls int) Rule {
	return Rule{
		Name: fmt.Sprintf("Flare %g%%, n>%d", percent, minCalls),
		From: "austin-taylor/flare, flare/analytics/command_control.py",
		Judge: func(p beacon.Pair, _ Span) Answer {
			f := FlareOf(p.Times)
			if f.Gaps <= minCalls || f.Percent <= percent {
				return Answer{}
			}
			return Answer{Beacon: true, Period: seconds(float64(f.Period))}
		},
	}
}

// FlareScore holds what Flare works out of a pair.
type FlareScore struct {
	Gaps    int     // gaps of 2 s or more
	Percent float64 // of these, in the fullest window about the commonest
	Period  int     // the window's middle, s
}

func FlareOf(times []int64) FlareScore {
	const window, shortest = 2, 2
	count := map[int]int{}
	var f FlareScore
	for _, g := range wholeSeconds(times) {
		if g >= shortest {
			count[g]++
			f.Gaps++
		}
	}
	mode := commonest(count)
	best := 0
	for first := mode - window; first <= mode; first++ {
		in := 0
		for g := first; g < first+window; g++ {
			in += count[g]
		}
		if in > best {
			best, f.Period = in, first+window/2
		}
	}
	f.Percent = 100 * float64(best) / float64(max(f.Gaps, 1))
	return f
}

// commonest returns the key with the highest count, the smallest of equals; 0 if none.
func commonest(count map[int]int) int {
	mode := 0
	for k, n := range count {
		if n > count[mode] || n == count[mode] && k < mode {
			mode = k
		}
	}
	return mode
}
