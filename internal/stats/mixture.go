package stats

import "math"

// MixtureBound bounds from above the log-likelihood that any mixture of normal
// distributions of standard deviation sigma (or wider ones) gives to u, ascending. It
// also returns the density of the mixture found, at each of u, in logarithms.
//
// The mixture is fitted by EM on a grid; the bound holds however far EM got,
// by Lindsay's duality: sup l <= l(f) + n·ln max_θ mean_i(k_θ(u_i)/f(u_i)).
// Source: Lindsay (1983), The geometry of mixture likelihoods.
func MixtureBound(u []float64, sigma float64) (bound float64, logDensity []float64) {
	const step, rounds = 0.5, 25
	n := len(u)
	if n == 0 {
		return 0, nil
	}
	atoms := int((u[n-1]-u[0])/(step*sigma)) + 2
	peak := 1 / (sigma * math.Sqrt(2*math.Pi))
	kernel := make([]float64, n*atoms)
	weight := make([]float64, atoms)
	for a := range atoms {
		weight[a] = 1 / float64(atoms)
		at := u[0] + float64(a)*step*sigma
		for i, x := range u {
			z := (x - at) / sigma
			kernel[a*n+i] = peak * math.Exp(-z*z/2)
		}
	}
	f := make([]float64, n)
	worst := 0.0
	for r := 0; ; r++ {
		clear(f)
		for a, w := range weight {
			for i, k := range kernel[a*n : (a+1)*n] {
				f[i] += w * k
			}
		}
		for i, v := range f {
			f[i] = 1 / v
		}
		worst = 0
		for a := range weight {
			g := 0.0
			for i, k := range kernel[a*n : (a+1)*n] {
				g += k * f[i]
			}
			g /= float64(n)
			worst = math.Max(worst, g)
			weight[a] *= g
		}
		if r == rounds {
			break
		}
	}
	for i, v := range f {
		f[i] = -math.Log(v)
		bound += f[i]
	}
	return bound + float64(n)*math.Log(worst), f
}
