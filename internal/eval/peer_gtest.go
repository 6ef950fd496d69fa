package eval

import (
	"math"

	"beacon/internal/beacon"
)

// GTest is Fisher's g-test as MSTICPy runs it: the calls counted by the second from
// the first to the last, p the chance that the largest of m ordinates of white
// noise's periodogram has that share of the whole,
// p = 1 - (1 - exp(-m·g))^m. A beacon has p < 0.001.
//
// Note: the length is rounded up to one that a Fourier transform is quick for, by a
// few per cent at most. MSTICPy takes the exact sum below 700 ordinates; the
// approximation differs from it there in the third digit of p.
var GTest = Rule{
	Name: "g-test",
	From: "microsoft/msticpy, analysis/polling_detection.py",
	Judge: func(p beacon.Pair, _ Span) Answer {
		const alpha = 0.001
		const longest = 1 << 23 // seconds, 97 days: bounds the memory
		span := p.Times[len(p.Times)-1]/1e9 - p.Times[0]/1e9
		if len(p.Times) < 3 || span < 4 {
			return Answer{}
		}
		width := 1 + span/longest
		n := smooth(int(span/width) + 1)
		power := periodogram(counts(p.Times, p.Times[0]/1e9*1e9, width*1e9, n))
		if n%2 == 0 {
			power = power[:len(power)-1]
		}
		sum, best := 0.0, 0
		for k, v := range power {
			sum += v
			if v > power[best] {
				best = k
			}
		}
		if sum <= 0 || best == 0 {
			return Answer{}
		}
		if gTestP(power[best]/sum, len(power)) >= alpha {
			return Answer{}
		}
		return Answer{Beacon: true, Period: seconds(float64(n) * float64(width) / float64(best))}
	},
}

// gTestP is the p-value of g, the largest of m ordinates' share of their sum.
func gTestP(g float64, m int) float64 {
	return -math.Expm1(float64(m) * math.Log1p(-math.Exp(-float64(m)*g)))
}
