// Package lanes does the arithmetic of package stats on several numbers at once, with the
// digits of the plain loops beside it.
package lanes

import "math"

//go:generate go run -C ../../vectors . logs ../stats/lanes
//go:generate go run -C ../../vectors . butterflies ../stats/lanes
//go:generate go run -C ../../vectors . rows ../stats/lanes

// width is the number of float64 in a vector.
const width = 4

// Logs sets to[i] to the natural logarithm of from[i], for every i. The numbers in from are
// positive and normal.
func Logs(to, from []float64) {
	to = to[:len(from)]
	n := 0
	if haveAVX2 && len(from) >= width {
		n = len(from) &^ (width - 1)
		logsAVX2(&to[0], &from[0], n)
	}
	for i := n; i < len(from); i++ {
		to[i] = math.Log(from[i])
	}
}

// Butterflies takes four transforms of n/4 complex numbers in place of one of n, each of
// its stride interleaved ones. cos and sin are those of the turns k/N for k below N, where N
// is 2·n·stride; the other lists have n·stride numbers.
func Butterflies(re, im, nextRe, nextIm, cos, sin []float64, n, stride int) {
	size := n * stride
	re, im, nextRe, nextIm, cos, sin = re[:size], im[:size], nextRe[:size], nextIm[:size], cos[:2*size], sin[:2*size]
	if haveAVX2 && n >= 4 && stride >= width && stride%width == 0 {
		butterfliesAVX2(&re[0], &im[0], &nextRe[0], &nextIm[0], &cos[0], &sin[0], n, stride)
		return
	}
	butterfliesPlain(re, im, nextRe, nextIm, cos, sin, n, stride)
}

// butterfliesPlain is Butterflies for any processor.
func butterfliesPlain(re, im, nextRe, nextIm, cos, sin []float64, n, stride int) {
	l := n / 4 * stride
	for p := range n / 4 {
		at := p * stride
		c1, s1 := cos[2*at], sin[2*at]
		c2, s2 := cos[4*at], sin[4*at]
		c3, s3 := cos[6*at], sin[6*at]
		ar, ai := re[at:at+stride], im[at:at+stride]
		br, bi := re[at+l:][:len(ar)], im[at+l:][:len(ar)]
		cr, ci := re[at+2*l:][:len(ar)], im[at+2*l:][:len(ar)]
		dr, di := re[at+3*l:][:len(ar)], im[at+3*l:][:len(ar)]
		ai = ai[:len(ar)]
		r0, i0 := nextRe[4*at:][:len(ar)], nextIm[4*at:][:len(ar)]
		r1, i1 := nextRe[4*at+stride:][:len(ar)], nextIm[4*at+stride:][:len(ar)]
		r2, i2 := nextRe[4*at+2*stride:][:len(ar)], nextIm[4*at+2*stride:][:len(ar)]
		r3, i3 := nextRe[4*at+3*stride:][:len(ar)], nextIm[4*at+3*stride:][:len(ar)]
		for q := range ar {
			sumRe, sumIm := ar[q]+cr[q], ai[q]+ci[q]
			lessRe, lessIm := ar[q]-cr[q], ai[q]-ci[q]
			otherRe, otherIm := br[q]+dr[q], bi[q]+di[q]
			turnRe, turnIm := bi[q]-di[q], dr[q]-br[q] // -i times the difference
			r0[q], i0[q] = sumRe+otherRe, sumIm+otherIm
			r1[q], i1[q] = times(lessRe+turnRe, lessIm+turnIm, c1, s1)
			r2[q], i2[q] = times(sumRe-otherRe, sumIm-otherIm, c2, s2)
			r3[q], i3[q] = times(lessRe-turnRe, lessIm-turnIm, c3, s3)
		}
	}
}

func times(re, im, cos, sin float64) (float64, float64) {
	return re*cos - im*sin, re*sin + im*cos
}
