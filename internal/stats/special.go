// Package stats is the pure numeric functions that judging rests on: no flows,
// no addresses, no state.
package stats

import (
	"math"
	"sync"
)

// LogBeta returns ln B(a, b) of the beta function, for a, b > 0.
func LogBeta(a, b float64) float64 {
	return logGamma(a) + logGamma(b) - logGamma(a+b)
}

// logGamma returns ln Γ(x), for x > 0.
//
// Note: most judgements ask for small multiples of a half, several times each: the table took
// them from a twentieth of all judging to a hundredth.
func logGamma(x float64) float64 {
	if k := int(2 * x); k < gammaHalves && float64(k) == 2*x {
		return logGammas()[k]
	}
	v, _ := math.Lgamma(x)
	return v
}

// gammaHalves is the number of halves that logGammas has.
const gammaHalves = 4096

// logGammas returns ln Γ(k/2) by k.
var logGammas = sync.OnceValue(func() *[gammaHalves]float64 {
	var table [gammaHalves]float64
	for k := range table {
		table[k], _ = math.Lgamma(float64(k) / 2)
	}
	return &table
})

// LogBesselI0 returns ln I0(x) of the modified Bessel function of order 0, for
// x >= 0, to a relative error of 2e-7 in I0. Source: Abramowitz and Stegun 9.8.1 and
// 9.8.2.
func LogBesselI0(x float64) float64 {
	if x <= 3.75 {
		t := (x / 3.75) * (x / 3.75)
		return math.Log(1 + t*(3.5156229+t*(3.0899424+t*(1.2067492+t*(0.2659732+t*(0.0360768+t*0.0045813))))))
	}
	t := 3.75 / x
	s := 0.39894228 + t*(0.01328592+t*(0.00225319+t*(-0.00157565+t*(0.00916281+t*(-0.02057706+
		t*(0.02635537+t*(-0.01647633+t*0.00392377)))))))
	return x - 0.5*math.Log(x) + math.Log(s)
}

// Wilson returns Wilson's 95% interval of a share p seen in n trials.
func Wilson(p, n float64) (low, high float64) {
	const z = 1.96
	if n <= 0 {
		return 0, 1
	}
	center := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n)) / (1 + z*z/n)
	low, high = math.Max(0, center-half), math.Min(1, center+half)
	if p <= 0 {
		low = 0 // exactly, where rounding leaves 1e-18
	}
	if p >= 1 {
		high = 1
	}
	return low, high
}
