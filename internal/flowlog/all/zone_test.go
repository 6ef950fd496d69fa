package all

import (
	"strings"
	"testing"
	"time"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/stretchr/testify/require"
)

// A zone from outside the log moves times without one, but not those of a column whose name
// says that they are in UTC.
func TestZoneOfColumnsInUTC(t *testing.T) {
	zone := time.FixedZone("", 2*60*60)
	const noon, ten = "1583409600000000000", "1583402400000000000"
	for text, want := range map[string]string{
		"time,src,dst\n2020-03-05 12:00:00,10.0.0.5,203.0.113.9\n":                                                               ten,
		"time_utc,src,dst\n2020-03-05 12:00:00,10.0.0.5,203.0.113.9\n":                                                           noon,
		"Time [UTC],src,dst\n2020-03-05 12:00:00,10.0.0.5,203.0.113.9\n":                                                         noon,
		"TimeGMT,src,dst\nMar 5 2020 12:00:00,10.0.0.5,203.0.113.9\n":                                                            noon,
		"time_utc,src,dst\n2020-03-05 14:00:00 +0200,10.0.0.5,203.0.113.9\n":                                                     noon,
		"{\"utc_time\":\"2020-03-05 12:00:00\",\"src\":\"10.0.0.5\",\"dst\":\"203.0.113.9\"}\n":                                  noon,
		"{\"time\":\"2020-03-05 12:00:00\",\"src\":\"10.0.0.5\",\"dst\":\"203.0.113.9\"}\n":                                      ten,
		"{\"UtcTime\":\"2020-03-05 12:00:00.000\",\"SourceIp\":\"10.0.0.5\",\"DestinationIp\":\"203.0.113.9\",\"EventID\":3}\n":  noon,
		"TimeGenerated [UTC],SrcIpAddr,DstIpAddr,DstPortNumber\n\"3/5/2020, 12:00:00.000 PM\",10.0.0.5,203.0.113.9,443\n":        noon,
		"TimeGenerated [Local Time],SrcIpAddr,DstIpAddr,DstPortNumber\n\"3/5/2020, 12:00:00.000 PM\",10.0.0.5,203.0.113.9,443\n": ten,
	} {
		flows, report, err := logtest.ReadFlows(logtest.WriteFile(t, "log", []byte(text)), flowlog.Options{Zone: zone}, flow.Base, 1)
		require.NoError(t, err, text)
		require.Zero(t, report.Bad, text)
		got, _, _ := strings.Cut(flows, "\t")
		require.Equal(t, want, got, text)
	}
}

// A zone in a column of its own moves the times beside it. Times beside one that isn't understood
// are skipped, unless --tz names another, or they have zones of their own.
func TestZoneBesideTimes(t *testing.T) {
	const noon, four = "1583409600000000000", "1583380800000000000"
	for text, want := range map[string]struct {
		first string
		bad   int64
	}{
		"time,tz,src,dst\n2020-03-05 12:00:00,+8,10.0.0.5,203.0.113.9\n":                                                                {four, 0},
		"time,tz,src,dst\n\"2020-03-05 12:00:01\",CST,10.0.0.5,203.0.113.9\n2020-03-05 12:00:00,UTC,10.0.0.5,203.0.113.9\n":             {noon, 1},
		"time,tz,src,dst\n3/15/2020 12:00:00,Pacific Standard Time,10.0.0.5,203.0.113.9\n3/15/2020 13:00:00,UTC,10.0.0.5,203.0.113.9\n": {"1584277200000000000", 1},
		"time,tz,src,dst\n2020-03-05 12:00:00Z,Pacific Standard Time,10.0.0.5,203.0.113.9\n":                                            {noon, 0},
		"time,tz,src,dst\n1583409600,Pacific Standard Time,10.0.0.5,203.0.113.9\n":                                                      {noon, 0},
		"time,tz,src,dst\n2020-03-05 20:00:00,hkt,10.0.0.5,203.0.113.9\n":                                                               {noon, 0},
		"time,tz,src,dst\n2020-03-05 12:00:00,N/A,10.0.0.5,203.0.113.9\n":                                                               {noon, 0},
		"time,tz,src,dst\n2020-03-05 12:00:00,-,10.0.0.5,203.0.113.9\n":                                                                 {noon, 0},
	} {
		flows, report, err := logtest.ReadFlows(logtest.WriteFile(t, "log", []byte(text)), flowlog.Options{}, flow.Base, 1)
		require.NoError(t, err, text)
		got, _, _ := strings.Cut(flows, "\t")
		require.Equal(t, want.first, got, text)
		require.Equal(t, want.bad, report.Inputs[0].BadRows, text)
	}
	text := "time,tz,src,dst\n2020-03-05 12:00:00,Pacific Standard Time,10.0.0.5,203.0.113.9\n"
	_, _, err := logtest.ReadFlows(logtest.WriteFile(t, "log", []byte(text)), flowlog.Options{}, flow.Base, 1)
	require.ErrorContains(t, err, "the zone beside the time isn't understood; --tz says what it is, like --tz Europe/Berlin")
	for zone, want := range map[*time.Location]string{time.UTC: noon, time.FixedZone("", -8*60*60): "1583438400000000000"} {
		flows, _, err := logtest.ReadFlows(logtest.WriteFile(t, "log", []byte(text)), flowlog.Options{Zone: zone, ZoneNamed: true}, flow.Base, 1)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(flows, want+"\t"), flows)
	}
}
