package eval

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
			const window, shortest = 2, 2
			count := map[int]int{}
			total := 0
			for _, g := range wholeSeconds(p.Times) {
				if g >= shortest {
					count[g]++
					total++
				}
			}
			if total <= minCalls {
				return Answer{}
			}
			mode := commonest(count)
			best, period := 0, 0
			for first := mode - window; first <= mode; first++ {
				in := 0
				for g := first; g < first+window; g++ {
					in += count[g]
				}
				if in > best {
					best, period = in, first+window/2
				}
			}
			if float64(best)*100 <= percent*float64(total) {
				return Answer{}
			}
			return Answer{Beacon: true, Period: seconds(float64(period))}
		},
	}
}

// commonest is the key with the highest count, the smallest of equals; 0 if none.
func commonest(count map[int]int) int {
	mode := 0
	for k, n := range count {
		if n > count[mode] || n == count[mode] && k < mode {
			mode = k
		}
	}
	return mode
}
