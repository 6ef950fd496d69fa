package eval

import (
	"cmp"
	"math"
	"slices"

	"beacon/internal/beacon"
	"beacon/internal/eval/peer"
	"beacon/internal/netset"
	"beacon/internal/rita"
)

// A ranked is one entry of a list that an analyst reads from the top: one or more
// pairs, and whether the rule that made the list flags it.
type ranked struct {
	pairs  []pairKey
	score  float64 // falls down the list; -Inf for what the rule would never flag
	flags  bool
	public bool
}

// holdsAny tells whether the entry holds one of some pairs.
func (e ranked) holdsAny(of []pairKey) bool {
	return slices.ContainsFunc(of, func(k pairKey) bool { return slices.Contains(e.pairs, k) })
}

// An order puts the pairs of a log into the order in which to look at them. open does
// what can be done once for a log; the function that it returns ranks the log's pairs
// and one more that is planted among them, nil for none.
type order struct {
	name string
	open func(j Judged) func(planted ...beacon.Pair) []ranked
}

// orders are the product's and the peers', in the order of the tables.
//
// Sources: RITA sorts its viewer by the beacon score (activecm/rita v5); Flare gives
// the percentage of the gaps that lie about the commonest one; the g-test has a p-value.
var orders = []order{
	{"beacon", func(j Judged) func(...beacon.Pair) []ranked {
		return func(planted ...beacon.Pair) []ranked {
			with := j.plant(planted...)
			return rankFindings(with.Find(beacon.Decision{}), with.log)
		}
	}},
	byScore("RITA's order", func(p beacon.Pair, log peer.Span) (float64, bool) {
		s := rita.Compute(p.Times, p.Bytes, log.First, log.Last)
		return s.Total, s.Eligible
	}, func(score float64) bool { return score >= ritaHigh }),
	byScore("30% rule", func(p beacon.Pair, _ peer.Span) (float64, bool) {
		f := peer.FlareOf(p.Times)
		return f.Percent, f.Gaps > flareGaps
	}, func(percent float64) bool { return percent > flareFlags }),
	byScore("g-test", func(p beacon.Pair, _ peer.Span) (float64, bool) {
		g, ok := peer.GTestOf(p.Times)
		return -g.LogP, ok
	}, func(score float64) bool { return score > -math.Log(peer.GTestAlpha) }),
}

// What the peers' lists need.
const (
	ritaHigh   = 0.9 // RITA's "high"
	flareFlags = 30  // per cent
	flareGaps  = 10  // Flare's default: fewer gaps aren't scored
)

// rankFindings returns the product's own list.
func rankFindings(found []Found, log Log) []ranked {
	var list []ranked
	for _, f := range found {
		e := ranked{score: math.Inf(-1), flags: f.Verdict == beacon.VerdictBeacon, public: f.public()}
		if e.flags {
			e.score = -math.Log(max(f.Q, math.SmallestNonzeroFloat64))
		}
		for _, s := range f.Sources {
			for _, d := range f.Destinations {
				if !f.AnyPort {
					e.pairs = append(e.pairs, pairKey{s, d, f.Port})
					continue
				}
				for _, p := range log.Pairs {
					if p.Source == s && p.Destination == d {
						e.pairs = append(e.pairs, keyOf(p))
					}
				}
			}
		}
		list = append(list, e)
	}
	return list
}

// scored is a pair with the score that a rule gives it.
type scored struct {
	key   pairKey
	score float64
	flows int
}

// byScore returns the order of a rule that scores pairs: the highest score first, of equals
// the pair with most flows. Pairs that score returns false for are not in its list.
func byScore(name string, score func(p beacon.Pair, log peer.Span) (float64, bool), flags func(score float64) bool) order {
	return order{name, func(j Judged) func(...beacon.Pair) []ranked {
		one := func(p beacon.Pair) (s scored, ok bool) {
			s = scored{key: keyOf(p), flows: len(p.Times)}
			if len(p.Times) >= 2 {
				s.score, ok = score(p, j.log.Span)
			}
			return s, ok
		}
		all, ok := make([]scored, len(j.log.Pairs)), make([]bool, len(j.log.Pairs))
		parallel(len(all), func(i int) { all[i], ok[i] = one(j.log.Pairs[i]) })
		var own []scored
		for i := range all {
			if ok[i] {
				own = append(own, all[i])
			}
		}
		return func(planted ...beacon.Pair) []ranked {
			list := slices.Clone(own)
			for _, p := range planted {
				if s, ok := one(p); ok {
					list = append(list, s)
				}
			}
			slices.SortFunc(list, func(a, b scored) int {
				return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.flows, a.flows), a.key.compare(b.key))
			})
			ranking := make([]ranked, len(list))
			for i, s := range list {
				ranking[i] = ranked{pairs: []pairKey{s.key}, score: s.score, flags: flags(s.score), public: isPublic(s.key.dst)}
			}
			return ranking
		}
	}}
}

func keyOf(p beacon.Pair) pairKey { return pairKey{p.Source, p.Destination, p.Port} }

// publicOnly keeps the entries with a public destination: the analyst looks at these
// first, since discovery protocols keep time in every local network.
func publicOnly(list []ranked) []ranked {
	return slices.DeleteFunc(slices.Clone(list), func(e ranked) bool { return !e.public })
}

// rankOf returns the place of the first entry that holds one of some pairs, from 1; 0 if
// none does.
func rankOf(list []ranked, of ...pairKey) int {
	return 1 + slices.IndexFunc(list, func(e ranked) bool { return e.holdsAny(of) })
}

// averagePrecision returns the mean, over some C2 pairs, of the share of C2 among the
// entries down to the one that holds the pair; 0 for a pair that is not listed.
func averagePrecision(list []ranked, c2 []pairKey) float64 {
	sum := 0.0
	for _, k := range c2 {
		if r := rankOf(list, k); r > 0 {
			sum += precisionAt(list, c2, r)
		}
	}
	return sum / float64(max(len(c2), 1))
}

// precisionAt returns the share of C2 among the first n entries, or all if there are fewer.
func precisionAt(list []ranked, c2 []pairKey, n int) float64 {
	list = list[:min(n, len(list))]
	hits := 0
	for _, e := range list {
		if e.holdsAny(c2) {
			hits++
		}
	}
	return float64(hits) / float64(max(len(list), 1))
}

// busiest returns the source with the most public pairs of enough flows to be judged, the
// lowest address of equals.
func busiest(log Log) netset.Host {
	count := map[netset.Host]int{}
	var best netset.Host
	for _, p := range log.Pairs {
		if !isPublic(p.Destination) || len(p.Times) < MinFlows {
			continue
		}
		count[p.Source]++
		if n := count[p.Source]; !best.IsValid() || n > count[best] || n == count[best] && p.Source.Compare(best) < 0 {
			best = p.Source
		}
	}
	return best
}
