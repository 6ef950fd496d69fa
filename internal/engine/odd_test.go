package engine_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/netset"
)

// odd answers a query of both rules from one of the odd logs.
func odd(t *testing.T, name string) *beacon.Findings {
	t.Helper()
	shared := os.Getenv("BEACON_SHARED")
	if shared == "" {
		t.Skip("BEACON_SHARED is not set")
	}
	return findBoth(t, filepath.Join(shared, "cases", "odd", name))
}

// findBoth answers a query of both rules from a log.
func findBoth(t *testing.T, path string) *beacon.Findings {
	t.Helper()
	q := beacon.Query{Rules: beacon.EveryMinute | beacon.EveryRhythm, Bucket: time.Minute, Cycle: time.Hour, Slots: 60, Order: beacon.ByLog, Internal: netset.Default()}
	require.NoError(t, q.Validate())
	return find(t, []string{path}, q, 2)
}

func warned(fs *beacon.Findings, text string) bool {
	return slices.ContainsFunc(fs.Warnings, func(w beacon.Warning) bool { return strings.Contains(w.Text, text) })
}

// One record far outside the log changes nothing but the counts, and is named.
func TestStrayTimeChangesNoJudgement(t *testing.T) {
	with, without := odd(t, "stray-time.csv"), odd(t, "stray-time-without.csv")
	require.True(t, warned(with, "2042"), "%v", with.Warnings)
	require.True(t, warned(with, "10.0.0.5 -> 198.51.100.9"), "%v", with.Warnings)
	require.Len(t, with.Warnings, len(without.Warnings)+1)
	require.Equal(t, without.Totals.First, with.Totals.First)
	require.Equal(t, without.Totals.Last, with.Totals.Last)
	sameJudgements(t, without, with)
}

// The pieces of a connection that an exporter cut are one call.
func TestCutConnectionIsOneCall(t *testing.T) {
	fs := odd(t, "one-connection-cut.csv")
	require.Empty(t, beaconsOf(fs))

	// So is a cut of 30 minutes with nothing between the pieces, beside a timer whose
	// calls each have a port of their own.
	var log bytes.Buffer
	log.WriteString("timestamp,duration,src_ip,src_port,dst_ip,dst_port,bytes\n")
	for i := range 40 {
		at := 1592697600 + 1800*i
		fmt.Fprintf(&log, "%d,1800,10.0.0.9,51515,192.0.2.44,22,5000\n", at)
		fmt.Fprintf(&log, "%d,0.5,10.0.0.8,%d,192.0.2.45,443,500\n", at+i*i%7, 40000+i)
	}
	path := filepath.Join(t.TempDir(), "cut.csv")
	require.NoError(t, os.WriteFile(path, log.Bytes(), 0o600))
	require.Equal(t, []string{"192.0.2.45"}, beaconsOf(findBoth(t, path)))
}

// A log whose times are multiples of five minutes says so once.
func TestCoarseClockIsNamed(t *testing.T) {
	fs := odd(t, "coarse-clock-5m.csv")
	require.True(t, warned(fs, "multiples of 5 min"), "%v", fs.Warnings)
}

func TestFlowsWithNeitherEndInsideAreNamed(t *testing.T) {
	fs := odd(t, "dual-stack.csv")
	require.True(t, warned(fs, "60 of 130 flows have neither end in an internal network"), "%v", fs.Warnings)
	require.Equal(t, int64(60), fs.Totals.Neither)
}

// sameJudgements holds the findings of two answers to each other.
func sameJudgements(t *testing.T, want, got *beacon.Findings) {
	t.Helper()
	require.Len(t, got.List, len(want.List))
	for i := range want.List {
		a, b := want.List[i], got.List[i]
		require.Equal(t, a.Destinations, b.Destinations)
		require.Equal(t, a.Verdict, b.Verdict)
		require.Equal(t, a.First, b.First)
		require.Equal(t, a.Last, b.Last)
		if a.Day != nil {
			require.Equal(t, a.Day.Shape, b.Day.Shape)
			require.Equal(t, a.Day.Series, b.Day.Series)
		}
		if a.Schedule != nil {
			require.Equal(t, a.Schedule.RITA, b.Schedule.RITA)
			require.Equal(t, a.Schedule.Period, b.Schedule.Period)
			require.Equal(t, a.Schedule.P, b.Schedule.P)
		}
	}
}

// beaconsOf returns the destinations of the beacons of the rhythm rule.
func beaconsOf(fs *beacon.Findings) (list []string) {
	for f := range fs.Of(beacon.ScopeSchedule) {
		if f.Verdict == beacon.VerdictBeacon {
			list = append(list, f.Destinations[0].Host.String())
		}
	}
	return list
}

// Whatever step times are rounded down to, random calls are no beacon.
func TestCoarseClocksMakeNoBeacon(t *testing.T) {
	for _, step := range []int64{2, 5, 20, 90, 120, 600, 900, 1200, 7200, 10800} {
		r := rand.New(rand.NewPCG(uint64(step), 1))
		var log bytes.Buffer
		log.WriteString("timestamp,src_ip,dst_ip,dst_port\n")
		for at := int64(0); at < 200*step; at += 1 + int64(1.4*float64(step)*r.ExpFloat64()) {
			fmt.Fprintf(&log, "%d,10.0.0.%d,192.0.2.%d,443\n", 1718409600+at/step*step, 1+r.IntN(2), 1+r.IntN(2))
		}
		path := filepath.Join(t.TempDir(), "coarse.csv")
		require.NoError(t, os.WriteFile(path, log.Bytes(), 0o600))
		fs := findBoth(t, path)
		require.Empty(t, beaconsOf(fs), "steps of %d s", step)
		require.True(t, warned(fs, "the log's clock is coarse"), "steps of %d s: %v", step, fs.Warnings)
	}
}

// A flow may last to a time that no int64 holds.
func TestSpanToTheEndOfTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "late.csv")
	require.NoError(t, os.WriteFile(path, []byte("timestamp,duration,src_ip,dst_ip\n2261-06-21 00:00:02,999999999,10.0.0.5,192.0.2.7\n"), 0o600))
	q := beacon.Query{Rules: beacon.EveryMinute, Bucket: time.Minute, Cycle: time.Hour, Slots: 60, Order: beacon.ByLog, Internal: netset.Default(), Span: true}
	require.Equal(t, 60, find(t, []string{path}, q, 1).List[0].Day.Slots)
}

// Copies of a log are named, and what to do about them is said once.
func TestCopiesOfALog(t *testing.T) {
	var paths []string
	for _, name := range []string{"a.csv", "b.csv", "c.csv"} {
		paths = append(paths, filepath.Join(t.TempDir(), name))
		require.NoError(t, os.WriteFile(paths[len(paths)-1], []byte("timestamp,src_ip,dst_ip\n2020-06-21 00:00:02,10.0.0.5,192.0.2.7\n"), 0o600))
	}
	q := beacon.Query{Rules: beacon.EveryMinute, Bucket: time.Minute, Cycle: time.Hour, Slots: 60, Order: beacon.ByLog, Internal: netset.Default()}
	var hints []string
	for _, w := range find(t, paths, q, 1).Warnings {
		if strings.Contains(w.Text, "look like the same log") {
			hints = append(hints, w.Hint)
		}
	}
	require.Len(t, hints, 2)
	require.Empty(t, hints[0])
	require.Contains(t, hints[1], "give each log once")
}
