package rhythm

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// A series falls into sessions only where silences part it and no run is long.
func TestSessions(t *testing.T) {
	const s = int64(time.Second)
	series := func(runs, calls int, gap, silence int64) *intervals {
		var times []int64
		at := int64(0)
		for range runs {
			for range calls {
				times = append(times, at)
				at += gap
			}
			at += silence
		}
		c := newIntervals(times, 0, float64(s))
		return &c
	}
	assert.Equal(t, 5, series(5, 20, 10*s, 300*s).sessions(float64(10*s)))
	assert.Equal(t, 1, series(5, 20, 10*s, 30*s).sessions(float64(10*s)), "what is missed is no silence")
	assert.Equal(t, 0, series(5, 101, 10*s, 300*s).sessions(float64(10*s)), "a run of many calls")
	assert.Equal(t, 0, series(5, 20, 600*s, 9000*s).sessions(float64(600*s)), "a run of hours")
}
