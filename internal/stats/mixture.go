package stats

import "math"

// Mixture is the likeliest mixture of normal distributions of one width for some
// values.
type Mixture struct {
	Bound  float64   // no mixture of this width, or of wider ones, gives the values a larger log-likelihood
	At     []float64 // log-density at each of the values, in their order
	from   float64   // the lowest atom
	step   float64   // from one atom to the next
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
	const step, rounds = 0.5, 25
	n := len(u)
	if n == 0 {
		return Mixture{}
	}
	atoms := int((u[n-1]-u[0])/(step*sigma)) + 2
	m := Mixture{from: u[0], step: step * sigma, sigma: sigma, weight: make([]float64, atoms)}
	kernel := make([]float64, n*atoms)
	for a := range atoms {
		m.weight[a] = 1 / float64(atoms)
		for i, x := range u {
			kernel[a*n+i] = m.kernel(a, x)
		}
	}
	f := make([]float64, n)
	worst := 0.0
	for r := 0; ; r++ {
		clear(f)
		for a, w := range m.weight {
			for i, k := range kernel[a*n : (a+1)*n] {
				f[i] += w * k
			}
		}
		for i, v := range f {
			f[i] = 1 / v
		}
		worst = 0
		for a := range m.weight {
			g := 0.0
			for i, k := range kernel[a*n : (a+1)*n] {
				g += k * f[i]
			}
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

// kernel is the density of an atom at x.
func (m *Mixture) kernel(atom int, x float64) float64 {
	z := (x - m.from - float64(atom)*m.step) / m.sigma
	return math.Exp(-z*z/2) / (m.sigma * math.Sqrt(2*math.Pi))
}

// Density is the mixture's density at x.
func (m *Mixture) Density(x float64) (f float64) {
	for a, w := range m.weight {
		f += w * m.kernel(a, x)
	}
	return f
}
