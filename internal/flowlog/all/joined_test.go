package all

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"
)

// A day, time of day or end that can't be read, or isn't there, leaves the other records as they
// are.
func TestJoinedTimesBesideBadOnes(t *testing.T) {
	const first, second = "2020-03-05T09:30:00Z", "2020-03-25T23:59:58Z"
	for text, want := range map[string][]string{
		"date,start,end\n2020-03-05,09:30:00,09:30:10\n2020-02-30,10:00:00,10:00:10\n2020-03-25,23:59:58,00:00:08\n": {first + " 10s", second + " 10s"},
		"date,start,end\n2020-03-05,09:30:00,09:30:10\n,10:00:00,10:00:10\n2020-03-25,23:59:58,\n":                   {first + " 10s", second},
		"date,start,end\n2020-03-05,09:30:00,09:30:10\n2020-03-25,23:59:58,never\n":                                  {first + " 10s", second},
		"date,start,end\n3/5/2020,09:30:00,09:30:10\n3/25/2020,23:59:58,\n":                                          {first + " 10s", second}, // the end alone doesn't tell the order
		"date,time\n2020-03-05,093000\nnever,120000\n2020-03-05,never\n2020-03-25,235958\n":                          {first, second},
		"date,time\n2020-03-05,93000\n2020-03-05,never\n2020-03-25,235958\n":                                         {first, second},
		"date,time\n2020-03-05,34200\n2020-03-05,0.5\n2020-03-25,86398\n":                                            {first, "2020-03-05T00:00:00.5Z", second},
		"date,time\n20200305,09:30:00 AM\n20200325,11:59:58 PM\n":                                                    {first, second},
		"date,time\n2020.03.05,09:30:00 AM\n2020.03.25,11:59:58pm\n":                                                 {first, second},
		"date,time\n05.03.2020,0930\n25.03.2020,2359\n":                                                              {first, "2020-03-25T23:59:00Z"},
		"date,time\n3/5/2020,0930\n3/25/2020,2359\n":                                                                 {first, "2020-03-25T23:59:00Z"},
	} {
		lines := strings.Split(strings.TrimSpace(text), "\n")
		table := lines[0] + ",src,dst\n" + strings.Join(lines[1:], ",10.0.0.5,203.0.113.9\n") + ",10.0.0.5,203.0.113.9\n"
		require.Equal(t, want, startsAndDurations(t, table), text)
		var records strings.Builder
		for _, line := range lines[1:] {
			records.WriteString(`{"src":"10.0.0.5","dst":"203.0.113.9"`)
			for i, cell := range strings.Split(line, ",") {
				records.WriteString(`,"` + strings.Split(lines[0], ",")[i] + `":"` + cell + `"`)
			}
			records.WriteString("}\n")
		}
		require.Equal(t, want, startsAndDurations(t, records.String()), text)
	}
}

// Times of day in digits are read with the --time-format that the analyst would give, and without
// one where the days need it they are refused.
func TestJoinedDigitsInTimeFormat(t *testing.T) {
	for format, text := range map[string]string{
		"%d/%m/%Y %H%M%S":     "93000",
		"%d/%m/%Y %H%M":       "0930",
		"02/01/2006 150405":   "093000",
		"%d/%m/%Y %H:%M:%S":   "93000",
		"eu":                  "0930",
		"02/01/2006 15:04:05": "34260",
	} {
		path := logtest.WriteFile(t, "log", []byte("date,time,src,dst\n25/03/2020,"+text+",10.0.0.5,203.0.113.9\n"))
		flows, _, err := logtest.ReadFlows(path, flowlog.Options{TimeFormat: format}, flow.Base, 1)
		require.NoError(t, err, format)
		require.Contains(t, []string{"1585128600", "1585128660"}, flows[:len("1585128600")], format)
		_, _, err = logtest.ReadFlows(path, flowlog.Options{}, flow.Base, 1)
		require.ErrorContains(t, err, "the day stands first", format)
	}
}

// An end past midnight is the next day's, also where the clocks skip that time on the day of the
// start.
func TestEndsPastMidnightOnTheDayOfTheChange(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	for end, want := range map[string]time.Duration{"02:30:00": 3*time.Hour + 30*time.Minute, "02:30:00-04:00": 3*time.Hour + 30*time.Minute, "04:30:00Z": time.Hour + 30*time.Minute} {
		path := logtest.WriteFile(t, "log", []byte("date,start,end,src,dst\n2024-03-10,23:00:00,23:00:00,10.0.0.5,203.0.113.9\n2024-03-10,23:00:00,"+end+",10.0.0.5,203.0.113.9\n"))
		flows, _, err := logtest.ReadFlows(path, flowlog.Options{Zone: zone}, flow.Base|flow.Duration, 1)
		require.NoError(t, err)
		require.Contains(t, flows, fmt.Sprintf("\t%d\t", want), "%s: %s", end, flows)
	}
}

// A day or a time of day alone is no time, whatever number or date it may be.
func TestHalvesOfTimesInJSON(t *testing.T) {
	for half, whole := range map[string]string{
		`"time":"034200"`:                   `"date":"20200305","time":"093000"`, // a day of 1993 in a spreadsheet
		`"time":93000`:                      `"date":"2020-03-05","time":93000`,
		`"date":"2020-03-05","minute":"30"`: `"date":"2020-03-05","hour":"9","minute":"30"`,
	} {
		const ends = `,"src":"10.0.0.5","dst":"203.0.113.9"}` + "\n"
		require.Equal(t, []string{"2020-03-05T09:30:00Z", "2020-03-05T09:30:00Z"}, startsAndDurations(t, "{"+whole+ends+"{"+half+ends+"{"+whole+ends), half)
	}
}

// Ends that come late are joined as the starts are.
func TestLateEndsInParts(t *testing.T) {
	const noEnd, end = "2020-03-05,09:30:00,,10.0.0.5,203.0.113.9\n", "2020-03-05,09:30:00,09:30:10,10.0.0.5,203.0.113.9\n"
	got := startsAndDurations(t, "date,start,end,src,dst\n"+strings.Repeat(noEnd, 3000)+end)
	require.Equal(t, "2020-03-05T09:30:00Z 10s", got[len(got)-1])
}
