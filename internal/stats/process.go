package stats

import (
	"math"
	"math/rand/v2"
)

// A Process makes the events of a point process one after another: each call gives
// the time of the next event in seconds after the start, not before the last one.
// It is one goroutine's.
type Process func() float64

// Sleep returns a program that calls and then sleeps for period·(1±jitter), uniformly, as
// C2 frameworks do: the phase drifts. The first call is at a random moment of the
// first period. period is in seconds, jitter a share from 0 to 1.
func Sleep(r *rand.Rand, period, jitter float64) Process {
	next := period * r.Float64()
	return func() float64 {
		at := next
		next += period * (1 + jitter*(2*r.Float64()-1))
		return at
	}
}

// Clock returns a program that is locked to a clock, as cron is: call k comes at
// k·period + jitter·period·u, u uniform in [-1,1]: the phase holds. period is in
// seconds, jitter a share from 0 to 0.5, past which calls would overtake each other.
func Clock(r *rand.Rand, period, jitter float64) Process {
	jitter = min(jitter, 0.5)
	phase := period * (jitter + r.Float64())
	k := 0.0
	return func() float64 {
		at := phase + period*(k+jitter*(2*r.Float64()-1))
		k++
		return at
	}
}

// Poisson is events that know nothing of each other, rate of them a second.
func Poisson(r *rand.Rand, rate float64) Process {
	at := 0.0
	return func() float64 {
		at += r.ExpFloat64() / rate
		return at
	}
}

// LogNormal is events whose gaps are log-normal, rate of them a second, spread the
// standard deviation of the log of a gap: from 1 on, less even than Poisson.
func LogNormal(r *rand.Rand, rate, spread float64) Process {
	median := math.Exp(-spread*spread/2) / rate
	at := 0.0
	return func() float64 {
		at += median * math.Exp(spread*r.NormFloat64())
		return at
	}
}

// Session describes how people make flows: in sessions of some clicks.
type Session struct {
	Clicks float64 // mean clicks of a session, 1 or more; their number is geometric
	Gap    float64 // median seconds between two clicks of a session
	Spread float64 // standard deviation of the log of that gap
}

// Browsing is the session of a person reading pages: eight clicks, ten seconds
// apart, give or take a factor of three.
var Browsing = Session{Clicks: 8, Gap: 10, Spread: 1.1}

// Human returns a person's flows: sessions begin as a Poisson process, and each has a
// geometric number of clicks with log-normal gaps. rate is flows a second, over all.
// A session that begins before the last one has ended waits for its end, so the rate
// can't exceed that of a session without end: a flow in 18 s for Browsing.
func Human(r *rand.Rand, rate float64, s Session) Process {
	start, at, left := 0.0, 0.0, 0
	return func() float64 {
		if left == 0 {
			start += r.ExpFloat64() * s.Clicks / rate
			at = max(at, start)
			left = geometric(r, s.Clicks)
		} else {
			at += s.Gap * math.Exp(s.Spread*r.NormFloat64())
		}
		left--
		return at
	}
}

// geometric draws a number of 1 or more with the given mean.
func geometric(r *rand.Rand, mean float64) int {
	if mean <= 1 {
		return 1
	}
	return 1 + int(math.Log(1-r.Float64())/math.Log(1-1/mean))
}

// Miss drops each event of p with the given chance, 0 to less than 1.
func Miss(r *rand.Rand, p Process, chance float64) Process {
	if chance <= 0 {
		return p
	}
	return func() float64 {
		for {
			at := p()
			if r.Float64() >= chance {
				return at
			}
		}
	}
}

// Until gathers the events of p before end, a time in seconds.
func Until(p Process, end float64) []float64 {
	var ts []float64
	for t := p(); t < end; t = p() {
		ts = append(ts, t)
	}
	return ts
}
