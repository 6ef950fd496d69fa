package rhythm

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each rule of thumb speaks against a rhythm of the kind that it is about.
func TestFlaws(t *testing.T) {
	clear := func() Result {
		return Result{Flows: 100, Calls: 100, Test: TestSleep, Period: time.Minute, Regular: 1, Stretches: 1}
	}
	r := clear()
	assert.Empty(t, r.flaws())
	for _, c := range []struct {
		want  FlawCode
		spoil func(r *Result)
	}{
		{FlawIrregular, func(r *Result) { r.Regular = limits.Regular - 0.01 }},
		{FlawMissing, func(r *Result) { r.Miss = 0.97 }},
		{FlawShort, func(r *Result) { r.Calls, r.Period = 10, time.Second }},
		{FlawLoose, func(r *Result) { r.Test, r.Jitter, r.Miss = TestClock, 0.3, 0.5 }},
		{FlawLone, func(r *Result) { r.Stretches = 60 }},
		{FlawLone, func(r *Result) {
			r.Test, r.Steps, r.Stretches = TestCycle, []time.Duration{time.Second, 59 * time.Second}, 20
		}},
		{FlawWide, func(r *Result) { r.Jitter = 2 }},
		{FlawSessions, func(r *Result) { r.Jitter, r.Sessions = 0.5, 5 }},
		{FlawSessions, func(r *Result) { r.Test, r.Sessions = TestSteady, 5 }},
	} {
		r := clear()
		c.spoil(&r)
		flaws := r.flaws()
		require.NotEmpty(t, flaws, c.want)
		assert.Equal(t, c.want, flaws[0].Code)
	}
}
