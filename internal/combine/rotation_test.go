package combine

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/rhythm"
)

const daySeconds = 24 * 60 * 60

// sleeper returns the times, in ns, of a program that calls, sleeps period*(1±jitter) seconds,
// and misses a share of its calls.
func sleeper(r *rand.Rand, from, to, period, jitter, miss float64) (times []int64) {
	for t := from + r.Float64()*period; t < to; t += period * (1 + jitter*(2*r.Float64()-1)) {
		if r.Float64() >= miss {
			times = append(times, int64(t*1e9))
		}
	}
	return times
}

// random returns the times, in ns, of about so many calls at random.
func random(r *rand.Rand, to, calls float64) (times []int64) {
	for t := r.ExpFloat64() * to / calls; t < to; t += r.ExpFloat64() * to / calls {
		times = append(times, int64(t*1e9))
	}
	return times
}

// A host that calls four destinations in turn keeps a rhythm with all of them together,
// and a fifth that it calls by the way is no part of it.
func TestRotation(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	caller := Caller{netset.MustHost("10.0.0.1"), 8443}
	list := make([]Turn, 5)
	for i := range list {
		list[i].Destination = netset.HostOf(netip.AddrFrom4([4]byte{192, 0, 2, byte(9 - i)}))
		list[i].Position = uint64(100 - i)
	}
	for _, at := range sleeper(r, 0, daySeconds, 300, 0.3, 0) {
		turn := &list[r.IntN(4)]
		turn.Times = append(turn.Times, at)
	}
	list[4].Times = random(r, daySeconds, 30)

	turns := Turns{}
	for _, turn := range list {
		own := rhythm.Judge(turn.Times, rhythm.Options{})
		require.False(t, ownRhythm(&own))
		turns.Add(caller, &own, 5)
	}
	before := turns[caller]
	turns.Add(caller, &rhythm.Result{Flows: 50, P: limits.Own / 2}, 5)
	assert.Equal(t, before.judged, turns[caller].judged, "one that keeps a rhythm of its own")
	assert.Equal(t, 1, turns[caller].own.pairs)
	all := Turns{}
	all.Merge(turns)
	assert.Equal(t, []Caller{caller}, all.Callers())
	all.Merge(turns)
	assert.Equal(t, 10, all[caller].judged.pairs)
	assert.Empty(t, Turns{caller: {judged: turnCount{1, 500}}}.Callers(), "one destination")
	assert.Empty(t, Turns{caller: {judged: turnCount{int(limits.Destinations) + 1, 500}}}.Callers(), "a busy port")

	rotation := Rotations(caller, list, rhythm.Options{})[0]
	assert.InEpsilon(t, 300, rotation.Period.Seconds(), 0.05)
	assert.Equal(t, uint64(97), rotation.Position, "of those that are part of it")
	fs := beacon.Assemble(beacon.Query{Rules: beacon.EveryRhythm}, beacon.Evidence{Rotations: []beacon.Candidate{rotation, {Result: rhythm.Result{Flows: 50, P: 1}}}, PairTotals: beacon.PairTotals{Sources: 1}})
	require.Len(t, fs.List, 1)
	f := &fs.List[0]
	assert.Equal(t, beacon.VerdictBeacon, f.Verdict)
	assert.Len(t, f.Destinations, 4)
	shares := 0.0
	for _, d := range f.Destinations {
		assert.NotEqual(t, list[4].Destination, d.Host)
		shares += d.Share
	}
	assert.InDelta(t, 1, shares, 0.02)
	assert.True(t, fs.Flagged())
	assert.Equal(t, []netset.Host{caller.Source}, fs.Sources)
}

// Pairs that keep one period and miss each other's calls are one schedule; timers of their
// own, which miss calls too, are not.
func TestPairsShareASchedule(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	caller := Caller{netset.MustHost("10.0.0.1"), 443}
	byLot := make([]Turn, 3)
	apart := make([]Turn, 3)
	for i := range byLot {
		byLot[i].Destination = netset.HostOf(netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}))
		apart[i].Destination = netset.HostOf(netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}))
	}
	for _, at := range sleeper(r, 0, daySeconds, 300, 0.01, 0) {
		turn := &byLot[r.IntN(3)]
		turn.Times = append(turn.Times, at)
	}
	for i := range apart {
		apart[i].Times = sleeper(r, float64(37*i), daySeconds, 300, 0.01, 0.5)
	}
	own := func(list []Turn) []Turn {
		for i := range list {
			judged := beacon.JudgePair(beacon.Pair{Destination: list[i].Destination, Times: list[i].Times}, rhythm.Options{}, 0, 0)
			list[i].Own = OwnOf(&judged)
			require.True(t, list[i].Own != nil && takesTurns(&judged.Result), "p %g, misses %g", judged.P, judged.Miss)
		}
		return list
	}
	tried := Rotations(caller, own(byLot), rhythm.Options{})
	require.Len(t, tried, 1)
	assert.True(t, tried[0].Shared)
	assert.Len(t, tried[0].Parts, 3)
	assert.Less(t, tried[0].Miss, 0.05)
	assert.InEpsilon(t, 300, tried[0].Period.Seconds(), 0.02)
	for _, r := range Rotations(caller, own(apart), rhythm.Options{}) {
		assert.False(t, r.Shared)
	}
}

// Servers that are called in turn share a schedule of even intervals; timers of one period
// with phases of their own don't.
func TestServersInTurn(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	caller := Caller{netset.MustHost("10.0.0.1"), 443}
	inTurn, apart := make([]Turn, 4), make([]Turn, 4)
	for i, at := range sleeper(r, 0, daySeconds, 300, 0.05, 0) {
		inTurn[i%4].Times = append(inTurn[i%4].Times, at)
	}
	for i := range 4 {
		apart[i].Times = sleeper(r, []float64{0, 100, 290, 700}[i], daySeconds, 1200, 0.01, 0)
		for _, list := range [][]Turn{inTurn, apart} {
			list[i].Destination = netset.HostOf(netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}))
			judged := beacon.JudgePair(beacon.Pair{Times: list[i].Times}, rhythm.Options{}, 0, 0)
			list[i].Own = OwnOf(&judged)
			require.NotNil(t, list[i].Own)
		}
	}
	tried := Rotations(caller, inTurn, rhythm.Options{})
	require.Len(t, tried, 1)
	assert.True(t, tried[0].Shared)
	assert.InEpsilon(t, 300, tried[0].Period.Seconds(), 0.02)
	assert.Empty(t, Rotations(caller, apart, rhythm.Options{}))
}

// A new port for each call hides nothing; a port that keeps a rhythm without gaps leaves
// no room for calls to others.
func TestPortsTogether(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	var hopping, byLot []PortCalls
	for _, at := range sleeper(r, 0, daySeconds, 600, 0.1, 0) {
		hopping = append(hopping, PortCalls{Times: []int64{at}})
	}
	judged, tried := Ports(hopping, rhythm.Options{})
	require.True(t, tried)
	assert.Less(t, judged.P, 1e-20)
	assert.InEpsilon(t, 600, judged.Period.Seconds(), 0.02)

	byLot = make([]PortCalls, 2)
	for _, at := range sleeper(r, 0, daySeconds, 600, 0.1, 0) {
		p := &byLot[r.IntN(2)]
		p.Times = append(p.Times, at)
	}
	for i := range byLot {
		own := rhythm.Judge(byLot[i].Times, rhythm.Options{})
		byLot[i].Judged = &own
	}
	judged, tried = Ports(byLot, rhythm.Options{})
	require.True(t, tried)
	assert.Less(t, judged.Miss, 0.05)

	steady := rhythm.Judge(sleeper(r, 0, daySeconds, 600, 0.1, 0), rhythm.Options{})
	_, tried = Ports([]PortCalls{{Times: hopping[0].Times}, {Times: sleeper(r, 0, daySeconds, 600, 0.1, 0), Judged: &steady}}, rhythm.Options{})
	assert.False(t, tried)
	_, tried = Ports(hopping[:1], rhythm.Options{})
	assert.False(t, tried, "one port")
}
