package rhythm

import (
	"math"

	"beacon/internal/stats"
)

const (
	steadyCalls  = 4  // median intervals in the shortest window: fewer calls show the interval, not the rate
	steadyWidths = 6  // windows tried, each twice as long as the one before
	steadyPairs  = 6  // fewest pairs of windows that are weighed
	steadyFlows  = 40 // fewest flows of a series that is weighed
)

// steadyFit is the width of window at which a series is steadiest.
type steadyFit struct {
	logE   float64 // ln of the evidence against chance, the widths paid for
	period float64 // mean interval within the windows, ns
	spread float64 // coefficient of variation of the intervals that would make the counts so even
}

// window is a stretch of time of one width in which calls came.
type window struct {
	index int64 // of the window, from the first call on
	calls int
}

// testSteady looks for calls that come at a steadier rate than chance allows: two or
// more programs on one pair, each with a timer of its own, show no interval and no
// phase, but as many calls in each window as in the next. times are all flows,
// ascending; flows at one time are counted each. median is the series' median interval.
func (mem *scratch) testSteady(times []int64, median, tick float64) steadyFit {
	best := steadyFit{logE: math.Inf(-1)}
	n := len(times)
	if n < steadyFlows {
		return best
	}
	width := steadyCalls * math.Max(median, tick)
	if tick > 0 {
		width = math.Ceil(width/tick) * tick // as many ticks in each window
	}
	if width*2*steadyPairs > float64(times[n-1]-times[0]) {
		return best
	}
	windows := mem.window(times, int64(width))
	price := math.Log(steadyWidths)
	for range steadyWidths {
		var s stats.Steadiness
		calls, active := 0, 0
		for i := 0; i < len(windows); i++ {
			w := windows[i]
			a, b := w.calls, 0
			if i+1 < len(windows) && windows[i+1].index == w.index|1 && w.index&1 == 0 {
				i++
				b = windows[i].calls
			}
			if a+b >= 2 {
				s.Add(a, b)
				calls += a + b
				active += 2
			}
		}
		if s.Pairs < steadyPairs {
			break
		}
		if logE := -s.LogP() - price; logE > best.logE {
			best = steadyFit{logE, width * float64(active) / float64(calls), math.Sqrt(s.Dispersion())}
		}
		windows = widen(windows)
		width *= 2
	}
	return best
}

// window counts the calls in each window after the first call; the last window, which
// the series may end in, is left out.
func (mem *scratch) window(times []int64, width int64) []window {
	windows := mem.windows[:0]
	last := (times[len(times)-1] - times[0] - 1) / width
	for _, t := range times[1:] {
		k := (t - times[0] - 1) / width
		if t == times[0] {
			k = 0
		}
		if k >= last {
			break
		}
		if m := len(windows) - 1; m >= 0 && windows[m].index == k {
			windows[m].calls++
		} else {
			windows = append(windows, window{k, 1})
		}
	}
	mem.windows = windows
	return windows
}

// widen makes windows twice as wide, in place.
func widen(windows []window) []window {
	wider := windows[:0]
	for _, w := range windows {
		w.index >>= 1
		if m := len(wider) - 1; m >= 0 && wider[m].index == w.index {
			wider[m].calls += w.calls
		} else {
			wider = append(wider, w)
		}
	}
	return wider
}
