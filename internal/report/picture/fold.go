package picture

import (
	"math"
	"time"

	"beacon/internal/words"
)

// foldedPicture shows by how much of a period each call came before or after it was
// due, the misses folded away: a rhythm is a level band as high as its jitter. A clock's
// calls are due on its grid, a sleeper's one period after the call before; -1 is a call at
// once after another. Retries are left out.
//
// Note: a sleeper against a grid wanders, and has been everywhere after some 1/J² calls:
// with a jitter of 20% it looks like chance within the hour. A clock against the call
// before shows its noise twice, and no grid.
func foldedPicture(p *timed, paces []pace) Picture {
	pic := Picture{Name: "early or late by the call before", Scale: scale{Low: -1, High: 0.5}}
	offsets := sleepOffsets
	if p.Clock {
		pic.Name, pic.Scale.Low, offsets = "early or late by the clock", -0.5, clockOffsets
	}
	for _, c := range paces {
		if c.period <= 0 {
			continue
		}
		values := offsets(p.times, c)
		for i, v := range values {
			pic.Dots = append(pic.Dots, Dot{At: p.times[c.to-len(values)+i], Y: pic.Scale.height(v)})
		}
		from, to := c.span(p.times)
		pic.Lines = append(pic.Lines, Mark{pic.Scale.height(0), from, to, ""})
	}
	for v := pic.Scale.Low; v <= pic.Scale.High; v += 0.5 {
		pic.Axis = append(pic.Axis, Mark{Y: pic.Scale.height(v), Label: offsetWords(v, paces)})
	}
	return pic
}

// offsetWords returns an offset in time where all calls have one period: +30 s; otherwise in
// periods: +T/2.
func offsetWords(v float64, paces []pace) string {
	sign, size := "+", v
	switch {
	case v == 0:
		return "due"
	case v < 0:
		sign, size = "−", -v
	}
	if len(paces) == 1 {
		return sign + words.Period(time.Duration(size*paces[0].period))
	}
	if size == 1 {
		return sign + "T"
	}
	return sign + "T/2"
}

// sleepOffsets returns the offsets of a pace's calls, in periods, from the call before: the
// first call of all has none.
func sleepOffsets(times []int64, c pace) []float64 {
	var all []float64
	for i := max(c.from, 1); i < c.to; i++ {
		x := float64(times[i]-times[i-1]) / c.period
		all = append(all, x-max(1, math.Floor(x+0.5)))
	}
	return all
}

// clockOffsets returns the offsets of a pace's calls, in periods, from a grid that lies
// where most of them are.
func clockOffsets(times []int64, c pace) []float64 {
	period, grid := clockGrid(times[c.from:c.to], c.period)
	all := make([]float64, c.to-c.from)
	for i := range all {
		x := float64(times[c.from+i]-times[c.from])/period - grid
		all[i] = x - math.Floor(x+0.5)
	}
	return all
}

// How a clock's grid is sought: a period that is off by a share of the calls' jitter
// shears the band, so those within some cycles of the whole span are tried.
const (
	gridCycles = 3
	gridSteps  = 20   // of a cycle
	gridCalls  = 2000 // that are tried, spread over all
)

// clockGrid returns the period near one given at which calls hold their phase best, and
// that phase after the first call, in periods.
func clockGrid(times []int64, period float64) (best, phase float64) {
	span := float64(times[len(times)-1] - times[0])
	if span < period {
		return period, 0
	}
	stride := (len(times) + gridCalls - 1) / gridCalls
	most := -1.
	for i := -gridCycles * gridSteps; i <= gridCycles*gridSteps; i++ {
		cycles := span/period + float64(i)/gridSteps
		if cycles < 1 {
			continue
		}
		var cos, sin float64
		for k := 0; k < len(times); k += stride {
			x := float64(times[k]-times[0]) / span * cycles
			s, c := math.Sincos(2 * math.Pi * (x - math.Floor(x)))
			cos, sin = cos+c, sin+s
		}
		if r := math.Hypot(cos, sin); r > most {
			most, best, phase = r, span/cycles, math.Atan2(sin, cos)/(2*math.Pi)
		}
	}
	return best, phase
}
