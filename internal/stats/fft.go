package stats

import (
	"math"

	"beacon/internal/stats/lanes"
)

// transform is the discrete Fourier transform of real values of one size, with its
// memory: a complex transform of half the size, in Stockham's order by steps of four,
// real and imaginary parts apart.
// Source: Van Loan (1992), Computational Frameworks for the Fast Fourier Transform, 1.7.
//
// Note: gonum's, which knows any size, took 2.5 times as long at powers of two.
type transform struct {
	cos, sin       []float64 // of the turns k/size, k < size
	re, im         []float64 // size/2 each
	nextRe, nextIm []float64
}

// newTransform makes a transform of size real values, a power of two and at least 4.
func newTransform(size int) *transform {
	t := &transform{cos: make([]float64, size), sin: make([]float64, size)}
	for k := range size {
		t.sin[k], t.cos[k] = math.Sincos(-2 * math.Pi * float64(k) / float64(size))
	}
	half := size / 2
	t.re, t.im, t.nextRe, t.nextIm = make([]float64, half), make([]float64, half), make([]float64, half), make([]float64, half)
	return t
}

// squares writes |c|² of the coefficients c[k] = Σ values[j]·exp(-2πi·jk/size) into to, and after
// each that of the difference from the next one, times scale. The even values lie in re, the odd
// ones in im. There are up to size/2-2 coefficients.
//
// Note: the coefficients as a list of their own, and the values as one that is taken apart, took
// a quarter longer.
func (t *transform) squares(to []float64, scale float64) {
	t.turn()
	half := len(t.re)
	n := len(to)/2 + 1
	allRe, allIm, cos, sin := t.re, t.im[:half], t.cos[:n], t.sin[:n]
	a, b := 0.0, 0.0
	for k, c := range cos {
		back := (half - k) & (half - 1)
		re, im, backRe, backIm := allRe[k], allIm[k], allRe[back], allIm[back]
		evenRe, evenIm := (re+backRe)/2, (im-backIm)/2
		oddRe, oddIm := (im+backIm)/2, (backRe-re)/2
		s := sin[k]
		x, y := evenRe+oddRe*c-oddIm*s, evenIm+oddRe*s+oddIm*c
		if k > 0 {
			next := to[2*k-2 : 2*k]
			next[0] = a*a + b*b
			next[1] = scale * ((a-x)*(a-x) + (b-y)*(b-y))
		}
		a, b = x, y
	}
}

// turn transforms re and im.
func (t *transform) turn() {
	stride := 1
	n := len(t.re)
	for ; n >= 4; n, stride = n/4, stride*4 {
		if stride == 1 {
			t.first()
		} else {
			lanes.Butterflies(t.re, t.im, t.nextRe, t.nextIm, t.cos, t.sin, n, stride)
		}
		t.re, t.nextRe, t.im, t.nextIm = t.nextRe, t.re, t.nextIm, t.im
	}
	if n < 2 {
		return
	}
	fromRe, toRe := t.re[:stride], t.re[stride:2*stride]
	fromIm, toIm := t.im[:stride], t.im[stride:2*stride]
	for q := range fromRe {
		fromRe[q], toRe[q] = fromRe[q]+toRe[q], fromRe[q]-toRe[q]
		fromIm[q], toIm[q] = fromIm[q]+toIm[q], fromIm[q]-toIm[q]
	}
}

// first is lanes.Butterflies of stride 1.
func (t *transform) first() {
	n := len(t.re)
	l := n / 4
	ar, br, cr, dr := t.re[:l], t.re[l:2*l], t.re[2*l:3*l], t.re[3*l:]
	ai, bi, ci, di := t.im[:l], t.im[l:2*l], t.im[2*l:3*l], t.im[3*l:]
	br, cr, dr, ai, bi, ci, di = br[:len(ar)], cr[:len(ar)], dr[:len(ar)], ai[:len(ar)], bi[:len(ar)], ci[:len(ar)], di[:len(ar)]
	toRe, toIm := t.nextRe, t.nextIm
	for p := range ar {
		sumRe, sumIm := ar[p]+cr[p], ai[p]+ci[p]
		lessRe, lessIm := ar[p]-cr[p], ai[p]-ci[p]
		otherRe, otherIm := br[p]+dr[p], bi[p]+di[p]
		turnRe, turnIm := bi[p]-di[p], dr[p]-br[p] // -i times the difference
		re, im := toRe[4*p:4*p+4], toIm[4*p:4*p+4]
		re[0], im[0] = sumRe+otherRe, sumIm+otherIm
		re[1], im[1] = times(lessRe+turnRe, lessIm+turnIm, t.cos[2*p], t.sin[2*p])
		re[2], im[2] = times(sumRe-otherRe, sumIm-otherIm, t.cos[4*p], t.sin[4*p])
		re[3], im[3] = times(lessRe-turnRe, lessIm-turnIm, t.cos[6*p], t.sin[6*p])
	}
}

func times(re, im, cos, sin float64) (float64, float64) {
	return re*cos - im*sin, re*sin + im*cos
}
