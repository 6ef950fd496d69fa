package shape

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pinned is a series near a threshold, with the shape that it has.
type pinned struct {
	name   string
	days   float64 // length of the log
	calls  func(minute int) int64
	want   Shape
	chance bool // whether chance explains its slots
}

// daily returns whether a minute lies in one of the runs [from, to) of its day.
func daily(runs ...[2]int) func(minute int) int64 {
	return func(minute int) int64 {
		for _, r := range runs {
			if m := minute % 1440; m >= r[0] && m < r[1] {
				return 1
			}
		}
		return 0
	}
}

// onDays is daily with the runs of each day of its own.
func onDays(runs func(day int) [][2]int) func(minute int) int64 {
	return func(minute int) int64 { return daily(runs(minute / 1440)...)(minute) }
}

// each is a call every step minutes from and to a minute of the day.
func each(step, from, to int) func(minute int) int64 {
	return func(minute int) int64 {
		if m := minute % 1440; m >= from && m < to && (m-from)%step == 0 {
			return 1
		}
		return 0
	}
}

// times multiplies calls.
func times(calls func(int) int64, n int64) func(int) int64 {
	return func(minute int) int64 { return n * calls(minute) }
}

func add(a, b func(int) int64) func(int) int64 {
	return func(minute int) int64 { return a(minute) + b(minute) }
}

// hunt has the three runs a day of the original hunt.
var hunt = daily([2]int{492, 553}, [2]int{678, 739}, [2]int{858, 919})

// strays adds four runs a day of n calls in one minute, at times of their own, to three
// runs of 1,020 calls.
func strays(n int64) func(int) int64 {
	return add(times(daily([2]int{492, 552}, [2]int{678, 738}, [2]int{858, 918}), 17), func(minute int) int64 {
		day, m := minute/1440, minute%1440
		for k := range 4 {
			if m >= 960+k*110+day*22 && m < 965+k*110+day*22 {
				return n / 5
			}
		}
		return 0
	})
}

// workday has high calls a minute for half of the day, low ones for the other.
func workday(high, low int64) func(int) int64 {
	return func(minute int) int64 {
		if m := minute % 1440; m >= 480 && m < 1200 {
			return high
		}
		return low
	}
}

// peaks has ten calls in some of every six minutes of eight hours, one in all others.
func peaks(some int) func(int) int64 {
	return func(minute int) int64 {
		if m := minute % 1440; m >= 480 && m < 960 && m%6 < some {
			return 10
		}
		return 1
	}
}

// atOtherTimes has regular runs a day, and one more at a time of its own.
func atOtherTimes(regular int) func(int) int64 {
	return onDays(func(day int) [][2]int {
		runs := [][2]int{{200 + 100*day, 240 + 100*day}}
		for k := range regular {
			runs = append(runs, [2]int{900 + 150*k, 940 + 150*k})
		}
		return runs
	})
}

// jittered has three runs a day that start late on every other day.
func jittered(late int) func(int) int64 {
	return onDays(func(day int) [][2]int {
		d := day % 2 * late
		return [][2]int{{300 + d, 360 + d}, {600 + d, 660 + d}, {900 + d, 960 + d}}
	})
}

var pinnedCases = []pinned{
	{"silences of 25 minutes within runs", 5, daily([2]int{300, 303}, [2]int{328, 331}, [2]int{800, 803}, [2]int{828, 831}), Bursts, false},
	{"runs 33 minutes apart", 5, daily([2]int{300, 355}, [2]int{388, 443}), Bursts, true},
	{"small runs that are not strays", 5, strays(60), Diurnal, true},
	{"small runs that are strays", 5, strays(45), Bursts, true},
	{"runs of four calls", 5, daily([2]int{300, 304}, [2]int{700, 704}), Sparse, false},
	{"runs of six calls", 5, daily([2]int{300, 306}, [2]int{700, 706}), Bursts, false},
	{"runs of 100 minutes", 5, daily([2]int{300, 400}), Bursts, true},
	{"runs of 140 minutes", 5, daily([2]int{300, 440}), Sparse, true},
	{"runs of 21% of the day", 5, daily([2]int{100, 200}, [2]int{500, 600}, [2]int{900, 1000}), Bursts, true},
	{"runs of 28% of the day", 5, daily([2]int{100, 200}, [2]int{450, 550}, [2]int{800, 900}, [2]int{1150, 1250}), Flat, true},
	{"a fifteenth of the calls outside of runs", 5, add(hunt, each(34, 960, 1440)), Bursts, true},
	{"a seventh of the calls outside of runs", 5, add(hunt, add(each(33, 0, 455), each(33, 950, 1440))), Diurnal, true},
	{"starts 13 minutes apart", 5, jittered(13), Bursts, true},
	{"starts 17 minutes apart", 5, jittered(17), Sparse, true},
	{"half of the runs at times of their own", 5, atOtherTimes(1), Sparse, true},
	{"a third of the runs at times of their own", 5, atOtherTimes(2), Bursts, true},
	{"bursts of 1.3 days", 1.3, daily([2]int{60, 120}, [2]int{300, 360}), TooShort, false},
	{"bursts of 1.7 days", 1.7, daily([2]int{60, 120}, [2]int{300, 360}), Bursts, false},
	{"twelve of twenty hours", 20. / 24, daily([2]int{480, 1200}), TooShort, true},
	{"twelve of twenty-six hours", 26. / 24, daily([2]int{480, 1200}), Diurnal, true},
	{"seven hours a day", 5, daily([2]int{480, 900}), Sparse, true},
	{"nine hours a day", 5, daily([2]int{480, 1020}), Diurnal, true},
	{"2.6 times the calls by day", 5, workday(13, 5), Flat, true},
	{"3.4 times the calls by day", 5, workday(17, 5), Diurnal, true},
	{"twelve calls by day", 1, each(40, 480, 960), Sparse, false},
	{"twenty calls by day", 1, each(24, 480, 960), Diurnal, false},
	{"a call each 12 minutes", 5, each(12, 0, 1440), Sparse, true},
	{"a call each 9 minutes", 5, each(9, 0, 1440), Flat, true},
	{"peaks in three of six minutes by day", 5, peaks(3), Flat, true},
	{"peaks in five of six minutes by day", 5, peaks(5), Diurnal, true},
	{"calls that chance is not quite enough for", 5, each(29, 0, 1440), Sparse, false},
	{"calls that chance is just enough for", 5, each(27, 0, 1440), Sparse, true},
}

// differs returns the first pinned case that comes out differently, "" if none does.
func differs() string {
	for _, c := range pinnedCases {
		length := int(c.days * 1440)
		f := finding{Calls: Calls{Series: Series{Bucket: time.Minute}, Sources: 3}}
		for m := range length {
			if n := c.calls(m); n > 0 {
				f.Series.Counts = append(f.Series.Counts, Count{Index: int64(m), Calls: n})
				f.Flows += n
			}
		}
		f.judge(Log{Last: int64(length)*int64(time.Minute) - 1, InternalHosts: 100})
		if f.Shape != c.want || f.Evidence.ByChance() != c.chance {
			return fmt.Sprintf("%s: %s, by chance %v (%.2f), %+v", c.name, f.Shape, f.Evidence.ByChance(), f.Evidence.ChanceAll, f.Evidence)
		}
	}
	for _, c := range []struct {
		e    Evidence
		want bool
	}{
		{Evidence{ChanceAll: 0.5, Missed: 0.0085}, false},
		{Evidence{ChanceAll: 0.5, Missed: 0.0115}, true},
		{Evidence{ChanceAll: 0.85e-6, Missed: 1}, false},
		{Evidence{ChanceAll: 1.15e-6, Missed: 1}, true},
	} {
		if c.e.Borderline(Flat) != c.want || c.e.Borderline(Bursts) {
			return fmt.Sprintf("borderline: %+v", c.e)
		}
	}
	return ""
}

// TestEveryThresholdIsNoticed moves each threshold by a quarter both ways: a pinned case
// has to come out differently.
func TestEveryThresholdIsNoticed(t *testing.T) {
	require.Empty(t, differs())
	before := Limits
	defer func() { Limits = before }()
	fields := reflect.ValueOf(&Limits).Elem()
	for i := range fields.NumField() {
		for _, factor := range []float64{0.75, 1.25} {
			Limits = before
			if f := fields.Field(i); f.CanInt() {
				f.SetInt(int64(float64(f.Int()) * factor))
			} else {
				f.SetFloat(f.Float() * factor)
			}
			noticed := differs()
			assert.NotEmpty(t, noticed, "%s times %v is noticed by no case", fields.Type().Field(i).Name, factor)
			t.Logf("%s times %v: %s", fields.Type().Field(i).Name, factor, noticed)
		}
	}
}
