package simulate

import (
	"math"
	"math/rand/v2"
)

// dice draws every random choice of a simulation. It uses no transcendental
// function and fuses no multiplication, so a seed gives the same log on every
// machine.
type dice struct{ pcg *rand.PCG }

func newDice(seed uint64) dice {
	return dice{rand.NewPCG(seed, 0x6265_6163_6f6e)}
}

// below draws evenly from 0..n-1, for 0 < n < 1<<31.
func (d dice) below(n int) int {
	return int(d.pcg.Uint64() >> 32 * uint64(n) >> 32)
}

// between draws evenly from lo..hi, both included.
func (d dice) between(lo, hi int) int { return lo + d.below(hi-lo+1) }

// unit draws evenly from [0, 1).
func (d dice) unit() float64 { return float64(d.pcg.Uint64()>>11) / (1 << 53) }

// skewed draws from 0..n-1 with density falling as i^(-2/3): the first tenth is
// drawn 46% of the time.
func (d dice) skewed(n int) int {
	u := d.unit()
	return int(float64(n) * float64(u*u*u))
}

// count draws how many events happen where mean are expected: about a Poisson
// draw, without its exponential. Below 16 it is binomial over 64 trials, above
// a rounded bell of four uniforms.
func (d dice) count(mean float64) int {
	switch {
	case mean <= 0:
		return 0
	case mean < 16:
		p := uint64(mean * (1 << 16) / 64)
		n := 0
		for range 16 {
			for u, k := d.pcg.Uint64(), 0; k < 4; u, k = u>>16, k+1 {
				if u&0xffff < p {
					n++
				}
			}
		}
		return n
	}
	z := d.unit() + d.unit() + d.unit() + d.unit() - 2 // variance 1/3
	return max(0, int(mean+float64(z*math.Sqrt(3*mean))+0.5))
}

// pick draws one element of s.
func pick[T any](d dice, s []T) T { return s[d.below(len(s))] }

// shuffle puts s in random order.
func shuffle[T any](d dice, s []T) {
	for i := len(s) - 1; i > 0; i-- {
		j := d.below(i + 1)
		s[i], s[j] = s[j], s[i]
	}
}
