package beacon

import (
	"net/netip"

	"beacon/internal/rhythm"
)

// PairTotals counts all pairs of a log, which a decision about some of them has to know.
type PairTotals struct {
	Pairs   int // pairs of source, destination and port
	Tried   int // of these, with flows enough to be judged: what q-values are corrected for
	Sources int // distinct sources of the pairs
}

// CountPairs counts the pairs given, which are all that a log has, and sets their
// Callers. Those of least flows or more count as tried.
func CountPairs(rs []Candidate, least int) PairTotals {
	c := PairTotals{Pairs: len(rs)}
	callers := map[service]map[netip.Addr]bool{}
	sources := map[netip.Addr]bool{}
	for i := range rs {
		r := &rs[i]
		if r.Flows >= least {
			c.Tried++
		}
		sources[r.Source] = true
		if callers[r.service()] == nil {
			callers[r.service()] = map[netip.Addr]bool{}
		}
		callers[r.service()][r.Source] = true
	}
	for i := range rs {
		rs[i].Callers = len(callers[rs[i].service()])
	}
	c.Sources = len(sources)
	return c
}

// service is what a pair's source calls.
type service struct {
	destination netip.Addr
	port        uint16
}

func (r *Candidate) service() service { return service{r.Destination, r.Port} }

// Settled tells whether no other pair can make more of this judgement than VerdictNone.
// An engine needn't keep such a pair, as long as the PairTotals count it.
func (d Decision) Settled(r *rhythm.Result) bool {
	return r.Test == "" || r.P > max(hopefulP, d.withDefaults().FDR) && !hopeful(r)
}
