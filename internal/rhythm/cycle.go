package rhythm

import (
	"math"
	"slices"
)

const (
	cycleSteps = 6 // longest cycle looked for, in calls
	cycleLeast = 4 // fewest cycles in a series

	// A cycle is looked for where neighbouring intervals are this different, or those a cycle
	// apart are this alike and so much more than neighbours are; both as correlations, and by
	// more than cycleSure times what chance makes of so few intervals, 1/sqrt(n).
	cycleTurns = -0.2
	cycleAlike = 0.3
	cycleSure  = 1.5
)

// gammaPeaks[k] is the peak density of the logarithm of the sum of k exponential
// intervals, as a share of that of one: k^k·e^(-k)/Γ(k) over e^(-1).
var gammaPeaks = [cycleSteps + 1]float64{2: 1.471, 3: 1.827, 4: 2.124, 5: 2.385, 6: 2.620}

// cycleFit is a cycle of several calls: every steps-th call comes at one period.
type cycleFit struct {
	sleep sleepFit
	steps int // calls in a cycle; 0 where none was found
	phase int // first call of the first whole cycle
}

// testCycle looks for a cycle of two calls or a few, such as an attempt and its retries, or
// two programs that take turns: every k-th call is weighed as testSleep weighs all of them.
// Most series are no cycles, which the correlations of their intervals tell: in an exact
// cycle of k those k apart are alike, and neighbours correlate by -1/(k-1) or so.
func (mem *scratch) testCycle(c *intervals, low, high float64) cycleFit {
	best := cycleFit{sleep: sleepFit{logE: math.Inf(-1)}}
	n := len(c.times)
	if n < 2*cycleLeast || c.zeros > 0 {
		return best
	}
	alike := c.correlations()
	sure := cycleSure / math.Sqrt(float64(len(c.x)))
	different, same := math.Min(cycleTurns, -sure), math.Max(cycleAlike, sure)
	tried := 0
	for k := 2; k <= cycleSteps && n/k >= cycleLeast; k++ {
		if turns := alike[1] <= different && k <= 3; !turns && alike[k] < math.Max(same, alike[1]+same) {
			continue
		}
		for phase := range k {
			mem.thin(c, k, phase)
			tried++
			if s := mem.part.testSleep(low, high, 0); s.logE > best.sleep.logE {
				best = cycleFit{s, k, phase}
			}
		}
	}
	best.sleep.logE -= math.Log(float64(max(1, tried)))
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

// correlations returns the correlation of the logarithms of intervals by how many calls
// they are apart; intervals beyond a factor of eight of the median are cut to that.
//
// Note: with the sums in arrays, which lie in memory, and the built-in min and max it took 1.6
// times as long.
func (c *intervals) correlations() (alike [cycleSteps + 1]float64) {
	const most = 3 * math.Ln2
	middle := c.logs[len(c.logs)/2]
	var sum, square float64
	var cross1, cross2, cross3, cross4, cross5, cross6 float64 // by how many calls they are apart
	var last1, last2, last3, last4, last5, last6 float64       // the deviations before, the nearest first
	for _, l := range c.logsInTime() {
		d := l - middle
		if d > most {
			d = most
		} else if d < -most {
			d = -most
		}
		sum, square = sum+d, square+d*d
		cross1, cross2, cross3 = cross1+d*last1, cross2+d*last2, cross3+d*last3
		cross4, cross5, cross6 = cross4+d*last4, cross5+d*last5, cross6+d*last6
		last1, last2, last3, last4, last5, last6 = d, last1, last2, last3, last4, last5
	}
	cross := [cycleSteps + 1]float64{1: cross1, cross2, cross3, cross4, cross5, cross6}
	n := float64(len(c.logs))
	mean := sum / n
	variance := square/n - mean*mean
	if variance <= 0 {
		return alike
	}
	for k := 1; k <= cycleSteps && float64(k) < n; k++ {
		alike[k] = (cross[k]/(n-float64(k)) - mean*mean) / variance
	}
	return alike
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
