package stats

import (
	"math"
	"math/bits"
	"slices"
	"sync"
)

// Peak is one line of an event-time periodogram.
type Peak struct {
	Cycles float64 // cycles over the span of the events
	Power  float64 // |Σ exp(2πi·phase)|² / n
	rank   float64
}

// Periodogram finds the strongest lines of sorted event times between minCycles and
// maxCycles over their span: binned, transformed, and the top peaks by Power less
// the logarithm of their cycles, since a fast line has that many more chances. At
// most top peaks are returned, strongest first; bins, a power of two, bounds the
// transform's length.
//
// Between two whole numbers of cycles stands the power half way, by interbinning: a
// line there has π/4 of the difference of its neighbours. So a line is missed by a
// quarter of a cycle at most, which costs it a fifth of its power.
// Source: Ransom, Eikenberry and Middleditch (2002), eq. 31.
//
// Note: padding the events to twice their span does the same at twice the length, and
// with it and four bins to the fastest cycle, where there are now 2.5, transforms were
// three times as long and took a fifth of a judgement.
func Periodogram(times []int64, minCycles, maxCycles float64, bins, top int) []Peak {
	n := len(times)
	if n < 2 || top < 1 {
		return nil
	}
	span := float64(times[n-1] - times[0])
	if span <= 0 || maxCycles < minCycles {
		return nil
	}
	const perCycle = 2.5
	size := max(16, 1<<bits.Len(uint(perCycle*maxCycles)))
	if size > bins { // bins is a power of two
		size = bins
		maxCycles = math.Min(maxCycles, float64(size)/perCycle)
	}
	s := spectrumOf(size)
	defer spectra[bits.Len(uint(size))].Put(s)
	peaks := findPeaks(s.squares(times, maxCycles), float64(n), max(int(math.Ceil(2*minCycles)), 1), top)
	for i := range peaks { // bins as long as a part of a cycle dampen it
		x := math.Pi * peaks[i].Cycles / float64(size)
		peaks[i].Power *= x * x / (math.Sin(x) * math.Sin(x))
	}
	return peaks
}

// leastPower is the least power of a peak: the mean power of events at random is 1.
const leastPower = 2

// findPeaks returns the top peaks among squares/n, from an index on. The cycles that the ranks
// pay for only grow, so that the floor does.
//
// Note: nearly all squares are too small for a peak, which one comparison tells. Dividing each
// first, and comparing it with its neighbours, took a fifth of Periodogram.
func findPeaks(squares []float64, n float64, from, top int) (peaks []Peak) {
	const rounded = 1 - 1e-9 // a square that is smaller by more than this has a smaller power
	floor := float64(leastPower)
	for i := from; i < len(squares)-1; i++ {
		if squares[i] < floor*n*rounded {
			continue
		}
		if p := squares[i] / n; p >= floor && p >= squares[i-1]/n && p >= squares[i+1]/n {
			peak := Peak{Cycles: float64(i) / 2, Power: p}
			price := math.Log(peak.Cycles)
			peak.rank = p - price
			if peaks = insertPeak(peaks, peak, top); len(peaks) == top {
				floor = max(floor, (peaks[top-1].rank+price)*rounded)
			}
		}
	}
	return peaks
}

// spectrum is a transform of one size with its memory, which is used again: making
// one costs more than using it.
type spectrum struct {
	fft    *transform
	square []float64
}

// spectra are by the bit length of their size.
var spectra [64]sync.Pool

func spectrumOf(size int) *spectrum {
	if s, ok := spectra[bits.Len(uint(size))].Get().(*spectrum); ok {
		return s
	}
	return &spectrum{fft: newTransform(size)}
}

// squares returns |Σ exp(2πi·phase)|² at every half cycle up to maxCycles and one beyond, by
// twice the cycles.
func (s *spectrum) squares(times []int64, maxCycles float64) []float64 {
	counts := [2][]float64{s.fft.re, s.fft.im} // of the even bins and of the odd ones
	clear(counts[0])
	clear(counts[1])
	bins := 2 * len(s.fft.re)
	scale := float64(bins) / float64(times[len(times)-1]-times[0])
	for _, t := range times {
		bin := min(int(float64(t-times[0])*scale), bins-1)
		counts[bin&1][bin>>1]++
	}
	last := min(int(maxCycles), bins/2-2)
	s.square = slices.Grow(s.square[:0], 2*last+2)[:2*last+2]
	const halfWay = math.Pi * math.Pi / 16
	s.fft.squares(s.square, halfWay)
	return s.square
}

func insertPeak(peaks []Peak, p Peak, top int) []Peak {
	at := len(peaks)
	for at > 0 && peaks[at-1].rank < p.rank {
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
