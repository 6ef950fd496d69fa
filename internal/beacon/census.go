package beacon

import "net/netip"

// Census is the pairs of a log, counted: what a decision about some of them has to
// know of all. The zero value is of no log; an engine that keeps every pair lets
// TakeCensus count them.
type Census struct {
	Pairs   int // pairs of source, destination and port
	Tried   int // of these, with flows enough to be judged: what q-values are corrected for
	Sources int // distinct sources of the pairs
}

// TakeCensus counts the pairs given, as all that a log has, and sets their
// Callers.
func TakeCensus(rs []PairRhythm, o RhythmOptions) Census {
	o = o.withDefaults()
	c := Census{Pairs: len(rs)}
	callers := map[service]map[netip.Addr]bool{}
	sources := map[netip.Addr]bool{}
	for i := range rs {
		r := &rs[i]
		if r.Flows >= o.MinCalls {
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

func (r *PairRhythm) service() service { return service{r.Destination, r.Port} }

// Settled tells whether nothing that the other pairs are can make more of this
// judgement than VerdictNone. An engine needn't keep such a pair, as long as the
// census counts it.
func (r *Rhythm) Settled(o RhythmOptions) bool {
	return r.Test == "" || r.P > max(hopefulP, o.withDefaults().FDR) && !r.hopeful()
}
