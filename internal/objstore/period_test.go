package objstore

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/stored"
)

type discard struct{}

func (discard) Begin(int)               {}
func (discard) Batch(*flow.Batch) error { return nil }

func TestPeriodOf(t *testing.T) {
	for key, want := range map[string]string{
		"year=2024/month=06/day=15/hour=08/x.parquet":                        "2024-06-15 08 1h",
		"vpc/year=2024/month=6/day=5/x.parquet":                              "2024-06-05 00 24h",
		"year=2024/month=02/x":                                               "2024-02-01 00 696h",
		"AWSLogs/123456789012/vpcflowlogs/eu-west-1/2024/06/15/x.log.gz":     "2024-06-15 00 24h",
		"AWSLogs/123456789012/vpcflowlogs/eu-west-1/2024/06/15/08/x.log.gz":  "2024-06-15 08 1h",
		"ext/region=eu-west-1/accountId=123456789012/eventDay=20240615/x.gz": "2024-06-15 00 24h",
		"zeek/2024-06-15/conn.08:00:00-09:00:00.log.gz":                      "2024-06-15 00 24h",
		"dt=2024-06-15/hr=23/x":                                              "2024-06-15 23 1h",
		"20240615/x":                                                         "2024-06-15 00 24h",
		"AWSLogs/aws-account-id=1/aws-service=vpcflowlogs/aws-region=eu-west-1/year=2024/month=06/day=15/hour=08/x.parquet": "2024-06-15 08 1h",
		"resourceId=/SUBSCRIPTIONS/A/y=2024/m=06/d=03/h=08/m=05/macAddress=B/PT1H.json":                                     "2024-06-03 08 1h",
		"compute.googleapis.com/vpc_flows/2024/06/03/08:00:00_08:59:59_S0.json":                                             "2024-06-03 00 24h",
		"2024/06/15/dt=2024-06-15/x":        "2024-06-15 00 24h",
		"dt=2024-06-15/version=20230101/x":  "2024-06-15 00 24h",
		"load_date=2024-07-01/x":            "",
		"dt=2024-06-15/copied/2024-07-01/x": "", // either may be that of the flows
		"y=2024/m=06/d=03/d=04/x":           "",
		"1234/06/15/x":                      "",
		"2024/13/15/x":                      "",
		"2024/06/x":                         "",
		"day=15/x":                          "",
		"hour=08/x":                         "",
		"2024-06-15.csv":                    "",
		"customers/20241399/x":              "",
		"":                                  "",
	} {
		p, ok := periodOf(key)
		got := ""
		if ok {
			got = p.begin.Format("2006-01-02 15 ") + p.end.Sub(p.begin).String()[:len(p.end.Sub(p.begin).String())-len("0m0s")]
		}
		require.Equal(t, want, got, key)
	}
}

// Objects of other days aren't read, and no flow of the time asked for is lost.
func TestPrunedByTime(t *testing.T) {
	f := newFake(t)
	for _, day := range []string{"2024-06-10", "2024-06-13", "2024-06-14", "2024-06-15", "2024-06-16", "2024-06-17", "2024-06-20"} {
		at, _ := time.Parse(time.DateOnly, day)
		f.put(t, "day="+day+"/flows.csv", steppedLog(at.AddDate(0, 0, -1).Format(time.DateOnly), 100*time.Second, 2*864)) // from the day before on
	}
	at := func(text string) int64 {
		parsed, err := time.Parse(time.DateTime, text)
		require.NoError(t, err)
		return parsed.UnixNano()
	}
	opt := flowlog.Options{From: at("2024-06-15 00:00:00"), To: at("2024-06-16 00:00:00")}
	got, err := f.flows(t, opt, "s3://logs/day=*/flows.csv")
	require.NoError(t, err)
	require.Equal(t, []string{"3 of 7 objects are read; by their keys, the others lie outside --from and --to"}, f.notes)
	f.notes = nil
	found, err := f.Find("s3://logs/", stored.Wanted{})
	require.NoError(t, err)
	require.Len(t, found.Objects, 7)
	require.Empty(t, f.notes)
	var all []string
	for _, o := range found.Objects {
		all = append(all, o.URL) // named, none is left out
	}
	want, err := f.flows(t, opt, all...)
	require.NoError(t, err)
	require.Equal(t, want, got)
	_, err = f.flows(t, flowlog.Options{From: at("2025-01-01 00:00:00"), To: at("2025-01-02 00:00:00")}, "s3://logs/")
	require.ErrorContains(t, err, "none of its 7 objects is of the time asked for")
}

// Of what is counted back from the last flow, only objects are read whose keys aren't too long
// before the newest one, and no flow is lost.
func TestPrunedByLast(t *testing.T) {
	f := newFake(t)
	put := func(day string) {
		at, err := time.Parse(time.DateOnly, day)
		require.NoError(t, err)
		f.put(t, "day="+day+"/flows.csv", steppedLog(at.AddDate(0, 0, -1).Format(time.DateOnly), 100*time.Second, 2*864-36)) // from the day before on, but for the last hour
	}
	for _, day := range []string{"2024-06-10", "2024-06-13", "2024-06-14", "2024-06-15", "2024-06-16", "2024-06-17"} {
		put(day)
	}
	f.put(t, "others/flows.csv", steppedLog("2024-06-16", 100*time.Second, 864)) // whose key tells no time
	find := func(back time.Duration) (urls []string) {
		f.notes = nil
		found, err := f.Find("s3://logs/", stored.Wanted{Back: back})
		require.NoError(t, err)
		for _, o := range found.Objects {
			urls = append(urls, o.URL)
		}
		return urls
	}
	all, some := find(0), find(24*time.Hour)
	require.Len(t, all, 7)
	require.Len(t, some, 5)
	require.Equal(t, []string{"5 of 7 objects are read; by their keys, the others are too old; the newest key is of 2024-06-17"}, f.notes)
	left := time.Date(2024, 6, 15, 0, 0, 0, 0, time.UTC).UnixNano() // a day before the newest key's day, and the margin
	require.False(t, f.Misses(left))
	require.True(t, f.Misses(left-1))
	last := time.Date(2024, 6, 17, 22, 58, 20, 0, time.UTC)
	opt := flowlog.Options{From: last.Add(-24 * time.Hour).UnixNano(), To: last.UnixNano() + 1}
	want, err := f.flows(t, opt, all...)
	require.NoError(t, err)
	got, err := f.flows(t, opt, some...)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.NotEmpty(t, got)
	require.Len(t, find(48*time.Hour), 6)
	require.Len(t, find(1000*time.Hour), 7)
	require.Empty(t, f.notes)

	put("2024-06-20") // by itself
	require.Len(t, find(24*time.Hour), 8)
	require.Empty(t, f.notes)
	put("2024-06-19")
	require.Len(t, find(24*time.Hour), 4, "17, 19, 20 and what tells no time")
}

// Whatever the layout, a flow is read that stands in an object of the next hour, on the next day
// or in the next month.
func TestPrunedInEachLayout(t *testing.T) {
	f := newFake(t)
	begin := time.Date(2024, 5, 29, 0, 0, 0, 0, time.UTC)
	to := begin.AddDate(0, 0, 3)     // the last half hour of May, whose flows stand in objects of June
	for i, layout := range []string{ // of time.Format, so that 9 is the only digit besides
		"year=2006/month=01/day=02/hour=15/x.csv",
		"AWSLogs/999999999999/vpcflowlogs/eu-west-9/2006/01/02/x.log",
		"AWSLogs/aws-account-id=9/aws-service=vpcflowlogs/aws-region=eu-west-9/year=2006/month=01/day=02/x.log",
		"dt=2006-01-02/x.csv",
		"aws/VPC_FLOW/9.0/region=eu-west-9/accountId=999999999999/eventDay=20060102/x.csv",
		"2006/01/02/15/stream-x.csv",
		"compute.googleapis.com/vpc_flows/2006/01/02/15:00:00_15:59:59_S0.json",
		"resourceId=/SUBSCRIPTIONS/A/PROVIDERS/B/y=2006/m=01/d=02/h=15/m=00/macAddress=C/PT1H.json",
	} {
		objects := map[string][]byte{}
		for hour := range 6 * 24 {
			written := begin.Add(time.Duration(hour) * time.Hour)
			key := fmt.Sprintf("%d/%s", i, written.Format(layout))
			if objects[key] == nil {
				objects[key] = []byte("timestamp,src_ip,dst_ip,bytes\n")
			}
			for _, ago := range []time.Duration{time.Hour, 30 * time.Minute, time.Second} {
				objects[key] = fmt.Appendf(objects[key], "%s,10.0.0.1,203.0.113.1,%d\n", written.Add(-ago).Format(time.RFC3339), hour)
			}
		}
		for key, text := range objects {
			f.put(t, key, text)
		}
		f.notes = nil
		got, err := f.flows(t, flowlog.Options{From: to.Add(-30 * time.Minute).UnixNano(), To: to.UnixNano()}, fmt.Sprintf("s3://logs/%d/", i))
		require.NoError(t, err, layout)
		require.Equal(t, 2, strings.Count(got, ",72,"), layout)
		require.Equal(t, 3, strings.Count(got, "\n"), layout)
		require.Len(t, f.notes, 1, layout)
		t.Log(layout, f.notes)
	}
}
