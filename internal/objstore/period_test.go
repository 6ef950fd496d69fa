package objstore

import (
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
		"1234/06/15/x":                                                       "",
		"2024/13/15/x":                                                       "",
		"2024/06/x":                                                          "",
		"day=15/x":                                                           "",
		"hour=08/x":                                                          "",
		"2024-06-15.csv":                                                     "",
		"customers/20241399/x":                                               "",
		"":                                                                   "",
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
