package beacon

import (
	"cmp"
	"math"
	"slices"
	"time"

	"beacon/internal/netset"
	"beacon/internal/reason"
	"beacon/internal/sorting"
	"beacon/internal/sourcehost"
	"beacon/internal/stats"
)

// pairKey is the ends of a pair.
type pairKey struct {
	source, destination netset.Host
	port                uint16
}

// doubtful tells whether something speaks against a verdict's finding being a timer.
func (v Verdict) doubtful() bool { return v == VerdictWeak || v == VerdictInsufficient }

// newSchedule returns the finding of candidates that keep one schedule.
func newSchedule(group []*Candidate, q *Query) Finding {
	slices.SortFunc(group, compareCandidates)
	lead := slices.MinFunc(group, func(a, b *Candidate) int {
		return cmp.Or(cmp.Compare(a.P, b.P), cmp.Compare(b.Calls, a.Calls), compareCandidates(a, b))
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
	f.Sources = sourcehost.Join(f.Sources, q.Leases, q.Order)
	f.addSources()
	f.namePairs()
	for _, d := range destinations {
		d.Share = float64(d.Calls) / math.Max(1, float64(f.Calls))
		f.Destinations = append(f.Destinations, *d)
	}
	sorting.Func(f.Destinations, func(a, b Destination) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), a.Host.Compare(b.Host))
	})
	f.Reasons = lead.reasons(q.Decision.withDefaults().FDR)
	if n := len(f.Sources); n > 1 {
		f.Reasons = append(f.Reasons, reason.Of(reason.Sources, float64(n), n))
	}
	if n := len(f.Destinations); n > 1 {
		f.Reasons = append(f.Reasons, reason.Of(reason.Destinations, float64(n), n))
	}
	f.Reasons = append(f.Reasons, f.failedReasons()...)
	return f
}

// namePairs sets the source of each pair whose caller is a device to the device's first address.
func (f *Finding) namePairs() {
	first := map[string]netset.Host{} // by device
	for i := range f.Sources {
		if s := &f.Sources[i]; s.Device != nil {
			first[s.Device.Key()] = s.Addr
		}
	}
	for k := range f.Schedule.Pairs {
		p := &f.Schedule.Pairs[k]
		if addr, ok := first[p.Caller.Name]; ok {
			p.Source = addr
		}
	}
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
	if s := sources[p.Source]; s != nil {
		s.Add(p.source())
		return
	}
	sources[p.Source] = p.source()
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
		f.Schedule.Pairs = append(f.Schedule.Pairs, SchedulePair{Source: p.Source, Caller: p.Source, Destination: part.Destination, Port: p.Port, AnyPort: p.PortVaries})
	}
}
