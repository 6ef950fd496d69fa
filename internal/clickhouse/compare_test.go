package clickhouse

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/client"
	"beacon/internal/engine"
	"beacon/internal/flow"
	"beacon/internal/flowlog"
	_ "beacon/internal/flowlog/all"
	"beacon/internal/netset"
	"beacon/internal/simulate"
)

// writeCSV writes the rows of a log to a file of the test.
func writeCSV(t *testing.T, name string, rows func(emit func(simulate.Row) error) error) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	require.NoError(t, err)
	w := simulate.NewCSVWriter(f, false)
	require.NoError(t, rows(w.Write))
	require.NoError(t, w.Close())
	require.NoError(t, f.Close())
	return path
}

func writeText(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

// officeLog is the office log of so many days, at a small volume.
func officeLog(t *testing.T, days int) string {
	return writeCSV(t, "office.csv", func(emit func(simulate.Row) error) error {
		cfg := simulate.DefaultOffice()
		cfg.Scale, cfg.Days = 0.01, days
		if testing.Short() {
			cfg.Scale = 0.004
		}
		_, err := simulate.Office(cfg, emit)
		return err
	})
}

// mixedLog is flows between addresses of both families, a few of which call in
// every minute.
func mixedLog(t *testing.T) string {
	addr := func(format string, n int) netip.Addr { return netip.MustParseAddr(fmt.Sprintf(format, n)) }
	return writeCSV(t, "mixed.csv", func(emit func(simulate.Row) error) error {
		start := time.Date(2024, 2, 28, 22, 0, 0, 0, time.UTC).UnixNano()
		for i := range 9000 {
			r := simulate.Row{Time: start + int64(i)*int64(time.Second) + int64(i%1000)*1e6, SrcPort: uint16(40000 + i%99), DstPort: 443, Proto: simulate.TCP, Bytes: int64(i)}
			switch i % 5 {
			case 0:
				r.Src, r.Dst = addr("10.0.0.%d", 1+i%7), addr("203.0.113.%d", 1+i%3)
			case 1:
				r.Src, r.Dst = addr("fd00::%x", 1+i%5), addr("2001:db8::%x", 1+i%4)
			case 2:
				r.Src, r.Dst, r.DstPort = addr("fe80::%x", 1+i%5), addr("ff02::%x", 1+i%2), 5353
			case 3:
				r.Src, r.Dst = addr("2001:db8::%x", 1+i%400), addr("fd00::%x", 1+i%5)
			case 4:
				r.Src, r.Dst = addr("192.168.1.%d", 1+i%200), addr("198.51.100.%d", 1+i%250)
			}
			if err := emit(r); err != nil {
				return err
			}
		}
		return nil
	})
}

func openLog(t *testing.T, opt flowlog.Options, paths ...string) *flowlog.Log {
	t.Helper()
	log, err := flowlog.Open(paths, nil, opt)
	require.NoError(t, err)
	t.Cleanup(func() { log.Close() })
	return log
}

// everyMinute is the question of the main job.
func everyMinute() beacon.Query {
	return beacon.Query{Rules: beacon.EveryMinute, Bucket: time.Minute, Cycle: time.Hour, Slots: 60, Order: beacon.ByTime, Want: flow.Bytes | flow.Port}
}

// arrow is the other engine's answer.
func arrow(t *testing.T, path string, q beacon.Query) *beacon.Findings {
	t.Helper()
	e := &engine.Engine{Log: openLog(t, flowlog.Options{From: q.From, To: q.To}, path), Workers: 2}
	fs, err := e.Find(t.Context(), q)
	require.NoError(t, err)
	return fs
}

// comparable is an answer without what a database can't know: a source's place
// in a file, and warnings about the first flows of one. What an output may hold in memory is
// no part of an answer.
func comparable(fs *beacon.Findings) *beacon.Findings {
	for i := range fs.List {
		for j := range fs.List[i].Sources {
			fs.List[i].Sources[j].Position = 0
		}
	}
	fs.Query.Internal, fs.Query.Exclude = nil, nil
	fs.Warnings, fs.Memory = nil, 0
	return fs
}

func networks(t *testing.T, list ...string) *netset.Set {
	t.Helper()
	set, err := netset.Parse(list)
	require.NoError(t, err)
	return set
}

// day is midnight of a day of the office log, in ns.
func day(n int) int64 {
	return time.Date(2020, 6, 21+n, 0, 0, 0, 0, time.UTC).UnixNano()
}

// questions are what both engines are asked of a log.
func questions(t *testing.T, only ...string) map[string]beacon.Query {
	all := map[string]beacon.Query{"every minute": everyMinute()}
	with := func(name string, change func(*beacon.Query)) {
		q := everyMinute()
		change(&q)
		all[name] = q
	}
	with("without evidence", func(q *beacon.Query) { q.Want = 0 })
	with("slots", func(q *beacon.Query) { q.Slots = 40 })
	with("ten minutes of the day", func(q *beacon.Query) { q.Bucket, q.Cycle, q.Slots = 10*time.Minute, 24*time.Hour, 12 })
	with("seconds of the minute", func(q *beacon.Query) { q.Bucket, q.Cycle, q.Slots = time.Second, time.Minute, 30 })
	with("odd bucket", func(q *beacon.Query) {
		q.Bucket, q.Cycle, q.Slots = 1234567*time.Nanosecond, 50*1234567*time.Nanosecond, 30
	})
	with("internal", func(q *beacon.Query) { q.Internal = networks(t, "10.0.0.0/8", "120.0.0.0/8", "fd00::/8") })
	with("one address internal", func(q *beacon.Query) { q.Internal = networks(t, "10.0.0.1", "fd00::1"); q.Slots = 5 })
	with("wide networks internal", func(q *beacon.Query) { q.Internal = networks(t, "::/0", "10.0.0.0/9"); q.Slots = 5 })
	with("exclude", func(q *beacon.Query) { q.Exclude = networks(t, "203.0.113.1", "8.8.8.8", "ff00::/8", "fd00::3") })
	with("only", func(q *beacon.Query) {
		for _, a := range only {
			q.Only = append(q.Only, netset.MustHost(a))
		}
	})
	with("rhythm", func(q *beacon.Query) { q.Rules = beacon.EveryRhythm })
	with("both rules", func(q *beacon.Query) {
		q.Rules |= beacon.EveryRhythm
		q.Rhythm.MinCalls, q.Decision.FDR = 9, 0.2
		q.Internal = networks(t, "120.0.0.0/8", "fd00::/8", "10.0.0.0/8")
	})
	with("none", func(q *beacon.Query) { q.Only = []netset.Host{} })
	return all
}

// sameAnswers asks both engines every question and compares.
func sameAnswers(t *testing.T, path string, e *Engine, all map[string]beacon.Query) {
	flagged := 0
	for name, q := range all {
		t.Run(name, func(t *testing.T) {
			want := comparable(arrow(t, path, q))
			found, err := e.Find(t.Context(), q)
			require.NoError(t, err)
			warnings := found.Warnings // comparable leaves them out
			require.Equal(t, want.Totals, found.Totals)
			require.Equal(t, want.PairTotals, found.PairTotals)
			require.Equal(t, want, comparable(found))
			q.Brief, q.Want = true, 0
			brief, err := e.Find(t.Context(), q)
			require.NoError(t, err)
			require.Equal(t, found.Sources, brief.Sources)
			if len(found.List) == 0 {
				require.Equal(t, warnings, brief.Warnings)
				require.Equal(t, found.Totals.InternalHosts > 0, brief.Totals.InternalHosts > 0)
			}
			flagged += len(found.List)
			if q.Rules.Has(beacon.EveryRhythm) {
				t.Logf("%d schedules of %d pairs, %d long flows", len(slices.Collect(found.Of(beacon.ScopeSchedule))), found.PairTotals.Pairs, len(found.Long))
			}
		})
	}
	require.Positive(t, flagged, "nothing was flagged: the questions ask nothing")
}

// TestNothingFlagged holds that a query for no more than sources, where nothing is flagged, has
// the warnings of the whole answer without counting addresses. Nor does the rhythm rule count them.
func TestNothingFlagged(t *testing.T) {
	p := twoShards(t)
	path := officeLog(t, 1)
	e := p[0].engine(t, "nothing")
	_, err := e.Load(t.Context(), openLog(t, noOptions, path), LoadOptions{Workers: 2})
	require.NoError(t, err)
	asked := map[string]int{}
	e.Progress = func(at client.Progress) { asked[at.Doing]++ }
	for name, internal := range map[string][]string{"inferred": nil, "given": {"120.18.0.0/16", "192.0.2.0/24"}, "elsewhere": {"192.0.2.0/24"}} {
		t.Run(name, func(t *testing.T) {
			q := everyMinute()
			q.From, q.To, q.Want = day(0), day(0)+int64(30*time.Minute), 0
			if internal != nil {
				q.Internal = networks(t, internal...)
			}
			found, err := e.Find(t.Context(), q)
			require.NoError(t, err)
			require.Empty(t, found.List)
			require.NotEmpty(t, found.Warnings)
			clear(asked)
			q.Brief = true
			brief, err := e.Find(t.Context(), q)
			require.NoError(t, err)
			require.Equal(t, found.Warnings, brief.Warnings)
			require.Equal(t, found.Totals.InternalHosts > 0, brief.Totals.InternalHosts > 0)
			require.Equal(t, name == "elsewhere", asked["counting addresses"] > 0, "addresses were counted")
			require.Positive(t, asked["folding flows"])
		})
	}
	t.Run("rhythm", func(t *testing.T) {
		q := everyMinute()
		q.Rules, q.Internal, q.Want = beacon.EveryRhythm, networks(t, "120.18.0.0/16"), 0
		clear(asked)
		found, err := e.Find(t.Context(), q)
		require.NoError(t, err)
		require.NotEmpty(t, found.List)
		require.Positive(t, asked["counting addresses"])
		clear(asked)
		q.Brief = true
		brief, err := e.Find(t.Context(), q)
		require.NoError(t, err)
		require.Equal(t, found.Sources, brief.Sources)
		require.Zero(t, asked["counting addresses"])
	})
}

func TestSameAnswers(t *testing.T) {
	p := twoShards(t)
	office, mixed := officeLog(t, 1), mixedLog(t)
	t.Run("office on two shards", func(t *testing.T) {
		e := p[0].engine(t, "office", "cluster=two")
		r, err := e.Load(t.Context(), openLog(t, flowlog.Options{}, office), LoadOptions{Workers: 2})
		require.NoError(t, err)
		require.True(t, r.Created)
		require.Positive(t, p[0].number(t, "SELECT count() FROM office"))
		require.Positive(t, p[1].number(t, "SELECT count() FROM office"))
		sameAnswers(t, office, e, questions(t, "5.183.60.54", "8.8.8.8", "1.2.3.4"))
	})
	t.Run("office through a distributed table", func(t *testing.T) {
		p[1].exec(t, "CREATE TABLE office_all AS office ENGINE = Distributed(two, default, office, rand())")
		e := p[1].engine(t, "office_all")
		q := everyMinute()
		sameAnswers(t, office, e, map[string]beacon.Query{"every minute": q})
	})
	t.Run("both families", func(t *testing.T) {
		e := p[0].engine(t, "mixed")
		_, err := e.Load(t.Context(), openLog(t, flowlog.Options{}, mixed), LoadOptions{Workers: 2})
		require.NoError(t, err)
		sameAnswers(t, mixed, e, questions(t, "203.0.113.1", "2001:db8::1", "9.9.9.9"))
	})
	t.Run("days with bounds", func(t *testing.T) {
		days := officeLog(t, 3)
		e := p[0].engine(t, "days", "cluster=two")
		_, err := e.Load(t.Context(), openLog(t, flowlog.Options{}, days), LoadOptions{Workers: 2})
		require.NoError(t, err)
		bounded := everyMinute()
		bounded.From, bounded.To = day(1)+1, day(2)+int64(5*time.Hour)
		empty := everyMinute()
		empty.From, empty.To, empty.Internal = day(20), day(21), networks(t, "10.0.0.0/8")
		sameAnswers(t, days, e, map[string]beacon.Query{"all": everyMinute(), "bounded": bounded, "empty": empty})
	})
}

var noOptions flowlog.Options
