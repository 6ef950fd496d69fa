package eval

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"beacon/internal/beacon"
)

// Baywatch is the core of BAYWATCH (Hu et al., DSN 2016) as the ACSAC 2023 authors
// run it on counts per minute: periods whose power in the periodogram exceeds the
// 95% point of 20 shuffled series' largest, pruned of those shorter than the shortest
// gap, and of those that the mean gap contradicts (t-test, p <= 0.05); what remains
// must lie within a minute of a peak of the autocorrelation.
//
// Note: left out are the Gaussian mixture over the gaps, whose means replace the
// periods before the last step, and BAYWATCH's language model and whitelists.
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
	var active []float64
	for i, v := range x {
		if v > 0 {
			active = append(active, float64(i))
		}
	}
	if len(active) < 3 {
		return 0
	}
	gaps := make([]float64, len(active)-1)
	for i := range gaps {
		gaps[i] = active[i+1] - active[i]
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
			candidate < slices.Min(gaps) || contradicted(gaps, candidate) {
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

// shuffledPower is the 19th of the largest powers of 20 shuffled copies of x,
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

// contradicted says whether a t-test at 5% rejects that gaps have this mean.
func contradicted(gaps []float64, mean float64) bool {
	m, sd := moments(gaps)
	n := float64(len(gaps))
	if n < 2 || sd == 0 {
		return m != mean
	}
	t := math.Abs(m-mean) / (sd / math.Sqrt(n-1))
	return t > studentT975(int(n)-1)
}

// studentT975 is the 97.5% point of Student's t with df degrees of freedom
// (Cornish-Fisher expansion, Abramowitz and Stegun 26.7.5; within 1% from df = 3).
func studentT975(df int) float64 {
	if df <= 2 {
		return [...]float64{math.Inf(1), 12.706, 4.303}[df]
	}
	const z = 1.959964
	v := float64(df)
	return z + (z*z*z+z)/(4*v) + (5*math.Pow(z, 5)+16*z*z*z+3*z)/(96*v*v) +
		(3*math.Pow(z, 7)+19*math.Pow(z, 5)+17*z*z*z-15*z)/(384*v*v*v)
}
