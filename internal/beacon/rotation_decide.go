package beacon

import (
	"net/netip"
	"slices"
)

// DecideRotations decides about all rotations that were tried, and returns by source and
// port what AddRotations takes: those that keep time at the false-discovery rate asked
// for, shown or not. census is that of the log's pairs.
func DecideRotations(tried []Rotation, o RhythmOptions, census Census) []DestinationRhythm {
	o = o.withDefaults()
	rs := make([]PairRhythm, len(tried))
	destinations := map[Caller][]netip.Addr{}
	for i := range tried {
		rs[i] = tried[i].PairRhythm
		destinations[rs[i].caller()] = tried[i].Destinations
	}
	census.Tried = len(tried)
	correct(rs, o, census.Tried)
	judgeRotations(rs, destinations, o, census)
	var found []DestinationRhythm
	for i := range rs {
		r := &rs[i]
		r.Grounds = Grounds{Census: census, LogFirst: o.LogFirst, LogLast: o.LogLast, FDR: o.FDR}
		if r.rotates() || r.keepsCompany() {
			found = append(found, newRotation(r, destinations[r.caller()]))
		}
	}
	sortRotations(found)
	return found
}

// judgeRotations is judge for rotations, which rest on more calls. The analyst knows a
// rotation if she knows all of its destinations.
func judgeRotations(rs []PairRhythm, destinations map[Caller][]netip.Addr, o RhythmOptions, census Census) {
	known := o.Known
	o.Known = nil
	judge(rs, o, census)
	for i := range rs {
		r := &rs[i]
		if r.Verdict != VerdictBeacon {
			continue
		}
		if why := knownAll(known, destinations[r.caller()], r.Port); why != "" {
			r.undecide()
			r.explained(why, "a destination that isn't known")
		} else if r.Calls < rotationLeast {
			r.undecide()
			r.Verdict, r.Needs = VerdictInsufficient, rotationLeast-r.Calls
			r.reason(verdictWords+"not enough calls: q %.2g, but a rotation takes %d calls", r.Q, rotationLeast)
		}
	}
}

// rotates tells whether a rotation is worth showing.
func (r *PairRhythm) rotates() bool {
	return r.Verdict == VerdictBeacon || r.Verdict == VerdictExplained
}

func (r *PairRhythm) caller() Caller { return Caller{r.Source, r.Port} }

func newRotation(r *PairRhythm, destinations []netip.Addr) DestinationRhythm {
	return DestinationRhythm{Kind: GroupRotating, Destinations: destinations,
		Sources: []netip.Addr{r.Source}, Port: r.Port, Period: r.Period, Together: r}
}

// sortRotations sorts by source and port; those of several logs stay in their order.
func sortRotations(list []DestinationRhythm) {
	slices.SortStableFunc(list, func(a, b DestinationRhythm) int { return a.Together.caller().compare(b.Together.caller()) })
}

// AddRotations adds the rotations that were found: to the groups, after the rhythms that
// pairs keep each on their own, and what is not to be shown to the company.
func (fs *Findings) AddRotations(found []DestinationRhythm) {
	only := fs.Query.Only
	for _, g := range found {
		r := g.Together
		r.Aside = r.Aside || only != nil && !slices.ContainsFunc(g.Destinations, func(a netip.Addr) bool { return slices.Contains(only, a) })
		if r.rotates() && !r.Aside {
			fs.Groups = append(fs.Groups, g)
		} else if r.keepsCompany() {
			r.Position = 0 // no source of the answer
			fs.CompanyGroups = append(fs.CompanyGroups, g)
		}
	}
}
