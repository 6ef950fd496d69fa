package eval

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/eval/peer"
	"beacon/internal/netset"
)

func key(t *testing.T, dst string, port string) pairKey {
	t.Helper()
	k, err := parseKey("10.0.0.1", dst, port)
	require.NoError(t, err)
	return k
}

func TestRanking(t *testing.T) {
	a, b, c := key(t, "192.0.2.1", "443"), key(t, "192.0.2.2", "443"), key(t, "192.0.2.3", "443")
	local := key(t, "224.0.0.251", "5353")
	list := []ranked{
		{pairs: []pairKey{local}, flags: true},
		{pairs: []pairKey{c}, flags: true, public: true},
		{pairs: []pairKey{a, b}, flags: true, public: true},
		{pairs: []pairKey{key(t, "192.0.2.4", "443")}, public: true},
	}
	public := publicOnly(list)
	require.Len(t, public, 3)
	assert.Len(t, list, 4, "the list itself stays")
	assert.Equal(t, 1, rankOf(public, c))
	assert.Equal(t, 2, rankOf(public, b))
	assert.Equal(t, 0, rankOf(public, local))
	assert.Equal(t, 0.5, averagePrecision(public, []pairKey{a, b}), "one finding with both")
	assert.Equal(t, 0.25, averagePrecision(public, []pairKey{a, local}), "one of two is not listed")
	assert.Equal(t, 0.5, precisionAt(public, []pairKey{a, b}, 2))
	assert.InDelta(t, 1./3, precisionAt(public, []pairKey{a, b}, 10), 1e-12)
	assert.Zero(t, precisionAt(nil, []pairKey{a}, 10))

	r := read(list, []pairKey{a, b})
	assert.Equal(t, reading{found: 2, others: 1, average: 0.5, ten: 1. / 3}, r)
	assert.Equal(t, reading{others: 2}, read(list, nil), "of entries, not of pairs")
}

func TestRanks(t *testing.T) {
	var r ranks
	assert.Equal(t, "-", r.String())
	for _, rank := range []int{1, 0, 10, 11} {
		r.add(rank)
	}
	assert.Equal(t, 4, r.planted)
	assert.Equal(t, 1, r.first)
	assert.Equal(t, 2, r.ten)
	assert.InDelta(t, 1+.1+1./11, r.reciprocal, 1e-12)
	sum := r
	sum.merge(r)
	assert.Equal(t, 8, sum.planted)
	assert.Equal(t, r.String(), sum.String())
}

func TestShiftInto(t *testing.T) {
	c := beacon.Pair{Source: netset.MustHost("10.9.9.9"), Destination: evalDestination, Port: 8080, Proto: 6,
		Times: []int64{100, 150, 200}, Bytes: []int64{1, 2, 3}}
	host := netset.MustHost("192.168.0.7")
	log := Log{Span: peer.Span{First: 1000, Last: 1400}, Pairs: []beacon.Pair{
		{Source: netset.MustHost("192.168.0.1"), Destination: netset.MustHost("224.0.0.251"), Times: make([]int64, 9)},
		{Source: host, Destination: netset.MustHost("9.9.9.9"), Times: make([]int64, 9)},
	}}
	p := shiftInto(log, c, peer.Span{First: 100, Last: 200}, 0.5)
	assert.Equal(t, []int64{1150, 1200, 1250}, p.Times)
	assert.Equal(t, c.Bytes, p.Bytes)
	assert.Equal(t, pairKey{host, c.Destination, 8080}, keyOf(p))
	assert.Equal(t, []int64{100, 150, 200}, c.Times, "the C2 itself stays")

	// A C2 of a longer log is cut to a part of its calls.
	p = shiftInto(log, c, peer.Span{First: 0, Last: 500}, 1)
	assert.Equal(t, []int64{1000, 1050, 1100}, p.Times)
	p = shiftInto(Log{Span: peer.Span{First: 1000, Last: 1040}, Pairs: log.Pairs}, c, peer.Span{First: 100, Last: 200}, 0.5)
	assert.Equal(t, []int64{1020}, p.Times)
	assert.Equal(t, []int64{2}, p.Bytes)
}

// plantedLogs are two labelled logs: a benign one with a poller of its own and one with
// a C2.
func plantedLogs() []Log {
	at := func(dst string, period, n int64, c2 bool) (p beacon.Pair, label bool) {
		p = beacon.Pair{Source: evalSource, Destination: netset.MustHost(dst), Port: 443, Proto: 6}
		for i := range n {
			p.Times, p.Bytes = append(p.Times, Epoch+i*period*1e9), append(p.Bytes, 100)
		}
		return p, c2
	}
	benign, c2 := Log{Name: "benign", Span: spanOf(3600)}, Log{Name: "c2", Span: spanOf(3600), Truth: 1}
	add := func(log *Log) func(p beacon.Pair, label bool) {
		return func(p beacon.Pair, label bool) { log.Pairs, log.C2 = append(log.Pairs, p), append(log.C2, label) }
	}
	add(&benign)(at("9.9.9.9", 600, 6, false))
	add(&benign)(at("8.8.8.8", 30, 4, false))
	add(&c2)(at("198.51.100.7", 30, 100, true))
	return []Log{benign, c2}
}

func TestPlantedRanksTheC2(t *testing.T) {
	logs := plantedLogs()
	table := Planted(logs)
	require.Equal(t, []string{"benign", "**all without C2**", "**all**"}, []string{table.Rows[0][0], table.Rows[1][0], table.Rows[2][0]})
	for _, row := range table.Rows {
		assert.Equal(t, []string{"3", "1 / 1 / 1"}, row[1:3], row[0])
	}
	own := Own(logs)
	assert.Equal(t, []string{"benign", "0", "0 / 1"}, own.Rows[0][:3])
	assert.Equal(t, []string{"c2", "1", "1 / 0, 1, 1"}, own.Rows[1][:3])
	assert.Empty(t, table.Short)
	assert.Empty(t, own.Short)

	// A C2 that no rule can see: it falls short.
	c := &logs[1].Pairs[0]
	for i := range c.Times {
		c.Times[i] = Epoch + int64(i*i*i%997)
	}
	assert.NotEmpty(t, Planted(logs).Short)
	assert.NotEmpty(t, Own(logs).Short)
}

// One finding for the pairs that share a rhythm.
func TestFindMergesGroups(t *testing.T) {
	log := plantedLogs()[1]
	second := log.Pairs[0]
	second.Source = netset.MustHost("10.0.0.2")
	j := JudgePairs(log).plant(second)
	found := j.Find(beacon.Decision{})
	require.Len(t, found, 1)
	assert.Equal(t, []netset.Host{evalSource, second.Source}, found[0].Sources)
	assert.Len(t, JudgePairs(log).plant().Find(beacon.Decision{}), 1)
	assert.Len(t, log.Pairs, 1, "the log itself stays")
}

// The peers' orders on the labelled logs as they were when the tables were made.
func TestPlantedOnLabelledLogs(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector, which runs with -short, takes half a minute and more for it")
	}
	logs, err := ReadLogs(shared(t, "labelled"), 1)
	require.NoError(t, err)
	table := Planted(logs)
	var benign []string
	for _, row := range table.Rows {
		if row[0] == "**all without C2**" {
			benign = row
		}
	}
	require.NotNil(t, benign)
	assert.Equal(t, "56", benign[1])
	assert.Equal(t, ".21 / .59 / .32", benign[3])
	assert.Equal(t, "0 / .32 / .08", benign[4])
}

func TestBestThreshold(t *testing.T) {
	c2, other := key(t, "192.0.2.1", "443"), key(t, "192.0.2.2", "443")
	entry := func(k pairKey, score float64) ranked { return ranked{pairs: []pairKey{k}, score: score, public: true} }
	lists := [][]ranked{{entry(c2, 8), entry(other, 4)}, {entry(c2, 6), entry(other, 5), entry(other, math.Inf(-1))}}
	both := [][]pairKey{{c2}, {c2}}
	assert.Equal(t, 5.5, bestThreshold(lists, both))
	assert.Equal(t, 7.0, bestThreshold(lists, [][]pairKey{{c2}, nil}))
	assert.Equal(t, math.Inf(1), bestThreshold(lists, [][]pairKey{nil, nil}))
	assert.Equal(t, []bool{true, false}, []bool{flagFrom(lists[0], 5.5)[0].flags, flagFrom(lists[0], 5.5)[1].flags})
	assert.False(t, lists[0][0].flags, "the list itself stays")
	assert.Equal(t, [][]pairKey{{other}}, without([][]pairKey{{c2}, {other}}, 0))
}

func TestLeaveOneOut(t *testing.T) {
	table := LeaveOneOut(plantedLogs())
	require.Len(t, table.Rows, 3)
	// Nothing can be learnt for the C2 from a log without, so nothing is flagged there.
	assert.Equal(t, []string{"c2", "1", "1 / 0", "0 / 0 (+Inf)"}, table.Rows[1][:4])
	assert.Equal(t, []string{"**all**", "1"}, table.Rows[2][:2])
}
