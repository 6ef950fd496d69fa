package beacon

import (
	"cmp"
	"math"
	"slices"
	"time"

	"beacon/internal/netset"
	"beacon/internal/stats"
)

// addSchedules adds the findings of the rhythm rule, of the pairs and rotations that were
// decided. Pairs of one destination, port, period and verdict are one finding with many
// sources; beacons of one source, port and period one with many destinations.
// A pair that is in doubt by itself and part of a rotation that isn't, belongs to that one.
func (fs *Findings) addSchedules(pairs, rotations []Candidate) {
	var groups [][]*Candidate
	rotating := map[pairKey]bool{} // pairs of rotations; false where they may still be findings of their own
	shared := map[pairKey]bool{}
	hopping := map[pairKey]bool{} // by source and destination
	for i := range rotations {
		r := &rotations[i]
		// A rotation that is not significant is one of many that were tried: no finding.
		if r.Verdict == VerdictNone || r.Q > fs.Query.Decision.withDefaults().FDR || !fs.Query.keeps(r.hosts()) {
			continue
		}
		groups = append(groups, []*Candidate{r})
		for _, host := range r.hosts() {
			key := pairKey{r.Source, host, r.Port}
			rotating[key] = rotating[key] || !r.Verdict.doubtful()
			shared[key] = shared[key] || r.Shared && !r.Verdict.doubtful()
		}
	}
	for i := range pairs {
		if p := &pairs[i]; p.PortVaries && p.Verdict != VerdictNone && !p.Verdict.doubtful() {
			hopping[pairKey{p.Source, p.Destination, 0}] = true
		}
	}
	var kept []*Candidate
	for i := range pairs {
		p := &pairs[i]
		key := pairKey{p.Source, p.Destination, p.Port}
		switch {
		case p.Verdict == VerdictNone || !fs.Query.keeps(p.hosts()):
			continue
		case shared[key] || rotating[key] && (p.Verdict.doubtful() || p.Miss >= limits.RotationMiss):
			continue // part of a rotation
		case !p.PortVaries && hopping[pairKey{p.Source, p.Destination, 0}]:
			continue // part of the calls to all ports
		}
		kept = append(kept, p)
	}
	together, alone := groupBy(kept, func(p *Candidate) scheduleKey {
		return scheduleKey{verdict: p.Verdict, explanation: p.Explanation, host: p.Destination, port: p.Port}
	})
	var beacons, rest []*Candidate
	services := map[scheduleKey][]*Candidate{} // of one host, whatever the periods
	var keys []scheduleKey
	for _, p := range alone {
		switch e := explanationNamed(p.Explanation); {
		case p.Verdict == VerdictBeacon:
			beacons = append(beacons, p)
		case p.Verdict == VerdictExplained && e != nil && e.perHost:
			k := scheduleKey{explanation: p.Explanation, host: p.Source}
			if services[k] == nil {
				keys = append(keys, k)
			}
			services[k] = append(services[k], p)
		default:
			rest = append(rest, p)
		}
	}
	for _, k := range keys {
		groups = append(groups, services[k])
	}
	turns, alone := groupBy(beacons, func(p *Candidate) scheduleKey { return scheduleKey{host: p.Source, port: p.Port} })
	groups = slices.Concat(groups, together, turns)
	for _, p := range append(alone, rest...) {
		groups = append(groups, []*Candidate{p})
	}
	for _, g := range groups {
		fs.List = append(fs.List, newSchedule(g, fs.Query.Order))
	}
}

// pairKey is the ends of a pair.
type pairKey struct {
	source, destination netset.Host
	port                uint16
}

// doubtful tells whether something speaks against a verdict's finding being a timer.
func (v Verdict) doubtful() bool { return v == VerdictWeak || v == VerdictInsufficient }

// scheduleKey is what the pairs of one schedule have in common, beside the period.
type scheduleKey struct {
	verdict     Verdict
	explanation string
	host        netset.Host
	port        uint16
}

// groupBy splits candidates into groups of two or more with one key and one period, and
// those that are alone. Both are in the order of the candidates.
func groupBy(list []*Candidate, key func(*Candidate) scheduleKey) (groups [][]*Candidate, alone []*Candidate) {
	members := map[scheduleKey][]*Candidate{}
	var keys []scheduleKey
	for _, p := range list {
		k := key(p)
		if members[k] == nil {
			keys = append(keys, k)
		}
		members[k] = append(members[k], p)
	}
	for _, k := range keys {
		for _, group := range byPeriod(members[k]) {
			if len(group) > 1 {
				groups = append(groups, group)
			} else {
				alone = append(alone, group...)
			}
		}
	}
	return groups, alone
}

// byPeriod splits candidates into groups whose periods follow each other within
// limits.SamePeriod.
func byPeriod(list []*Candidate) (groups [][]*Candidate) {
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b *Candidate) int { return cmp.Compare(a.Period, b.Period) })
	for from := 0; from < len(sorted); {
		to := from + 1
		for to < len(sorted) && within(sorted[to-1].Period, sorted[to].Period, limits.SamePeriod) {
			to++
		}
		groups = append(groups, sorted[from:to:to])
		from = to
	}
	return groups
}

// newSchedule returns the finding of candidates that keep one schedule.
func newSchedule(group []*Candidate, order Order) Finding {
	slices.SortFunc(group, func(a, b *Candidate) int { return compareCandidates(*a, *b) })
	lead := slices.MinFunc(group, func(a, b *Candidate) int {
		return cmp.Or(cmp.Compare(a.P, b.P), cmp.Compare(b.Calls, a.Calls), compareCandidates(*a, *b))
	})
	f := Finding{Scope: ScopeSchedule, Verdict: lead.Verdict, Explanation: lead.Explanation, Port: lead.Port, PortVaries: lead.PortVaries, Proto: lead.Proto,
		Schedule: &Schedule{Result: lead.Result, Q: lead.Q, Needs: lead.Needs, Size: lead.Size, RITA: lead.RITA}}
	sources, destinations := map[netset.Host]*Source{}, map[netset.Host]*Destination{}
	weight, period, onePeriod := 0.0, 0.0, true
	for _, p := range group {
		f.Calls += int64(p.Calls)
		weight += float64(p.Calls)
		period += float64(p.Period) * float64(p.Calls)
		onePeriod = onePeriod && within(lead.Period, p.Period, 2*limits.SamePeriod)
		if p.Port != lead.Port {
			f.Port, f.PortVaries = 0, true
		}
		f.Failed += p.Failed
		addSource(sources, p)
		f.addParts(destinations, p)
	}
	if weight > 0 && onePeriod {
		f.Schedule.Period = time.Duration(period / weight)
	}
	if len(sources) == 1 && len(group) > 1 {
		f.Schedule.Miss, f.Schedule.MissLow, f.Schedule.MissHigh = missTogether(group)
	}
	for _, s := range sources {
		f.Sources = append(f.Sources, *s)
	}
	sortSources(f.Sources, order)
	f.addSources()
	for _, d := range destinations {
		d.Share = float64(d.Calls) / math.Max(1, float64(f.Calls))
		f.Destinations = append(f.Destinations, *d)
	}
	slices.SortFunc(f.Destinations, func(a, b Destination) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), a.Host.Compare(b.Host))
	})
	f.Reasons = slices.Clone(lead.Reasons)
	if n := len(f.Sources); n > 1 {
		f.Reasons = append(f.Reasons, Reason{ReasonSources, float64(n), []any{n}})
	}
	if n := len(f.Destinations); n > 1 {
		f.Reasons = append(f.Reasons, Reason{ReasonDestinations, float64(n), []any{n}})
	}
	f.Reasons = append(f.Reasons, f.failedReasons()...)
	return f
}

// missTogether returns the share of a schedule's calls that no destination got, where each
// of them gets some: what one misses the others have. The interval is that of the sums.
func missTogether(group []*Candidate) (miss, low, high float64) {
	miss, low, high = 1, 1, 1
	for _, p := range group {
		miss, low, high = miss-(1-p.Miss), low-(1-p.MissLow), high-(1-p.MissHigh)
	}
	return math.Max(0, miss), math.Max(0, low), math.Max(0, high)
}

// addSource adds a candidate's calls to those of its source.
func addSource(sources map[netset.Host]*Source, p *Candidate) {
	s := sources[p.Source]
	if s == nil {
		s = &Source{Addr: p.Source, First: p.First, Last: p.Last, Position: p.Position}
		sources[p.Source] = s
	}
	s.First, s.Last, s.Position = min(s.First, p.First), max(s.Last, p.Last), min(s.Position, p.Position)
	s.Flows += int64(p.Flows)
	s.Bytes = stats.AddCounts(s.Bytes, p.Bytes)
}

// addParts adds a candidate's calls to those of its destinations. The calls of a rotation
// are shared out by flows.
func (f *Finding) addParts(destinations map[netset.Host]*Destination, p *Candidate) {
	parts := p.Parts
	if parts == nil {
		parts = []Part{{p.Destination, int64(p.Flows)}}
	}
	for _, part := range parts {
		d := destinations[part.Destination]
		if d == nil {
			d = &Destination{Host: part.Destination, Kind: netset.KindOf(part.Destination)}
			destinations[part.Destination] = d
		}
		d.Flows += part.Flows
		d.Calls += int64(math.Round(float64(p.Calls) * float64(part.Flows) / math.Max(1, float64(p.Flows))))
		if p.Parts == nil {
			d.Bytes = stats.AddCounts(d.Bytes, p.Bytes)
		}
		f.Schedule.Pairs = append(f.Schedule.Pairs, SchedulePair{Source: p.Source, Destination: part.Destination, Port: p.Port, AnyPort: p.PortVaries})
	}
}
