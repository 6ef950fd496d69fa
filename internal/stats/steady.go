package stats

import (
	"math"
	"sync"
)

const (
	// steadyMost is the most events in a pair of windows that SteadyP weighs. A pair
	// with more says nothing that narrower windows don't say.
	steadyMost = 256
	// steadyDead is the variance of the counts, as a share of a Poisson process's, that
	// is still taken for chance: events that can't follow each other for 0.29 of their
	// mean interval have (1-0.29)² = 0.5 (the variance of a renewal process with dead
	// time, Müller 1974).
	steadyDead = 0.5
)

// steadyTilts are the exponents of Chernoff's bound that are tried.
var steadyTilts = [...]float64{0.25, 0.5, 1, 2, 4, 8, 16, 32}

// steadyCost returns, by exponent and by the number n of events in a pair of windows,
// ln E exp(-θ(a-b)²/n) for a ~ Binomial(n, 1/2), b = n-a.
var steadyCost = sync.OnceValue(func() *[len(steadyTilts)][steadyMost + 1]float64 {
	var cost [len(steadyTilts)][steadyMost + 1]float64
	for n := 1; n <= steadyMost; n++ {
		for a := 0; 2*a <= n; a++ {
			logP := logGamma(float64(n+1)) - logGamma(float64(a+1)) - logGamma(float64(n-a+1)) - float64(n)*math.Ln2
			if 2*a < n {
				logP += math.Ln2 // a and n-a alike
			}
			d := float64(n - 2*a)
			for k, tilt := range steadyTilts {
				cost[k][n] += math.Exp(logP - tilt*d*d/float64(n))
			}
		}
		for k := range cost {
			cost[k][n] = math.Log(cost[k][n])
		}
	}
	return &cost
})

// Steadiness sums up how alike the counts of neighbouring windows are.
type Steadiness struct {
	Pairs int     // pairs of windows with two events or more
	Sum   float64 // of (a-b)²/(a+b) over them
	cost  [len(steadyTilts)]float64
}

// Add adds a pair of neighbouring windows with a and b events.
func (s *Steadiness) Add(a, b int) {
	n := a + b
	if n < 2 || n > steadyMost {
		return
	}
	s.Pairs++
	s.Sum += float64((a-b)*(a-b)) / float64(n)
	cost := steadyCost()
	for k := range s.cost {
		s.cost[k] += cost[k][n]
	}
}

// Dispersion returns the variance of the counts as a share of a Poisson process's.
func (s *Steadiness) Dispersion() float64 { return s.Sum / float64(max(1, s.Pairs)) }

// LogP returns a bound on the logarithm of the probability that events without a rhythm
// lie as evenly over the windows as these do, or more evenly; 0 where nothing speaks
// against that.
//
// Given their sum, the counts of two neighbouring windows are Binomial(n, 1/2) under any
// Poisson process whose rate changes little from one to the next, and more spread when
// events cluster. Events that can't follow each other at once are a little less spread,
// see steadyDead. The bound is Chernoff's, exact for every number of pairs.
//
// Source: the Allan factor of point processes, Lowen and Teich (2005), Fractal-Based
// Point Processes, 3.4.
func (s *Steadiness) LogP() float64 {
	best := 0.0
	for k, tilt := range steadyTilts {
		best = math.Min(best, tilt*s.Sum/steadyDead+s.cost[k])
	}
	return best
}
