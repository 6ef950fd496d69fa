package all

import (
	"strings"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/stretchr/testify/require"
)

// A time of day is joined with the date beside it, in digits or not, and with the zone, unless
// the name of its column says that it is in UTC. A number beside a date is no time of day where
// it has other lengths.
func TestTimesApartFromDates(t *testing.T) {
	const four, elevenTo, noon = "1583380800", "1583406000", "1583409600"
	for text, want := range map[string]string{
		"date,time,src,dst\n20200305,040000,10.0.0.5,203.0.113.9\n":                                                                          four, // days of a spreadsheet otherwise
		"date,time,src,dst\n20200305,0400,10.0.0.5,203.0.113.9\n":                                                                            four,
		"date,time,src,dst\n20200305,04:00,10.0.0.5,203.0.113.9\n":                                                                           four,
		"date,time,src,dst\n2020-03-05,120000,10.0.0.5,203.0.113.9\n":                                                                        noon,
		"date,time,src,dst\n2020-03-05,1200,10.0.0.5,203.0.113.9\n":                                                                          noon,
		"date,time,tz,src,dst\n20200305,120000,+0100,10.0.0.5,203.0.113.9\n":                                                                 elevenTo,
		"date,time,src,dst\n20200305,40000,10.0.0.5,203.0.113.9\n20200305,120000,10.0.0.5,203.0.113.9\n":                                     four, // a number, so that 1200 would be 00:12:00
		"date,hour,minute,src,dst\n20200305,12,0,10.0.0.5,203.0.113.9\n20200305,13,0,10.0.0.5,203.0.113.9\n":                                 noon,
		"date,hour,minute,second,tz,src,dst\n2020-03-05,12,0,00,+0100,10.0.0.5,203.0.113.9\n2020-03-05,13,0,00,+0100,10.0.0.5,203.0.113.9\n": elevenTo,
		"date,time,src,dst\n20200305,1583409600,10.0.0.5,203.0.113.9\n":                                                                      noon,
		"date,time,src,dst\n2020-03-05,1583409600,10.0.0.5,203.0.113.9\n":                                                                    noon,
		"time,tz,src,dst\n2020-03-05 12:00:00,+0100,10.0.0.5,203.0.113.9\n":                                                                  elevenTo,
		"time_utc,tz,src,dst\n2020-03-05 12:00:00,+0100,10.0.0.5,203.0.113.9\n":                                                              noon,
		"{\"date\":\"20200305\",\"time\":\"120000\",\"src\":\"10.0.0.5\",\"dst\":\"203.0.113.9\"}\n":                                         noon,
		"{\"date\":\"2020-03-05\",\"time\":\"0400\",\"src\":\"10.0.0.5\",\"dst\":\"203.0.113.9\"}\n":                                         four,
		"date=20200305 time=040000 src=10.0.0.5 dst=203.0.113.9\n":                                                                           four,
		"date=2020-03-05 time=1200 src=10.0.0.5 dst=203.0.113.9\n":                                                                           noon,
		"{\"date\":\"2020-03-05T12:00:00Z\",\"time\":\"1583409600\",\"src\":\"10.0.0.5\",\"dst\":\"203.0.113.9\"}\n":                         noon,
	} {
		flows, report, err := logtest.ReadFlows(logtest.WriteFile(t, "log", []byte(text)), flowlog.Options{}, flow.Base, 1)
		require.NoError(t, err, text)
		require.Zero(t, report.Bad, text)
		got, _, _ := strings.Cut(flows, "\t")
		require.Equal(t, want+"000000000", got, text)
	}
}

// Days without a time of day are refused in all forms.
func TestDaysAlone(t *testing.T) {
	for _, days := range [][2]string{{"20200305", "20200306"}, {"2020-03-05", "2020-03-06"}, {"05.03.2020", "06.03.2020"}} {
		text := "date,hour,src,dst\n" + days[0] + ",12,10.0.0.5,203.0.113.9\n" + days[1] + ",12,10.0.0.5,203.0.113.9\n"
		_, _, err := logtest.ReadFlows(logtest.WriteFile(t, "log", []byte(text)), flowlog.Options{}, flow.Base, 1)
		require.ErrorContains(t, err, "without a time of day", text)
	}
	text := "{\"time\":\"12:00:00\",\"src\":\"10.0.0.5\",\"dst\":\"203.0.113.9\"}\n"
	_, _, err := logtest.ReadFlows(logtest.WriteFile(t, "log", []byte(text)), flowlog.Options{}, flow.Base, 1)
	require.ErrorContains(t, err, "times like \"12:00:00\", without the day")
}
