package rhythm

import (
	"math"
	"slices"
)

const (
	cycleSteps = 3    // longest cycle looked for, in calls
	cycleLeast = 4    // fewest cycles in a series
	cycleTurns = -0.2 // correlation of neighbouring intervals above which there is no cycle to look for
)

// gammaPeaks[k] is the peak density of the logarithm of the sum of k exponential
// intervals, as a share of that of one: k^k·e^(-k)/Γ(k) over e^(-1).
var gammaPeaks = [cycleSteps + 1]float64{2: 1.471, 3: 1.827}

// cycleFit is a cycle of several calls: every steps-th call comes at one period.
type cycleFit struct {
	sleep sleepFit
	steps int // calls in a cycle; 0 where none was found
	phase int // first call of the first whole cycle
}

// testCycle looks for a cycle of two or three calls, such as an attempt and its retry, or
// two programs that take turns: every second or third call is weighed as testSleep weighs
// all of them. Most series are no cycles, which the correlation of neighbouring intervals
// tells: it is -1/(k-1) on average in an exact cycle of k.
func (mem *scratch) testCycle(c *intervals, low, high float64) cycleFit {
	best := cycleFit{sleep: sleepFit{logE: math.Inf(-1)}}
	n := len(c.times)
	if n < 2*cycleLeast || c.zeros > 0 {
		return best
	}
	turns := c.turns()
	if turns > cycleTurns {
		return best
	}
	tried := 0
	for k := 2; k <= cycleSteps && n/k >= cycleLeast; k++ {
		for phase := range k {
			mem.thin(c, k, phase)
			tried++
			if s := mem.part.testSleep(low, high); s.logE > best.sleep.logE {
				best = cycleFit{s, k, phase}
			}
		}
	}
	best.sleep.logE -= math.Log(float64(tried))
	return best
}

// thin makes the part in the room every k-th call of a series, from phase on.
func (mem *scratch) thin(c *intervals, k, phase int) {
	mem.thinned = mem.thinned[:0]
	for i := phase; i < len(c.times); i += k {
		mem.thinned = append(mem.thinned, c.times[i])
	}
	mem.part.set(mem.thinned, 0, c.tick)
	mem.part.density = c.density * gammaPeaks[k]
}

// turns returns the correlation of the logarithms of neighbouring intervals, those
// beyond a factor of four of the median being cut to that.
func (c *intervals) turns() float64 {
	middle := c.logs[len(c.logs)/2]
	deviation := func(i int) float64 {
		d := math.Log(float64(c.times[i]-c.times[i-1])) - middle
		return math.Max(-2*math.Ln2, math.Min(2*math.Ln2, d))
	}
	var sum, square, cross float64
	last := 0.0
	for i := 1; i < len(c.times); i++ {
		d := deviation(i)
		sum, square = sum+d, square+d*d
		if i > 1 {
			cross += d * last
		}
		last = d
	}
	m := float64(len(c.logs))
	mean := sum / m
	variance := square/m - mean*mean
	if variance <= 0 {
		return 0
	}
	return (cross/(m-1) - mean*mean) / variance
}

// steps returns the median lengths of a cycle's intervals, in the order of the cycle,
// over the cycles that take about a period.
func (c *intervals) steps(f cycleFit, period, within float64) []float64 {
	each := make([][]float64, f.steps)
	for i := f.phase; i+f.steps < len(c.times); i += f.steps {
		if math.Abs(float64(c.times[i+f.steps]-c.times[i])-period) > within {
			continue
		}
		for k := range each {
			each[k] = append(each[k], float64(c.times[i+k+1]-c.times[i+k]))
		}
	}
	steps := make([]float64, f.steps)
	for k := range steps {
		if len(each[k]) == 0 {
			return nil
		}
		slices.Sort(each[k])
		steps[k] = each[k][len(each[k])/2]
	}
	return steps
}

// inCycles returns the share of the calls that lie in a cycle of about a period.
func (c *intervals) inCycles(steps int, period, within float64) float64 {
	n, last := 0, -1 // calls counted, and the last of them
	for i := 0; i+steps < len(c.times); i++ {
		if math.Abs(float64(c.times[i+steps]-c.times[i])-period) <= within {
			n += i + steps - max(last, i-1)
			last = i + steps
		}
	}
	return float64(n) / float64(len(c.times))
}
