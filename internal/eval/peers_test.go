package eval

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/eval/peer"
	"beacon/internal/rita"
	"beacon/internal/stats"
)

// every is n calls exactly period seconds apart.
func every(period float64, n int) []float64 {
	at := make([]float64, n)
	for i := range at {
		at[i] = period * float64(i)
	}
	return at
}

// Each peer on series whose answer follows from its formula.
func TestPeersByHand(t *testing.T) {
	alternating := make([]float64, 0, 80) // gaps 40 s, 80 s, 40 s, ...
	for i := range 40 {
		alternating = append(alternating, float64(i)*120, float64(i)*120+40)
	}
	cases := []struct {
		name string
		rule peer.Rule
		at   []float64
		want peer.Answer
	}{
		{"flare, exact", peer.Flare(5, 10), every(60, 50), peer.Answer{Beacon: true, Period: time.Minute}},
		{"flare, ten gaps are too few", peer.Flare(5, 10), every(60, 11), peer.Answer{}},
		{"flare, eleven gaps", peer.Flare(5, 10), every(60, 12), peer.Answer{Beacon: true, Period: time.Minute}},
		{"flare, gaps of 1 s don't count", peer.Flare(5, 10), every(1, 500), peer.Answer{}},
		{"flare 30, half the gaps alike", peer.Flare(30, 50), alternating, peer.Answer{Beacon: true, Period: 40 * time.Second}},
		{"flare 60, half the gaps alike", peer.Flare(60, 50), alternating, peer.Answer{}},
		{"sentinel, an hour of one-minute gaps", peer.Sentinel, every(60, 60), peer.Answer{Beacon: true, Period: time.Minute}},
		{"sentinel, thirty gaps are too few", peer.Sentinel, every(60, 31), peer.Answer{}},
		{"sentinel, gaps of 25 s don't count", peer.Sentinel, every(25, 140), peer.Answer{}},
		{"sentinel, six an hour are too few", peer.Sentinel, every(600, 144), peer.Answer{}},
		{"sentinel, half the gaps alike", peer.Sentinel, alternating, peer.Answer{}},
		{"cv 0", peer.CV, every(60, 50), peer.Answer{Beacon: true, Period: time.Minute}},
		{"cv 1/3", peer.CV, alternating, peer.Answer{}},
		{"cv, nine gaps are too few", peer.CV, every(60, 10), peer.Answer{}},
		{"cv, all at once", peer.CV, make([]float64, 20), peer.Answer{}},
		{"g-test, exact", peer.GTest, every(64, 200), peer.Answer{Beacon: true, Period: 64 * time.Second}},
		{"g-test, two calls", peer.GTest, every(60, 2), peer.Answer{}},
		{"g-test, all at once", peer.GTest, make([]float64, 20), peer.Answer{}},
		{"elastic, one a minute", peer.ElasticCounts, every(60, 60), peer.Answer{Beacon: true}},
		{"elastic, one in ten minutes is no even count", peer.ElasticCounts, every(600, 144), peer.Answer{}},
		{"elastic, one in ten minutes is periodic", peer.Elastic, every(600, 144), peer.Answer{Beacon: true, Period: 10 * time.Minute}},
		{"elastic, six buckets are too few", peer.Elastic, every(60, 6), peer.Answer{}},
		{"baywatch, exact", peer.Baywatch, every(600, 144), peer.Answer{Beacon: true, Period: 10 * time.Minute}},
		{"baywatch, two calls", peer.Baywatch, every(600, 2), peer.Answer{}},
		{"baywatch, a period below its minutes", peer.Baywatch, every(60, 1440), peer.Answer{}},
	}
	for _, c := range cases {
		assert.Equal(t, c.want, rounded(judgeAt(c.rule, c.at, 86400)), c.name)
	}
}

// rounded cuts the period to whole seconds.
func rounded(a peer.Answer) peer.Answer {
	a.Period = a.Period.Round(time.Second)
	return a
}

func TestElasticEvenBytes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	p := pairAt(stats.Until(stats.Poisson(r, 1.0/300), 86400))
	assert.False(t, peer.Elastic.Judge(p, spanOf(86400)).Beacon, "no bytes known")
	for range p.Times {
		p.Bytes = append(p.Bytes, 1000+int64(r.IntN(50)))
	}
	assert.True(t, peer.Elastic.Judge(p, spanOf(86400)).Beacon, "bytes within 5%")
	for i := range p.Bytes {
		p.Bytes[i] = int64(100 + r.IntN(100_000))
	}
	assert.False(t, peer.Elastic.Judge(p, spanOf(86400)).Beacon, "bytes of any size")
}

func TestRITAThreshold(t *testing.T) {
	p := pairAt(every(60, 1440))
	for range p.Times {
		p.Bytes = append(p.Bytes, 500)
	}
	span := spanOf(86400)
	s := rita.Compute(p.Times, p.Bytes, span.First, span.Last)
	if !s.Eligible {
		t.Skip("RITA's score is not there yet")
	}
	assert.True(t, peer.RITA(s.Total).Judge(p, span).Beacon)
	assert.False(t, peer.RITA(s.Total+0.001).Judge(p, span).Beacon)
}

// The peers on simulated beacons, beside the figures published for them: detection of
// sleeping beacons by jitter, within what 100 beacons and differences of set-up allow.
func TestPeersReproduceTheirFigures(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector, which runs with -short, takes half a minute and more for it")
	}
	const trials = 100
	nan := math.NaN()
	figures := []struct {
		rule      peer.Rule
		day, hour [4]float64 // 600 s in 24 h, 30 s in 1 h; jitter 10, 20, 30, 50%
	}{
		{peer.Baywatch, [4]float64{.98, .97, .50, 0}, [4]float64{nan, nan, nan, nan}},
		{peer.GTest, [4]float64{1, .55, .02, 0}, [4]float64{1, .66, .09, 0}},
		{peer.ElasticCounts, [4]float64{0, 0, 0, 0}, [4]float64{.98, .86, .56, .07}},
		{peer.Flare(30, 50), [4]float64{0, 0, 0, 0}, [4]float64{.99, 0, 0, 0}},
		{peer.CV, [4]float64{1, 1, 1, .78}, [4]float64{1, 1, 1, .77}},
	}
	jitters := [4]float64{.1, .2, .3, .5}
	type cell struct{ rule, setting, jitter int }
	var cells []cell
	for r := range figures {
		for s := range settings {
			for j := range jitters {
				cells = append(cells, cell{r, s, j})
			}
		}
	}
	got := make([]float64, len(cells))
	parallel(len(cells), func(i int) {
		c := cells[i]
		for trial := range trials {
			s := settings[c.setting]
			if judgeAt(figures[c.rule].rule, beaconCalls(chance(100, i, trial), s, false, jitters[c.jitter], 0), s.span).Beacon {
				got[i] += 1.0 / trials
			}
		}
	})
	for i, c := range cells {
		f := figures[c.rule]
		want := [2][4]float64{f.day, f.hour}[c.setting][c.jitter]
		if !math.IsNaN(want) {
			assert.InDelta(t, want, got[i], 0.15, "%s, %s, jitter %g", f.rule.Name, settings[c.setting].name, jitters[c.jitter])
		}
	}
}

func TestPeersAreDescribed(t *testing.T) {
	names := map[string]bool{}
	for _, r := range append([]peer.Rule{Ours}, peer.All...) {
		assert.NotEmpty(t, r.From, r.Name)
		assert.False(t, names[r.Name], "two rules are called %s", r.Name)
		names[r.Name] = true
		require.NotNil(t, r.Judge, r.Name)
		// One call is no rhythm to anyone.
		assert.Equal(t, peer.Answer{}, judgeAt(r, []float64{1}, 86400), r.Name)
	}
}
