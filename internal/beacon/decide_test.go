package beacon

import (
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/netset"
	"beacon/internal/rhythm"
	"beacon/internal/words"
)

// rhythmOf is a clear rhythm of a pair, for the rules that look at findings alone.
func rhythmOf(source, destination string, port uint16, period time.Duration) Candidate {
	return Candidate{
		Source: netset.MustHost(source), Destination: netset.MustHost(destination), Port: port, Proto: 6,
		Result: rhythm.Result{Flows: 100, Calls: 100, Test: rhythm.TestSleep, Period: period, Regular: 1, Stretches: 1, P: 1e-20},
	}
}

// decideAll decides over pairs that are all of their log.
func decidePairs(rs []Candidate) {
	Decide(rs, Decision{}, CountPairs(rs, rhythm.Options{}.LeastCalls()))
}

// Q by definition: the smallest rate at which a pair is among those picked.
func TestQValuesMatchTheDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		rs := make([]Candidate, 1+r.IntN(30))
		for i := range rs {
			rs[i].Test = rhythm.TestSleep
			rs[i].P = math.Pow(r.Float64(), 4)
			if r.IntN(4) == 0 && i > 0 {
				rs[i].P = rs[i-1].P
			}
		}
		list := make([]*Candidate, len(rs))
		for i := range rs {
			list[i] = &rs[i]
		}
		slices.SortFunc(list, byEvidence)
		c := newCorrection(len(rs), len(rs))
		for _, r := range list {
			c.correct(r, 0.999999)
		}
		for i := range rs {
			q := math.Inf(1)
			for j := range rs {
				if rs[j].P < rs[i].P {
					continue
				}
				rank := 0
				for k := range rs {
					if rs[k].P <= rs[j].P {
						rank++
					}
				}
				q = math.Min(q, rs[j].P*float64(len(rs))/float64(rank))
			}
			require.InDelta(t, q, rs[i].Q, 1e-12)
		}
	}
}

func TestPairsOfFewFlowsAreNotTried(t *testing.T) {
	rs := []Candidate{rhythmOf("10.0.0.1", "192.0.2.1", 8080, time.Minute), {Result: rhythm.Result{Flows: 2, P: 1}}}
	decidePairs(rs)
	assert.Equal(t, 1e-20, rs[0].Q)
}

// A part of a log's pairs gets the whole log's correction.
func TestDecideAPart(t *testing.T) {
	rs := []Candidate{rhythmOf("10.0.0.1", "192.0.2.1", 8080, time.Minute)}
	Decide(rs, Decision{}, PairTotals{Tried: 1000})
	assert.InEpsilon(t, 1e-17, rs[0].Q, 1e-9)
	var many []Candidate
	for i := range 12 {
		many = append(many, rhythmOf(netset.HostOf(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})).String(), "192.0.2.1", 8443, time.Minute))
	}
	totals := CountPairs(many, 5)
	assert.Equal(t, PairTotals{Pairs: 12, Tried: 12, Sources: 12}, totals)
	assert.Equal(t, 12, many[0].Callers)
	totals.Sources = 20
	Decide(many, Decision{}, totals)
	assert.Equal(t, VerdictExplained, many[0].Verdict)
	totals.Sources = 100
	Decide(many, Decision{}, totals)
	assert.Equal(t, VerdictBeacon, many[0].Verdict)
}

// What a rule of thumb speaks against is weak, and says why; what no test found is no
// finding.
func TestFlaws(t *testing.T) {
	for _, code := range []rhythm.FlawCode{rhythm.FlawIrregular, rhythm.FlawMissing, rhythm.FlawShort, rhythm.FlawLone, rhythm.FlawLoose, rhythm.FlawSessions, rhythm.FlawWide} {
		rs := []Candidate{rhythmOf("10.0.0.1", "192.0.2.1", 8080, time.Minute)}
		rs[0].Against = []rhythm.Flaw{{Code: code, Value: 2, Limit: 3}}
		decidePairs(rs)
		assert.Equal(t, VerdictWeak, rs[0].Verdict, code)
		assert.Equal(t, string(code), rs[0].Reasons[0].Code)
		assert.NotContains(t, rs[0].Reasons[0].Text(words.Zone{}), "%!")
		rs[0].P = 0.5
		decidePairs(rs)
		assert.Equal(t, VerdictNone, rs[0].Verdict, code)
	}
	rs := []Candidate{rhythmOf("10.0.0.1", "192.0.2.1", 8080, time.Minute)}
	rs[0].Test = ""
	decidePairs(rs)
	assert.Equal(t, VerdictNone, rs[0].Verdict)
}

func TestExplanations(t *testing.T) {
	host := func(i int) string { return netset.HostOf(netip.AddrFrom4([4]byte{192, 0, byte(i), 1})).String() }
	network := func(i int) string { return netset.HostOf(netip.AddrFrom4([4]byte{byte(20 + i), 0, 2, 1})).String() }
	inside := func(i int) string { return netset.HostOf(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})).String() }
	udp := func(r Candidate) Candidate { r.Proto = 17; return r }
	var peersOf, pool, scheduled, list, quarterly, everybody, someHosts, manyNeighbours []Candidate
	for i := range 12 {
		peersOf = append(peersOf, rhythmOf("10.0.0.1", host(i), uint16(20000+37*i), time.Minute))
		scattered := func(to string) Candidate {
			p := rhythmOf("10.0.0.1", to, 80, 10*time.Minute)
			p.Miss = 0.85
			p.First, p.Last = int64(i)*int64(time.Hour), int64(i+24)*int64(time.Hour)
			return p
		}
		pool = append(pool, scattered(host(i)))
		scheduled = append(scheduled, scattered(network(i)))
		drifting := scattered(network(i))
		drifting.Period += 2 * time.Second
		list = append(list, drifting)
		quarterly = append(quarterly, rhythmOf("10.0.0.1", network(i), 443, 15*time.Minute))
		manyNeighbours = append(manyNeighbours, rhythmOf("10.0.0.1", netset.HostOf(netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})).String(), 443, 10*time.Minute))
		everybody = append(everybody, rhythmOf(inside(i), "192.0.2.1", 8443, time.Minute))
		someHosts = append(someHosts, rhythmOf(inside(i), host(i), 8443, time.Minute))
	}
	for _, c := range []struct {
		name  string
		pairs []Candidate
		want  string // how the explanation of the first begins, "" for a beacon
	}{
		{"multicast", []Candidate{rhythmOf("10.0.0.1", "224.0.0.251", 5353, time.Minute)}, "multicast"},
		{"broadcast", []Candidate{rhythmOf("10.0.0.1", "255.255.255.255", 68, time.Minute)}, "multicast"},
		{"NTP", []Candidate{udp(rhythmOf("10.0.0.1", "192.0.2.1", 123, 64*time.Second))}, "NTP"},
		{"TCP to 123 is no NTP", []Candidate{rhythmOf("10.0.0.1", "192.0.2.1", 123, 64*time.Second)}, ""},
		{"push by port", []Candidate{rhythmOf("10.0.0.1", "192.0.2.1", 5223, 5*time.Minute)}, "push"},
		{"push by period", []Candidate{rhythmOf("10.0.0.1", "192.0.2.1", 443, 28*time.Minute)}, "push"},
		{"15 minutes, two front ends", []Candidate{rhythmOf("10.0.0.1", "192.0.2.1", 443, 15*time.Minute), rhythmOf("10.0.0.1", "192.0.2.9", 443, 15*time.Minute)}, "push"},
		{"15 minutes, alone", []Candidate{rhythmOf("10.0.0.1", "192.0.2.1", 443, 15*time.Minute)}, ""},
		{"neighbours", []Candidate{rhythmOf("10.0.0.1", "192.0.2.1", 443, 10*time.Minute), rhythmOf("10.0.0.1", "192.0.2.77", 443, 10*time.Minute)}, ""},
		{"neighbours, multiples", []Candidate{rhythmOf("10.0.0.1", "192.0.2.1", 443, time.Minute), rhythmOf("10.0.0.1", "192.0.2.77", 443, 5*time.Minute)}, ""},
		{"neighbours, other paces", []Candidate{rhythmOf("10.0.0.1", "192.0.2.1", 443, 10*time.Minute), rhythmOf("10.0.0.1", "192.0.2.77", 443, 7*time.Minute)}, ""},
		{"fast neighbours", []Candidate{rhythmOf("10.0.0.1", "192.0.2.1", 443, time.Minute), rhythmOf("10.0.0.1", "192.0.2.77", 443, time.Minute)}, ""},
		{"many neighbours", manyNeighbours, ""},
		{"no neighbours", []Candidate{rhythmOf("10.0.0.1", "192.0.2.1", 443, 10*time.Minute), rhythmOf("10.0.0.1", "198.51.100.1", 443, 10*time.Minute)}, ""},
		{"two neighbours on a list of many", append([]Candidate{rhythmOf("10.0.0.1", "20.0.2.9", 443, 15*time.Minute)}, quarterly...), ""},
		{"15 minutes, a list of many", quarterly, ""},
		{"peers", peersOf, "peer-to-peer"},
		{"rotating C2", peersOf[:4], ""},
		{"update pool", pool, ""},
		{"rotating over four", pool[:4], ""},
		{"rotating over a list of many", list, ""},
		{"many servers by the clock", scheduled, ""},
		{"15 minutes, a few anywhere", quarterly[:3], "push"},
		{"prevalence", everybody, "prevalence"},
		{"many hosts, each its own", someHosts, ""},
		{"few hosts", everybody[:5], ""},
	} {
		rs := slices.Clone(c.pairs)
		decidePairs(rs)
		if c.want == "" {
			assert.Equal(t, VerdictBeacon, rs[0].Verdict, "%s: %v", c.name, rs[0].Reasons)
			continue
		}
		assert.Equal(t, VerdictExplained, rs[0].Verdict, c.name)
		assert.Regexp(t, "^"+c.want, rs[0].Explanation, c.name)
	}
}

// Pairs of one destination, or one source, with one period are one schedule.
func TestSchedulesOfSeveralPairs(t *testing.T) {
	rs := []Candidate{
		rhythmOf("10.0.0.1", "192.0.2.1", 8443, 60*time.Second),
		rhythmOf("10.0.0.2", "192.0.2.1", 8443, 62*time.Second),
		rhythmOf("10.0.0.3", "192.0.2.1", 8443, 600*time.Second),
		rhythmOf("10.0.0.9", "192.0.2.5", 4444, 90*time.Second),
		rhythmOf("10.0.0.9", "192.0.2.6", 4444, 91*time.Second),
		rhythmOf("10.0.0.9", "192.0.2.7", 4444, 90*time.Second),
		rhythmOf("10.0.0.9", "192.0.2.8", 123, 90*time.Second),
	}
	rs[6].Proto = 17
	for i := 3; i < 6; i++ {
		rs[i].Miss = 2. / 3
	}
	fs := Assemble(Query{Rules: EveryRhythm}, Evidence{Candidates: rs, PairTotals: CountPairs(rs, 5)})
	said := map[string]bool{}
	for _, f := range fs.List {
		if len(f.Destinations) > 1 {
			assert.InDelta(t, 0, f.Schedule.Miss, 1e-9, "what one destination misses the others get")
		}
		line := string(f.Verdict) + " " + f.Schedule.Period.String()
		for _, s := range f.Sources {
			line += " " + s.Addr.String()
		}
		line += " >"
		for _, d := range f.Destinations {
			line += " " + d.Host.String()
		}
		said[line] = true
		assert.EqualValues(t, 100*len(f.Schedule.Pairs), f.Calls)
	}
	assert.Equal(t, map[string]bool{
		"beacon 1m1s 10.0.0.1 10.0.0.2 > 192.0.2.1":                       true,
		"beacon 10m0s 10.0.0.3 > 192.0.2.1":                               true,
		"beacon 1m30.333333333s 10.0.0.9 > 192.0.2.5 192.0.2.6 192.0.2.7": true,
		"explained 1m30s 10.0.0.9 > 192.0.2.8":                            true,
	}, said)
}

// What one program of a host does with many servers is one finding, whatever the periods.
func TestServicesOfAHostAreOneFinding(t *testing.T) {
	var rs []Candidate
	for i := range 9 {
		rs = append(rs, rhythmOf("10.0.0.1", netset.HostOf(netip.AddrFrom4([4]byte{192, 0, byte(i), 1})).String(), uint16(20000+37*i), time.Duration(i+1)*time.Minute))
	}
	for i := range 3 {
		ntp := rhythmOf("10.0.0.1", netset.HostOf(netip.AddrFrom4([4]byte{198, 51, byte(i), 1})).String(), 123, time.Duration(i+1)*time.Minute)
		ntp.Proto = 17
		rs = append(rs, ntp)
	}
	fs := Assemble(Query{Rules: EveryRhythm}, Evidence{Candidates: rs, PairTotals: PairTotals{Pairs: 12, Tried: 12, Sources: 1}})
	require.Len(t, fs.List, 2)
	for _, f := range fs.List {
		assert.Equal(t, VerdictExplained, f.Verdict)
		assert.Equal(t, len(f.Destinations) == 9, f.PortVaries)
	}
}
