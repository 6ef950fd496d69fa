package stats

import (
	"math"
	"math/bits"
	"sync"

	"gonum.org/v1/gonum/dsp/fourier"
)

// Peak is one line of an event-time periodogram.
type Peak struct {
	Cycles float64 // cycles over the span of the events
	Power  float64 // |Σ exp(2πi·phase)|² / n
}

// Periodogram finds the strongest lines of sorted event times between minCycles and
// maxCycles over their span: binned, transformed, and the top peaks by Power less
// the logarithm of their cycles, since a fast line has that many more chances. At
// most top peaks are returned, strongest first; bins, a power of two, bounds the
// transform's length.
func Periodogram(times []int64, minCycles, maxCycles float64, bins, top int) []Peak {
	n := len(times)
	if n < 2 || top < 1 {
		return nil
	}
	span := float64(times[n-1] - times[0])
	if span <= 0 || maxCycles < minCycles {
		return nil
	}
	// Padding to twice the span halves the step between frequencies, which keeps
	// the loss between two bins of the transform below 10%.
	size := 1 << bits.Len(uint(4*2*maxCycles))
	if size > bins { // bins is a power of two
		size = bins
		maxCycles = math.Min(maxCycles, float64(size)/8)
	}
	if size < 16 {
		size = 16
	}
	counts := make([]float64, size)
	scale := float64(size/2-1) / span
	for _, t := range times {
		counts[int(float64(t-times[0])*scale)]++
	}
	fft := plan(size)
	coef := fft.Coefficients(nil, counts)
	plans[bits.Len(uint(size))].Put(fft)
	step := float64(size) / float64(size/2-1) // the transform's length in spans
	lo, hi := int(math.Ceil(minCycles*step)), int(maxCycles*step)
	hi = min(hi, len(coef)-2)
	power := func(i int) float64 { a := coef[i]; return (real(a)*real(a) + imag(a)*imag(a)) / float64(n) }
	var peaks []Peak
	for i := max(lo, 1); i <= hi; i++ {
		p := power(i)
		if p < power(i-1) || p < power(i+1) || p < 2 {
			continue
		}
		pk := Peak{Cycles: float64(i) / step, Power: p}
		peaks = insertPeak(peaks, pk, top)
	}
	return peaks
}

// plans keeps transforms for reuse, by the bit length of their size: making one
// costs more than using it.
var plans [64]sync.Pool

func plan(size int) *fourier.FFT {
	if p, ok := plans[bits.Len(uint(size))].Get().(*fourier.FFT); ok {
		return p
	}
	return fourier.NewFFT(size)
}

func (p Peak) rank() float64 { return p.Power - math.Log(p.Cycles) }

func insertPeak(peaks []Peak, p Peak, top int) []Peak {
	at := len(peaks)
	for at > 0 && peaks[at-1].rank() < p.rank() {
		at--
	}
	if at >= top {
		return peaks
	}
	if len(peaks) < top {
		peaks = append(peaks, Peak{})
	}
	copy(peaks[at+1:], peaks[at:])
	peaks[at] = p
	return peaks
}
