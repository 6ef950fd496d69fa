package peer

import "gonum.org/v1/gonum/dsp/fourier"

// counts puts times into n bins of width ns that begin at first. Times outside are
// left out.
func counts(times []int64, first, width int64, n int) []float64 {
	x := make([]float64, n)
	for _, t := range times {
		if i := (t - first) / width; t >= first && i < int64(n) {
			x[i]++
		}
	}
	return x
}

// periodogram returns the one-sided periodogram of x less its mean, up to a constant:
// power[k] at k cycles in len(x) samples, for k = 0 to len(x)/2. The two ends count
// once and the rest twice, as in scipy.signal.periodogram.
func periodogram(x []float64) []float64 {
	mean, _ := moments(x)
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = v - mean
	}
	coef := fourier.NewFFT(len(y)).Coefficients(nil, y)
	power := make([]float64, len(coef))
	for k, c := range coef {
		power[k] = real(c)*real(c) + imag(c)*imag(c)
		if k > 0 && (k < len(coef)-1 || len(x)%2 == 1) {
			power[k] *= 2
		}
	}
	return power
}

// autocorrelation is sum x[i]·x[i+lag] for every lag from 0 to len(x)-1.
func autocorrelation(x []float64) []float64 {
	n := smooth(2 * len(x))
	fft := fourier.NewFFT(n)
	coef := fft.Coefficients(nil, append(append([]float64(nil), x...), make([]float64, n-len(x))...))
	for i, c := range coef {
		coef[i] = complex(real(c)*real(c)+imag(c)*imag(c), 0)
	}
	acf := fft.Sequence(nil, coef)[:len(x)]
	for i := range acf {
		acf[i] /= float64(n)
	}
	return acf
}

// smooth returns the smallest number from n on that has no prime factor above 5: a length
// that a Fourier transform is quick for.
func smooth(n int) int {
	for ; ; n++ {
		m := n
		for _, f := range []int{2, 3, 5} {
			for m%f == 0 {
				m /= f
			}
		}
		if m == 1 {
			return n
		}
	}
}

// peaks gives the places of the local maxima of x that stand out by prominence or
// more: the peak's height above the higher of the two lowest points between it and
// the next higher ground on either side.
func peaks(x []float64, prominence float64) []int {
	var at []int
	for i := 1; i < len(x)-1; i++ {
		if x[i] <= x[i-1] {
			continue
		}
		end := i
		for end < len(x)-1 && x[end+1] == x[i] {
			end++
		}
		if end == len(x)-1 || x[end+1] > x[i] {
			i = end
			continue
		}
		left, right := x[i], x[i]
		for j := i - 1; j >= 0 && x[j] <= x[i]; j-- {
			left = min(left, x[j])
		}
		for j := end + 1; j < len(x) && x[j] <= x[i]; j++ {
			right = min(right, x[j])
		}
		if x[i]-max(left, right) >= prominence {
			at = append(at, (i+end)/2)
		}
		i = end
	}
	return at
}
