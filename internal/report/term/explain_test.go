package term

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/report/reporttest"
	"beacon/internal/shape"
)

func explained(t *testing.T, f *beacon.Finding, fs *beacon.Findings, o Options) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, Explain(&out, f, fs, o))
	return out.String()
}

// without is the finding with no call in some slots.
func without(f beacon.Finding, slots ...int64) beacon.Finding {
	var counts []shape.Count
	for _, c := range f.Day.Series.Counts {
		keep := true
		for _, slot := range slots {
			keep = keep && c.Index%60 != slot
		}
		if keep {
			counts = append(counts, c)
		}
	}
	day := *f.Day
	day.Series.Counts = counts
	f.Day = &day
	return f
}

func TestExplain(t *testing.T) {
	fs := reporttest.Sample()
	reporttest.Golden(t, "explain.flagged.golden", []byte(explained(t, &fs.List[0], fs, Options{})))
	near := without(fs.List[1], 17, 43)
	near.Day.Slots = 58
	reporttest.Golden(t, "explain.near.golden", []byte(explained(t, &near, fs, Options{Width: 80, ASCII: true})))
	text := explained(t, &near, fs, Options{})
	assert.Contains(t, text, "not flagged: called in 58 of 60 slots")
	assert.Contains(t, text, "missing: 17, 43\n")
	assert.NotContains(t, explained(t, &fs.List[0], fs, Options{}), "\x1b")
}

// TestExplainFits any width and cycle.
func TestExplainFits(t *testing.T) {
	fs := reporttest.Sample()
	for _, cycle := range []time.Duration{time.Minute, time.Hour, 24 * time.Hour} {
		fs.Query.Cycle = cycle
		for width := 40; width < 200; width += 3 {
			for line := range strings.Lines(explained(t, &fs.List[0], fs, Options{Width: width, ASCII: width%2 == 0})) {
				require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), width, "%q", line)
			}
		}
	}
}

// TestSlotFlowsAddUp: each call is in the slot of its minute, before the epoch too.
func TestSlotFlowsAddUp(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	q := &beacon.Query{Bucket: time.Minute, Cycle: time.Hour}
	f := beacon.Finding{Day: &beacon.Day{Series: shape.Series{Bucket: time.Minute}}}
	want := make([]int64, 60)
	for range 500 {
		c := shape.Count{Index: int64(r.IntN(100000) - 50000), Calls: int64(1 + r.IntN(9))}
		f.Day.Series.Counts = append(f.Day.Series.Counts, c)
		want[time.Unix(c.Index*60, 0).UTC().Minute()] += c.Calls
	}
	require.Equal(t, want, slotFlows(&f, q))
}

// TestExplainOthersFits: a pair and a source in every width, with the parts of the rank.
func TestExplainOthersFits(t *testing.T) {
	fs := reporttest.Kinds()
	day, addr := &fs.List[0], fs.List[1].Sources[0].Addr
	source := Subject{Name: addr.String(), Is: func(s *beacon.Source) bool { return s.Has(addr) }}
	day.Sources = append(day.Sources, beacon.Source{Addr: addr, Flows: 7, Bytes: 70})
	called := []Called{{Destination: netset.MustHost("198.51.100.9"), Port: 443, Names: []string{"c2.example.com"}, Flows: 1250, Bytes: 1 << 20}}
	for width := 60; width < 200; width += 3 {
		var pair, host bytes.Buffer
		require.NoError(t, ExplainPair(&pair, source, 0, day, fs, Options{Width: width}))
		require.NoError(t, ExplainSource(&host, source, called, fs, Options{Width: width}))
		for line := range strings.Lines(pair.String() + host.String()) {
			require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), width, "%q", line)
		}
		assert.Contains(t, pair.String(), "7 flows on all ports, 70 B")
		assert.Contains(t, host.String(), "10.0.0.5 calls: 1 destination, with 5 beacons")
		assert.Contains(t, host.String(), "c2.example.com")
	}
	var out bytes.Buffer
	host := fs.List[1].Destinations[0].Host
	day.Destinations[0].Host = host
	require.NoError(t, ExplainPair(&out, source, 443, day, fs, Options{}))
	assert.Regexp(t, `beacon: 31 hosts > 198\.51\.100\.9:443, sleeps 20\.6 min`, out.String())
	assert.Contains(t, out.String(), "rank: score 0.00 of 1, the mean of evidence")
	out.Reset()
	require.NoError(t, ExplainPair(&out, source, 80, day, fs, Options{}))
	assert.Contains(t, out.String(), "none: too few calls, or none that keep time")
}
