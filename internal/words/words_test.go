package words

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestPeriodHasThreeDigits(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0.5 s": 500 * time.Millisecond, "23 s": 23 * time.Second, "59.9 s": 59_930 * time.Millisecond, "119 s": 119 * time.Second,
		"2 min": 2 * time.Minute, "20.6 min": 1_234_100 * time.Millisecond, "28 min": 28 * time.Minute, "120 min": 2*time.Hour - 1,
		"2 h": 2 * time.Hour, "6.25 h": 375 * time.Minute, "168 h": 168 * time.Hour, "8,760 h": 8760 * time.Hour,
	} {
		assert.Equal(t, want, Period(d))
	}
}

func TestLengthIsToTheMinute(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0 s": 0, "0.35 s": 350 * time.Millisecond, "45 s": 45 * time.Second, "1 min": time.Minute, "61 min": 61*time.Minute + 20*time.Second, "1 h": time.Hour, "3 h": 3 * time.Hour,
		"6 h 2 min": 6*time.Hour + 2*time.Minute, "3.5 days": 84 * time.Hour,
	} {
		assert.Equal(t, want, Length(d))
	}
}

func TestStepIsExact(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"10 s": 10 * time.Second, "5 min": 5 * time.Minute, "90 s": 90 * time.Second, "2 h": 2 * time.Hour, "7 d": 7 * 24 * time.Hour, "1.5µs": 1500, "5 ms": 5 * time.Millisecond,
	} {
		assert.Equal(t, want, Step(d))
	}
	assert.Equal(t, "minute", Per(time.Minute))
	assert.Equal(t, "5 min", Per(5*time.Minute))
}

func TestCountsAndSizes(t *testing.T) {
	for want, n := range map[string]int64{"0": 0, "-999": -999, "-1,000": -1000, "12,345": 12345, "1,234,567": 1234567} {
		assert.Equal(t, want, Thousands(n))
	}
	for want, n := range map[string]int64{"0 B": 0, "1023 B": 1023, "1.0 KiB": 1024, "1.5 MiB": 3 << 19, "8.0 EiB": 1<<63 - 1} {
		assert.Equal(t, want, Size(n))
	}
	assert.Equal(t, "1 host", Plural(1, "host", "hosts"))
	assert.Equal(t, "2,000 hosts", Plural(2000, "host", "hosts"))
	assert.Equal(t, " and 3 more", AndMore(3))
	assert.Empty(t, AndMore(0))
	assert.Equal(t, "20% (15% to 25%)", Percents(.2, .15, .25))
}

func TestTimesAreInUTC(t *testing.T) {
	const ns = 1592740800_500_000_000
	assert.Equal(t, "2020-06-21T12:00:00.5Z", UTC(ns))
	assert.Equal(t, "2020-06-21 12:00", Zone{}.ToMinute(ns))
	assert.Equal(t, "2020-06-21 12:00:00", Zone{}.ToSecond(ns))
	assert.Equal(t, []string{"09:05", "00:00"}, Clocks([]time.Duration{9*time.Hour + 5*time.Minute, 24 * time.Hour}))
}

func TestPlainKeepsTheLineWhole(t *testing.T) {
	assert.Equal(t, []string{`a\x1b[31mb`, `c\u2028d`, "ünï"}, PlainAll([]string{"a\x1b[31mb", "c\u2028d", "ünï"}))
}
