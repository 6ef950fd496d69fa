package clocks

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// clockNow is the day of the tests.
var clockNow = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// Times that are written in one of the forms of logs are read as the instants that
// they are, in a zone where they name none.
func TestFindClock(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	const want = "2024-06-15 13:00:01" // of all without a comment
	for _, c := range []struct {
		samples []string // read as want; the others decide the form
		zone    *time.Location
		want    string
	}{
		{samples: []string{"2024-06-15 13:00:01"}},
		{samples: []string{"2024-06-15T13:00:01Z"}},
		{samples: []string{"2024-06-15 13:00:01 +0000"}},
		{samples: []string{"2024-06-15 15:00:01 +0200"}},
		{samples: []string{"2024-06-15 15:00:01 +02:00 CEST"}},
		{samples: []string{"2024-06-15 13:00:01 GMT"}},
		{samples: []string{"2024-06-15 13:00:01 +0000 UTC"}},
		{samples: []string{"2024/06/15 13:00:01"}},
		{samples: []string{"2024.06.15 13:00:01"}},
		{samples: []string{"2024-6-15 13:00:01"}},
		{samples: []string{"2024-06-15 13:00:01,250"}, want: "2024-06-15 13:00:01.25"},
		{samples: []string{"2024-06-15 13:00"}, want: "2024-06-15 13:00:00"},
		{samples: []string{"2024-06-15 3:00:01"}, want: "2024-06-15 03:00:01"},
		{samples: []string{"2024-06-15"}, want: "2024-06-15 00:00:00"},
		{samples: []string{"2024-06-15 15:00:01"}, zone: berlin},
		{samples: []string{"2024-06-15 15:00"}, zone: berlin, want: "2024-06-15 13:00:00"},
		{samples: []string{"2024-06-15 01:00:01 PM"}},
		{samples: []string{"2024-06-15_13:00:01"}},
		{samples: []string{"2024-06-15-13:00:01"}},
		{samples: []string{"6/15/24 1:00:01 PM"}},
		{samples: []string{"20240615130001.250Z"}, want: "2024-06-15 13:00:01.25"},
		{samples: []string{"20240615T130001Z"}},
		{samples: []string{"20240615130001"}},
		{samples: []string{"20240615130001250"}, want: "2024-06-15 13:00:01.25"},
		{samples: []string{"20240615 13:00:01"}},
		{samples: []string{"20240615"}, want: "2024-06-15 00:00:00"},
		{samples: []string{"Jun 15, 2024 @ 13:00:01.000"}},
		{samples: []string{"Jun 15, 2024 13:00:01.000000000 UTC"}},
		{samples: []string{"Jun 15 2024 13:00:01"}},
		{samples: []string{"June 15, 2024 1:00:01 PM"}},
		{samples: []string{"15/Jun/2024:13:00:01 +0000"}},
		{samples: []string{"[15/Jun/2024:15:00:01 +0200]"}},
		{samples: []string{"Sat, 15 Jun 2024 13:00:01 +0000"}},
		{samples: []string{"Sat, 15 Jun 2024 15:00:01 +0200 (CEST)"}},
		{samples: []string{"15 Jun 2024 13:00:01"}},
		{samples: []string{"15-Jun-2024 13:00:01"}},
		{samples: []string{"Sat Jun 15 13:00:01 2024"}},
		{samples: []string{"Sat Jun 15 13:00:01 UTC 2024"}},
		{samples: []string{"13:00:01.000 UTC Sat Jun 15 2024"}},
		{samples: []string{"Jun 15 13:00:01"}, want: "2026-06-15 13:00:01"},
		{samples: []string{"Dec  5 13:00:01"}, want: "2025-12-05 13:00:01"}, // not in days to come
		{samples: []string{"Feb 29 13:00:01"}, want: "2024-02-29 13:00:01"},
		{samples: []string{"6/15/2024, 1:00:01 PM"}},
		{samples: []string{"2024-06-15T13:00:01Z[UTC]"}},
		{samples: []string{"2024-06-15T15:00:01.250+02:00[Europe/Berlin]"}, want: "2024-06-15 13:00:01.25"},
		{samples: []string{"2024:06:15-13:00:01"}},
		{samples: []string{"2024/06/15 13:00:01:250"}, want: "2024-06-15 13:00:01.25"},
		{samples: []string{"Jun 15 2024  1:00:01:250PM"}, want: "2024-06-15 13:00:01.25"},
		{samples: []string{"15 Jun 2024 13:00:01:2500000"}, want: "2024-06-15 13:00:01.25"},
		{samples: []string{"Saturday, June 15, 2024 1:00:01 PM"}},
		{samples: []string{"15-JUN-24 01.00.01.250000000 PM"}, want: "2024-06-15 13:00:01.25"},
		{samples: []string{"15-JUN-24 01.00.01.000000 PM +00:00"}},
		{samples: []string{"15-JUN-2024 13.00.01"}},
		{samples: []string{"15-JUN-24 13:00:01"}},
		{samples: []string{"13:00:01 2024/06/15"}},
		{samples: []string{"13:00:01 15.06.2024"}},
		{samples: []string{"13:00:01 15 Jun 2024"}},
		{samples: []string{"13:00:01 6/15/2024"}},
		{samples: []string{"1:00:01 PM 6/15/2024"}},
		{samples: []string{"0x666d9051"}},
		{samples: []string{"06/15/2024 13:00:01"}},
		{samples: []string{"15.06.2024 13:00:01"}},
		{samples: []string{"6/7/2024 1:00:01 PM", "6/15/2024 1:00:01 PM"}, want: "2024-06-07 13:00:01"},
		{samples: []string{"1718456401"}},
		{samples: []string{"1718456401.25"}, want: "2024-06-15 13:00:01.25"},
		{samples: []string{"1718456401250"}, want: "2024-06-15 13:00:01.25"},
		{samples: []string{"1718456401250000"}, want: "2024-06-15 13:00:01.25"},
		{samples: []string{"1718456401250000000"}, want: "2024-06-15 13:00:01.25"},
		{samples: []string{"1718456401", "1718456401250", "1718456401250"}}, // each by its size
		{samples: []string{"1.718456401250E+12"}, want: "2024-06-15 13:00:01.25"},
		{samples: []string{"45458.541678241"}},
		{samples: []string{"133629300012500000"}, want: "2024-06-15 13:00:01.25"},
		{samples: []string{"638540532012500000"}, want: "2024-06-15 13:00:01.25"},
		{samples: []string{"120.25"}, want: "1970-01-01 00:02:00.25"}, // since a capture began: no form makes it plausible
	} {
		t.Run(c.samples[0], func(t *testing.T) {
			opt := &Settings{Zone: c.zone, Now: clockNow}
			clock, err := Find(c.samples, opt)
			require.NoError(t, err)
			got, ok := clock.Parse([]byte(c.samples[0]))
			require.True(t, ok)
			if c.want == "" {
				c.want = want
			}
			require.Equal(t, c.want, time.Unix(0, got).UTC().Format("2006-01-02 15:04:05.999999999"))
		})
	}
}

// Times with two readings, or with none, are refused with what to type.
func TestFindClockRefuses(t *testing.T) {
	for _, c := range []struct {
		samples   []string
		err, hint string
	}{
		{[]string{"15/06/2024 00:00:01"}, "the day stands first", "--time-format '%d/%m/%Y %H:%M:%S' reads it as 2024-06-15 00:00:01"},
		{[]string{"06/07/2024 13:00:01"}, "the month or the day may stand first", "--time-format '%m/%d/%Y %H:%M:%S' reads it as 2024-06-07 13:00:01, --time-format '%d/%m/%Y %H:%M:%S' reads it as 2024-07-06 13:00:01"},
		{[]string{"6/15/2024 8:00:01", "6/16/2024 8:00:01"}, "on a clock of 24 hours, or of 12", "--time-format '%m/%d/%Y %H:%M:%S'"},
		{[]string{"06/07/24 13:00:01"}, "the month or the day may stand first", "--time-format '%d/%m/%y %H:%M:%S' reads it as 2024-07-06 13:00:01"},
		{[]string{"00:00:01 15/06/2024"}, "the day stands first", "--time-format '%H:%M:%S %d/%m/%Y' reads it as 2024-06-15 00:00:01"},
		{[]string{"1:00:01.5 PM 06-07-2024"}, "the month or the day may stand first", "--time-format '%I:%M:%S.%f %p %m-%d-%Y' reads it as 2024-06-07 13:00:01"},
		{[]string{"06/07/2024 13:00:01:250"}, "the month or the day may stand first", "--time-format '%d/%m/%Y %H:%M:%S:%f' reads it as 2024-07-06 13:00:01"},
		{[]string{"2024-06-15 13:00:01:25"}, "unreadable time", "--time-format"},
		{[]string{"1.71841E+12"}, "a spreadsheet has rounded", "as text"},
		{[]string{"yesterday"}, "unreadable time", "--time-format"},
		{[]string{"2024-06-31 00:00:01"}, "unreadable time", "--time-format"},
		{[]string{"2024-06-15 25:00:01"}, "unreadable time", "--time-format"},
	} {
		_, err := Find(c.samples, &Settings{Now: clockNow})
		var input *Error
		require.ErrorAs(t, err, &input, c.samples[0])
		require.ErrorContains(t, err, c.err)
		require.Contains(t, input.Hint, c.hint)
	}
}

// --time-format takes names, strptime and Go layouts, and --year a year.
func TestTimeFormat(t *testing.T) {
	const want = "2024-06-15 13:00:01"
	for _, c := range [][2]string{
		{"%d/%m/%Y %H:%M:%S", "15/06/2024 13:00:01"}, {"%d/%m/%y %T", "15/06/24 13:00:01"}, {"%m/%d/%Y %I:%M:%S %p", "6/15/2024 1:00:01 PM"},
		{"%Y%m%d-%H%M%S.%f", "20240615-130001.0"}, {"%Y%m%d-%H%M%S.%f", "20240615-130001"}, {"%s", "1718456401"}, {"%a %b %e %H:%M:%S %Z %Y", "Sat Jun 15 13:00:01 UTC 2024"},
		{"02/01/2006 15:04:05", "15/06/2024 13:00:01"}, {"Jan _2 2006 15:04:05.000", "Jun 15 2024 13:00:01.000"}, {"2006-01-02T15:04:05Z07:00", "2024-06-15T15:00:01+02:00"},
		{"01/02/2006 3:04:05 PM", "06/15/2024 1:00:01 PM"}, {"kibana", "Jun 15, 2024 @ 13:00:01.000"}, {"us", "6/15/2024 13:00:01"}, {"eu", "15/06/2024 13:00:01"},
		{"excel", "45458.541678241"}, {"filetime", "133629300010000000"}, {"epoch-ms", "1718456401000"}, {"iso", "2024-06-15 13:00:01"}, {"syslog", "Jun 15 13:00:01"},
	} {
		opt := &Settings{Format: c[0], Year: 2024, Now: clockNow}
		clock, err := Find([]string{c[1]}, opt)
		require.NoError(t, err, c)
		got, ok := clock.Parse([]byte(c[1]))
		require.True(t, ok, c)
		require.Equal(t, want, time.Unix(0, got).UTC().Format(time.DateTime), c)
		require.NoError(t, CheckFormat(c[0]))
	}
	for _, bad := range []string{"", "sometimes", "%Q", "%H:%M", "%m/%d/%Y %I:%M", "15:04", "%"} {
		require.Error(t, CheckFormat(bad), bad)
	}
	_, err := Find([]string{"yesterday"}, &Settings{Format: "us"})
	require.ErrorContains(t, err, "is not of --time-format us")
}

// What is plausible ends with tomorrow and begins with 1990, to the ns.
func TestPlausible(t *testing.T) {
	opt := &Settings{Now: clockNow}
	require.Equal(t, time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano(), Earliest)
	require.Equal(t, clockNow.Add(48*time.Hour).UnixNano(), opt.Latest())
	require.True(t, opt.Plausible(Earliest) && opt.Plausible(opt.Latest()))
	require.False(t, opt.Plausible(Earliest-1) || opt.Plausible(opt.Latest()+1))
}

// Any text is a time or none, and never more than that.
func FuzzClock(f *testing.F) {
	for _, s := range []string{"2024-06-15 13:00:01", "Jun 15, 2024 @ 13:00:01.000", "1.7e12", "45458.5", "15/06/2024", "Sat, 15 Jun 2024 15:00:01 +0200 (CEST)"} {
		f.Add(s, "%d/%m/%Y")
	}
	f.Fuzz(func(t *testing.T, text, format string) {
		for _, opt := range []*Settings{{Now: clockNow}, {Now: clockNow, Format: format}} {
			clock, err := Find([]string{text}, opt)
			if err != nil {
				continue
			}
			one, ok := clock.Parse([]byte(text))
			two, again := clock.Parse([]byte(text))
			if one != two || ok != again {
				t.Fatalf("%q is %d, then %d", text, one, two)
			}
		}
	})
}

// A sample that is no time, however long, is none of those that a refusal shows.
func TestRefusedSample(t *testing.T) {
	_, err := Find([]string{"01/02/2020 03:04", "a long text that is no time at all", "02/03/2020 04:05"}, &Settings{Now: clockNow})
	require.ErrorContains(t, err, `times like "01/02/2020 03:04"`)
}

// A day padded with a blank is refused with a format that reads it.
func TestRefusedPaddedDay(t *testing.T) {
	samples := []string{" 1/02/2020 03:04", " 2/02/2020 03:05"}
	_, err := Find(samples, &Settings{Now: clockNow})
	var refused *Error
	require.ErrorAs(t, err, &refused)
	require.Contains(t, refused.Hint, "--time-format '%d/%m/%Y %H:%M' reads it as 2020-02-01 03:04:00")
	clock, err := Find(samples, &Settings{Now: clockNow, Format: "%d/%m/%Y %H:%M"})
	require.NoError(t, err)
	at, ok := clock.Parse([]byte(samples[1]))
	require.True(t, ok)
	require.Equal(t, "2020-02-02 03:05:00", time.Unix(0, at).UTC().Format(time.DateTime))
}
