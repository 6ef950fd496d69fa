package eval

import (
	"fmt"
	"slices"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/combine"
	"beacon/internal/eval/peer"
	"beacon/internal/netset"
	"beacon/internal/rhythm"
)

// Planned holds what a pair of a simulated log was planned to be.
type Planned struct {
	Kind   string
	Beacon bool
	Period time.Duration // 0: none, or more than one
}

// Mixed returns the table of one simulated log with planted beacons in it, all its pairs of
// [MinFlows] flows or more decided together: how many pairs of each kind got which
// verdict, in the order of kinds. flows are outbound and in time order; plan tells what
// a pair was planned to be, of one of the kinds.
func Mixed(flows []Flow, kinds []string, plan func(src, dst netset.Host, port uint16) Planned) Table {
	t := Table{
		Title: "A whole simulated log",
		Note: fmt.Sprintf("%d flows with planted beacons among browsing, random polls and benign programs that keep time; "+
			"every pair of %d flows or more, decided together. A pair that keeps no time of its own may be in a rotation: "+
			"its source's calls to several destinations on one port, judged as one.", len(flows), MinFlows),
		Head: []string{"kind", "planted", "pairs", "`beacon`", "`explained`", "not enough calls", "weak or none", "in a rotation", "period within 10%"},
	}
	if len(flows) == 0 {
		return t
	}
	log := Log{Span: peer.Span{First: flows[0].Time, Last: flows[len(flows)-1].Time}}
	for _, p := range gather(flows, func(f Flow) (pairKey, bool) { return f.key(), true }) {
		if len(p.Times) >= MinFlows {
			log.Pairs = append(log.Pairs, p)
		}
	}
	type tally struct {
		planted                      bool
		pairs, rotating, timed, near int
		verdicts                     map[beacon.Verdict]int
	}
	cells := map[string]*tally{}
	for _, k := range kinds {
		cells[k] = &tally{verdicts: map[beacon.Verdict]int{}}
	}
	rs := JudgeLog(log)
	rotating := rotations(log, rs)
	for i, r := range rs {
		planned := plan(r.Source, r.Destination, r.Port)
		c := cells[planned.Kind]
		c.planted = planned.Beacon
		c.pairs++
		c.verdicts[r.Verdict]++
		if rotating[i] {
			c.rotating++
		}
		if planned.Period > 0 {
			c.timed++
			if x := float64(r.Period) / float64(planned.Period); x > 0.9 && x < 1.1 {
				c.near++
			}
		}
	}
	for _, k := range kinds {
		c := cells[k]
		planted := ""
		if c.planted {
			planted = "beacon"
		}
		t.Add(k, planted, fmt.Sprint(c.pairs),
			fmt.Sprint(c.verdicts[beacon.VerdictBeacon]), fmt.Sprint(c.verdicts[beacon.VerdictExplained]),
			fmt.Sprint(c.verdicts[beacon.VerdictInsufficient]), fmt.Sprint(c.verdicts[beacon.VerdictNone]+c.verdicts[beacon.VerdictWeak]),
			fmt.Sprint(c.rotating), rate(c.near, c.timed))
	}
	return t
}

// rotations tells of each pair of log, judged as rs, whether it is in a rotation that
// keeps time.
func rotations(log Log, rs []beacon.Candidate) []bool {
	in := make([]bool, len(rs))
	for f := range assemble(log, slices.Clone(rs), beacon.Decision{}).Of(beacon.ScopeSchedule) {
		for i := range rs {
			in[i] = in[i] || f.Verdict == beacon.VerdictBeacon && len(f.Destinations) > 1 && rs[i].Source == f.Sources[0].Addr && rs[i].Port == f.Port &&
				combine.OwnOf(&rs[i]) == nil && slices.ContainsFunc(f.Destinations, func(d beacon.Destination) bool { return d.Host == rs[i].Destination })
		}
	}
	return in
}

// assemble makes findings of the pairs of log, judged as rs, as an engine does. rs is
// sorted in place.
func assemble(log Log, rs []beacon.Candidate, o beacon.Decision) *beacon.Findings {
	totals := countPairs(rs)
	pairs := make([]combine.Pair, len(rs))
	judged := slices.Clone(rs)
	sources := map[netset.Host]bool{}
	for i := range rs {
		pairs[i] = combine.Pair{Candidate: &judged[i], Calls: log.Pairs[i]}
		sources[rs[i].Source] = true
	}
	ports, rotations := combine.Judge(pairs, rhythm.Options{Tick: log.Tick}, log.Span.First, log.Span.Last)
	totals.Tried += len(ports)
	return beacon.Assemble(beacon.Query{Rules: beacon.EveryRhythm, Decision: o}, beacon.Evidence{
		Totals:     beacon.Totals{First: log.Span.First, Last: log.Span.Last, InternalHosts: int64(len(sources))},
		Candidates: append(rs, ports...), PairTotals: totals, Rotations: rotations, Tick: log.Tick,
	})
}
