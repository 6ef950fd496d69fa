package beacon

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/netset"
	"beacon/internal/rhythm"
)

// TestEveryLimitIsNoticed moves each threshold of the decision by a quarter both ways: a
// pinned case notices each.
func TestEveryLimitIsNoticed(t *testing.T) {
	before := pinned()
	v := reflect.ValueOf(&limits).Elem()
	for i := range v.NumField() {
		name, was := v.Type().Field(i).Name, v.Field(i).Float()
		for _, factor := range []float64{0.75, 1.25} {
			v.Field(i).SetFloat(was * factor)
			after := pinned()
			v.Field(i).SetFloat(was)
			require.NotEqual(t, before, after, "%s times %g is noticed by no case", name, factor)
		}
	}
	require.Equal(t, before, pinned())
}

// pinned returns what the decision says of cases on both sides of each threshold.
func pinned() string {
	var b strings.Builder
	one := func(change func(r *Candidate)) {
		r := rhythmOf("10.0.0.1", "192.0.2.1", 8443, time.Minute)
		r.Calls, r.Flows = 100, 100
		change(&r)
		rs := []Candidate{r}
		Decide(rs, Decision{}, PairTotals{Pairs: 100, Tried: 1, Sources: 100})
		fmt.Fprintln(&b, rs[0].Verdict, rs[0].Explanation)
	}
	each := func(set func(r *Candidate, v float64), values ...float64) {
		for _, v := range values {
			one(func(r *Candidate) { set(r, v) })
		}
	}
	web := func(r *Candidate) { r.Port, r.Period, r.Calls = 443, 20*time.Minute, 15 }
	each(func(r *Candidate, v float64) { r.P, r.Calls = v, 20 }, 0.085, 0.115)
	each(func(r *Candidate, v float64) { r.Test, r.Calls = rhythm.TestEven, int(v) }, 52, 68)
	each(func(r *Candidate, v float64) { web(r); r.Period, r.Steps = seconds(v), []time.Duration{seconds(v)} }, 780, 1020)
	each(func(r *Candidate, v float64) { web(r); r.Period = seconds(900 * v) }, 1.0085, 1.0115)
	each(func(r *Candidate, v float64) { web(r); r.Calls = int(v) }, 21, 27)
	each(func(r *Candidate, v float64) { web(r); r.First, r.Last = 0, int64(v*24*float64(time.Hour)) }, 3.4, 4.6)
	each(func(r *Candidate, v float64) { web(r); r.First, r.Last, r.Miss = 0, int64(10*24*time.Hour), v }, 0.26, 0.34)
	each(func(r *Candidate, v float64) { r.Period, r.Calls, r.Miss = 617*time.Second, 15, v }, 0.43, 0.57)
	each(func(r *Candidate, v float64) { r.Period, r.Calls, r.Miss = 617*time.Second, int(v), 0.8 }, 21, 27)
	each(func(r *Candidate, v float64) { r.Port, r.Period, r.Jitter = 443, 28*time.Minute, v }, 0.026, 0.034)
	each(func(r *Candidate, v float64) { r.Port, r.Period = 443, seconds(1680*v) }, 1, 1.0085, 1.0115)
	for _, c := range [][2]int{{10, 12}, {14, 16}, {20, 46}, {20, 35}} { // callers, sources
		r := rhythmOf("10.0.0.1", "192.0.2.1", 8443, time.Minute)
		r.Callers = c[0]
		rs := []Candidate{r}
		Decide(rs, Decision{}, PairTotals{Pairs: 100, Tried: 1, Sources: c[1]})
		fmt.Fprintln(&b, rs[0].Verdict, rs[0].Explanation)
	}
	several := func(n int, port func(i int) uint16, period time.Duration) {
		var rs []Candidate
		for i := range n {
			rs = append(rs, rhythmOf("10.0.0.1", netset.HostOf(netip.AddrFrom4([4]byte{byte(20 + i), 1, 2, 3})).String(), port(i), period))
		}
		decidePairs(rs)
		fmt.Fprintln(&b, rs[0].Verdict, rs[0].Explanation)
	}
	for _, others := range []int{5, 7} {
		several(others+1, func(i int) uint16 { return uint16(20000 + 37*i) }, time.Minute)
	}
	for _, servers := range []int{2, 4, 5} {
		several(servers, func(int) uint16 { return 443 }, 15*time.Minute)
	}
	for _, period := range []float64{108.5, 111.5} {
		rs := []Candidate{rhythmOf("10.0.0.1", "192.0.2.1", 8443, 100*time.Second), rhythmOf("10.0.0.2", "192.0.2.1", 8443, seconds(period))}
		fs := Assemble(Query{Rules: EveryRhythm}, Evidence{Candidates: rs, PairTotals: PairTotals{Pairs: 2, Tried: 2, Sources: 2}})
		fmt.Fprintln(&b, len(fs.List))
	}
	return b.String()
}
