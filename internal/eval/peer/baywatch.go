package peer

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"beacon/internal/beacon"
)

// Baywatch is the core of BAYWATCH (Hu et al., DSN 2016) as the ACSAC 2023 authors
// run it on counts per minute: periods whose power in the periodogram exceeds the
// 95% point of 20 shuffled series' largest, less those shorter than the shortest gap;
// what remains must lie within a minute of a peak of the autocorrelation.
//
// Note: left out are the steps whose lack the core gains by: the t-test of the mean
// gap against the period, which one missed call in twenty fails (published accuracy
// .12 there), and the Gaussian mixture over the gaps; and BAYWATCH's language model
// and whitelists. With the t-test the core detects .25 of the sleeping beacons of
// jitter 30% instead of .45.
var Baywatch = Rule{
	Name: "BAYWATCH core",
	From: "Hu et al., DSN 2016",
	Judge: func(p beacon.Pair, log Span) Answer {
		first := log.First / int64(time.Minute)
		n := int(log.Last/int64(time.Minute) - first + 1)
		minutes := baywatch(counts(p.Times, first*int64(time.Minute), int64(time.Minute), n))
		return Answer{Beacon: minutes > 0, Period: seconds(minutes * 60)}
	},
}

// baywatch gives the strongest verified period in samples, 0 if none.
func baywatch(x []float64) float64 {
	const longest = 720 // samples
	active, last, shortest := 0, -1, math.Inf(1)
	for i, v := range x {
		if v > 0 {
			if active++; active > 1 {
				shortest = min(shortest, float64(i-last))
			}
			last = i
		}
	}
	if active < 3 {
		return 0
	}
	power, threshold := periodogram(x), shuffledPower(x)
	acf := autocorrelation(x)
	acf[0] = 0
	top := slices.Max(acf)
	if top <= 0 {
		return 0
	}
	for i := range acf {
		acf[i] /= top
	}
	verified := peaks(acf, 0.2)
	best, period := 0.0, 0.0
	for k := 1; k < len(power); k++ {
		candidate := float64(len(x)) / float64(k)
		if power[k] <= threshold || power[k] <= best || candidate >= longest ||
			candidate < shortest {
			continue
		}
		for _, lag := range verified {
			if math.Abs(float64(lag)-candidate) <= 1 {
				best, period = power[k], candidate
				break
			}
		}
	}
	return period
}

// shuffledPower returns the 19th of the largest powers of 20 shuffled copies of x,
// shuffled by a fixed seed.
func shuffledPower(x []float64) float64 {
	const copies, rank = 20, 18
	r := rand.New(rand.NewPCG(1, uint64(len(x))))
	y := slices.Clone(x)
	largest := make([]float64, copies)
	for i := range largest {
		r.Shuffle(len(y), func(a, b int) { y[a], y[b] = y[b], y[a] })
		largest[i] = slices.Max(periodogram(y))
	}
	slices.Sort(largest)
	return largest[rank]
}
