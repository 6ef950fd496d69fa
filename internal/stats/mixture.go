package stats

import (
	"iter"
	"math"

	"beacon/internal/stats/lanes"
)

// Mixture is the likeliest mixture of normal distributions of one width for some
// values.
type Mixture struct {
	Bound  float64   // no mixture of this width, or of wider ones, gives the values a larger log-likelihood
	At     []float64 // log-density at each of the values, in their order
	from   float64   // the lowest atom
	sigma  float64   // width
	weight []float64 // of the atoms
}

// FitMixture fits a mixture of normal distributions of standard deviation sigma to u,
// ascending.
//
// The mixture is fitted by EM on a grid; the bound holds however far EM got,
// by Lindsay's duality: sup l <= l(f) + n·ln max_θ mean_i(k_θ(u_i)/f(u_i)).
// Source: Lindsay (1983), The geometry of mixture likelihoods.
func FitMixture(u []float64, sigma float64) Mixture {
	const rounds = 25
	n := len(u)
	if n == 0 {
		return Mixture{}
	}
	atoms := int((u[n-1]-u[0])/(mixtureStep*sigma)) + 2
	m := Mixture{from: u[0], sigma: sigma, weight: make([]float64, atoms)}
	rows := (atoms + lanes.Rows - 1) / lanes.Rows * lanes.Rows // the last ones are of no atom, and 0
	kernel := make([]float64, n*rows)
	for a := range m.weight {
		m.weight[a] = 1 / float64(atoms)
	}
	for i, x := range u {
		for a, k := range m.kernels(x) {
			kernel[a*n+i] = k
		}
	}
	f, gains := make([]float64, n), make([]float64, rows)
	worst := 0.0
	for r := 0; ; r++ {
		clear(f)
		lanes.AddRows(f, kernel, m.weight)
		for i, v := range f {
			f[i] = 1 / v
		}
		lanes.MultiplyRows(gains, kernel, f)
		worst = 0
		for a, g := range gains[:atoms] {
			g /= float64(n)
			worst = math.Max(worst, g)
			if r < rounds {
				m.weight[a] *= g
			}
		}
		if r == rounds {
			break
		}
	}
	for i, v := range f {
		f[i] = -math.Log(v)
		m.Bound += f[i]
	}
	m.Bound += float64(n) * math.Log(worst)
	m.At = f
	return m
}

// mixtureStep is the distance of neighbouring atoms, in widths.
const mixtureStep = 0.5

// kernels yields the densities of all atoms at x.
//
// Note: from the nearest atom outwards each is the last one times a ratio, which shrinks
// by one factor: two exponentials do for all of them, and nothing overflows.
func (m *Mixture) kernels(x float64) iter.Seq2[int, float64] {
	return func(yield func(int, float64) bool) {
		z := (x - m.from) / m.sigma
		middle := int(math.Min(math.Max(0, math.Round(z/mixtureStep)), float64(len(m.weight)-1)))
		d := z - float64(middle)*mixtureStep
		density := math.Exp(-d*d/2) / (m.sigma * math.Sqrt(2*math.Pi))
		k, ratio := density, math.Exp(mixtureStep*d-mixtureStep*mixtureStep/2)
		for a, r := middle, ratio; a < len(m.weight); a++ {
			if !yield(a, k) {
				return
			}
			k, r = k*r, r*shrinks
		}
		k = density
		for a, r := middle-1, shrinks/ratio; a >= 0; a-- {
			k, r = k*r, r*shrinks
			if !yield(a, k) {
				return
			}
		}
	}
}

// shrinks is how much the ratio of neighbouring atoms' densities shrinks from one to the next.
var shrinks = math.Exp(-mixtureStep * mixtureStep)

// Density returns the mixture's density at x.
func (m *Mixture) Density(x float64) (f float64) {
	for a, k := range m.kernels(x) {
		f += m.weight[a] * k
	}
	return f
}
