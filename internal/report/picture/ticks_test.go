package picture

import (
	"math"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/report/reporttest"
)

// TestTicksAreFewAndRound over logs of seconds to years.
func TestTicksAreFewAndRound(t *testing.T) {
	for length := int64(1e9); length < 20*365*86400e9; length = length*3/2 + 7 {
		ticks := TimeTicks{reporttest.Noon, reporttest.Noon + length, MaxTicks}.Ticks()
		require.LessOrEqual(t, len(ticks), MaxTicks+1)
		for _, tick := range ticks {
			require.GreaterOrEqual(t, tick.At, int64(reporttest.Noon))
			require.LessOrEqual(t, tick.At, reporttest.Noon+length)
		}
	}
}

// Times at the ends of what ns since 1970 hold have marks, and the marks end.
func TestTicksOfCenturies(t *testing.T) {
	for _, span := range [][2]int64{{0, math.MaxInt64}, {math.MinInt64, math.MaxInt64}, {math.MaxInt64 - 1, math.MaxInt64}, {math.MinInt64, math.MinInt64 + 1}, {1577836800e9, 9223372036e9}} {
		ticks := TimeTicks{First: span[0], Last: span[1], Most: MaxTicks}.Ticks()
		require.LessOrEqual(t, len(ticks), MaxTicks+1, "%v", span)
	}
}

// An axis that spans years names each of them once.
func TestTicksNameTheYears(t *testing.T) {
	const day = 86400e9
	var labels []string
	for _, tick := range (TimeTicks{reporttest.Noon, reporttest.Noon + 500*day, MaxTicks}).Ticks() {
		labels = append(labels, tick.Label)
	}
	years := regexp.MustCompile(` 20\d\d$`)
	var named []string
	for _, label := range labels {
		if years.MatchString(label) {
			named = append(named, label[len(label)-4:])
		}
	}
	assert.Equal(t, []string{"2020", "2021"}, named, "%v", labels)
	for _, tick := range (TimeTicks{reporttest.Noon, reporttest.Noon + 5*day, MaxTicks}).Ticks() {
		assert.NotRegexp(t, years, tick.Label)
	}
}
