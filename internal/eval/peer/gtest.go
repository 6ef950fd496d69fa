package peer

import (
	"math"
	"time"

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
		g, ok := GTestOf(p.Times)
		if !ok || g.LogP >= math.Log(GTestAlpha) {
			return Answer{}
		}
		return Answer{Beacon: true, Period: g.Period}
	},
}

// GTestAlpha is the p-value below which MSTICPy calls a pair a beacon.
const GTestAlpha = 0.001

// GTestResult is the strongest period of a pair and the logarithm of its p-value.
type GTestResult struct {
	LogP   float64
	Period time.Duration
}

// GTestOf runs the test; false where a pair is too short or has no period.
func GTestOf(times []int64) (r GTestResult, ok bool) {
	const longest = 1 << 23 // seconds, 97 days: bounds the memory
	span := times[len(times)-1]/1e9 - times[0]/1e9
	if len(times) < 3 || span < 4 {
		return r, false
	}
	width := 1 + span/longest
	n := smooth(int(span/width) + 1)
	power := periodogram(counts(times, times[0]/1e9*1e9, width*1e9, n))
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
		return r, false
	}
	return GTestResult{gTestLogP(power[best]/sum, len(power)), seconds(float64(n) * float64(width) / float64(best))}, true
}

// gTestLogP returns the logarithm of [gTestP], also where that is too small for a float64.
func gTestLogP(g float64, m int) float64 {
	if p := gTestP(g, m); p > 1e-200 {
		return math.Log(p)
	}
	return math.Log(float64(m)) - float64(m)*g
}

// gTestP returns the p-value of g, the largest of m ordinates' share of their sum.
func gTestP(g float64, m int) float64 {
	return -math.Expm1(float64(m) * math.Log1p(-math.Exp(-float64(m)*g)))
}
