package beacon

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// randomLog is a log of random judgements: some keep time, some have a flaw, some are
// explained, some too few. What is settled at the FDR is left out, as an engine does.
func randomLog(r *rand.Rand, fdr float64) (all []PairRhythm, census Census) {
	for s := range 12 {
		for d := range 20 {
			p := rhythmOf(fmt.Sprintf("10.0.0.%d", s), fmt.Sprintf("192.0.2.%d", d*r.IntN(8)), []uint16{443, 8080, 123, 5223}[r.IntN(4)], time.Duration(1+r.IntN(4))*5*time.Minute)
			p.P = math.Pow(10, -12*math.Pow(r.Float64(), 4))
			p.Calls = 4 + r.IntN(80)
			p.Flows = p.Calls
			p.Miss = r.Float64()
			p.Regular = 0.4 + 0.6*r.Float64()
			p.Jitter = r.Float64() * 0.1
			p.RITA = RITAScore{Score: r.Float64(), Eligible: r.IntN(2) == 0}
			all = append(all, p)
		}
	}
	slices.SortFunc(all, comparePairs)
	all = slices.CompactFunc(all, func(a, b PairRhythm) bool { return comparePairs(a, b) == 0 })
	census = TakeCensus(all, RhythmOptions{})
	census.Tried += 50
	return slices.DeleteFunc(all, func(p PairRhythm) bool { return p.Settled(RhythmOptions{FDR: fdr}) && !p.RITA.Eligible }), census
}

// randomRotations are judgements of rotations of two to four destinations.
func randomRotations(r *rand.Rand) (tried []Rotation) {
	for s := range 30 {
		p := rhythmOf(fmt.Sprintf("10.0.0.%d", s), "192.0.2.0", []uint16{443, 8080}[r.IntN(2)], time.Duration(1+r.IntN(4))*5*time.Minute)
		p.P = math.Pow(10, -8*r.Float64())
		p.Calls = 10 + r.IntN(80)
		p.Regular = 0.2 + 0.8*r.Float64()
		rotation := Rotation{PairRhythm: p, Destinations: []netip.Addr{p.Destination}}
		for d := range 1 + r.IntN(3) {
			rotation.Destinations = append(rotation.Destinations, netip.AddrFrom4([4]byte{192, 0, 2, byte(d * 10)}))
		}
		tried = append(tried, rotation)
	}
	return tried
}

// What was stored of a decision is decided again as the log itself would be.
func TestDecidedAgainIsDecidedAnew(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		first := Query{Rhythm: RhythmOptions{FDR: []float64{0.01, 0.05, 0.1}[r.IntN(3)], LogFirst: 1, LogLast: 2}}
		first.ScoreBy = []Score{ScoreRhythm, ScoreRITA}[r.IntN(2)]
		if r.IntN(3) == 0 {
			first.Only = []netip.Addr{netip.MustParseAddr("192.0.2.0"), netip.MustParseAddr("192.0.2.7")}
		}
		all, census := randomLog(r, first.Rhythm.FDR)
		stored := Findings{Query: first}
		stored.DecideRhythms(slices.Clone(all), census)
		tried := randomRotations(r)
		stored.AddRotations(DecideRotations(tried, first.Rhythm, census))
		require.True(t, stored.Company != nil || first.ScoreBy == ScoreRITA)

		second := first
		second.Rhythm.FDR = first.Rhythm.FDR * []float64{1, 0.5, 0.01, 1e-6}[r.IntN(4)]
		second.Rhythm.Unexplained = ExplanationNames()[r.IntN(7):]
		second.Rhythm.Known = []Known{{netip.MustParsePrefix("192.0.2.0/28"), 8080, "ours"}}
		want := Findings{Query: second}
		want.DecideRhythms(slices.Clone(all), census)
		want.AddRotations(DecideRotations(tried, second.Rhythm, census))

		got := stored
		got.Query.Rhythm, got.Query.Only = second.Rhythm, nil
		twice, err := got.DecideAgain()
		require.NoError(t, err)
		require.Zero(t, twice)
		require.Equal(t, lines(want.Pairs), lines(got.Pairs))
		require.Equal(t, lines(want.Company), lines(got.Company))
		require.Equal(t, want.Groups, got.Groups)
		require.Equal(t, want.CompanyGroups, got.CompanyGroups)
		require.Equal(t, want.Census, got.Census)
	}
}

// lines is pairs in words, which a failing test can show.
func lines(rs []PairRhythm) (all []string) {
	for _, r := range rs {
		all = append(all, fmt.Sprintf("%+v", r))
	}
	return all
}

// Of several logs, each is decided for itself, and none looser than it was.
func TestSeveralLogsAreDecidedEach(t *testing.T) {
	pair := rhythmOf("10.0.0.1", "192.0.2.1", 8080, time.Minute)
	var monday, tuesday Findings
	monday.Query.Rhythm = RhythmOptions{LogFirst: 1, LogLast: 2}
	tuesday.Query.Rhythm = RhythmOptions{LogFirst: 3, LogLast: 4, FDR: 0.05}
	monday.DecideRhythms([]PairRhythm{pair}, Census{1, 1, 1})
	tuesday.DecideRhythms([]PairRhythm{pair}, Census{2, 2, 2})

	both := Findings{Pairs: slices.Concat(monday.Pairs, tuesday.Pairs, monday.Pairs)}
	twice, err := both.DecideAgain()
	require.NoError(t, err)
	assert.Equal(t, 1, twice)
	assert.Equal(t, slices.Concat(monday.Pairs, tuesday.Pairs), both.Pairs)
	assert.Equal(t, Census{3, 3, 3}, both.Census)
	assert.Empty(t, both.Groups, "a pair of two logs is no group")

	both.Query.Rhythm.FDR = 0.02
	_, err = both.DecideAgain()
	var looser *LooserError
	require.ErrorAs(t, err, &looser)
	assert.Equal(t, LooserError{FDR: 0.02, Stored: 0.01}, *looser)
}

func TestKnown(t *testing.T) {
	options := RhythmOptions{Known: []Known{
		{netip.MustParsePrefix("192.0.2.0/24"), 8080, "our monitoring"},
		{netip.MustParsePrefix("2001:db8::/32"), 0, "the other site"},
	}}
	for _, c := range []struct {
		destination string
		port        uint16
		want        string
	}{
		{"192.0.2.9", 8080, "our monitoring"},
		{"192.0.2.9", 8081, ""},
		{"192.0.3.9", 8080, ""},
		{"2001:db8::1", 8081, "the other site"},
	} {
		rs := []PairRhythm{rhythmOf("10.0.0.1", c.destination, c.port, time.Minute)}
		decideAll(rs, options)
		assert.Equal(t, c.want, rs[0].Explanation, c.destination)
		assert.Equal(t, c.want != "", rs[0].Verdict == VerdictExplained, c.destination)
	}
}

// A rotation is known if all of its destinations are, and the first says why.
func TestKnownRotation(t *testing.T) {
	tried := []Rotation{{PairRhythm: rhythmOf("10.0.0.1", "192.0.2.1", 8443, time.Minute),
		Destinations: []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("198.51.100.1")}}}
	options := RhythmOptions{Known: []Known{{netip.MustParsePrefix("192.0.2.0/24"), 0, "our monitoring"}}}
	found := DecideRotations(tried, options, Census{})
	require.Len(t, found, 1)
	assert.Equal(t, VerdictBeacon, found[0].Together.Verdict)
	options.Known = append(options.Known, Known{netip.MustParsePrefix("198.51.100.1/32"), 8443, "the other"})
	found = DecideRotations(tried, options, Census{})
	assert.Equal(t, "our monitoring", found[0].Together.Explanation)
	assert.Equal(t, VerdictExplained, found[0].Together.Verdict)
	assert.Len(t, found[0].Together.Reasons, 2)
}

func TestUnexplained(t *testing.T) {
	rs := []PairRhythm{rhythmOf("10.0.0.1", "192.0.2.1", 5223, time.Minute)}
	decideAll(rs, RhythmOptions{Unexplained: []string{"ntp"}})
	assert.Equal(t, VerdictExplained, rs[0].Verdict)
	decideAll(rs, RhythmOptions{Unexplained: []string{"push"}})
	assert.Equal(t, VerdictBeacon, rs[0].Verdict)
	assert.Contains(t, ExplanationNames(), "push")
}
