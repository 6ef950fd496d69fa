package beacon

import (
	"net/netip"
	"slices"
)

// decideRotations decides about all rotations that were tried, and returns by source and
// port what addRotations takes: those that keep time at the false-discovery rate asked
// for. totals is that of the log's pairs.
func decideRotations(tried []Rotation, o Decision, totals PairTotals) []DestinationRhythm {
	o = o.withDefaults()
	rs := make([]Candidate, len(tried))
	destinations := map[Caller][]netip.Addr{}
	for i := range tried {
		rs[i] = tried[i].Candidate
		destinations[rs[i].caller()] = tried[i].Destinations
	}
	totals.Tried = len(tried)
	correct(rs, totals.Tried)
	judgeRotations(rs, destinations, o, totals)
	var found []DestinationRhythm
	for i := range rs {
		r := &rs[i]
		if r.rotates() {
			found = append(found, newRotation(r, destinations[r.caller()]))
		}
	}
	sortRotations(found)
	return found
}

// judgeRotations is judge for rotations, which rest on more calls. The analyst knows a
// rotation if she knows all of its destinations.
func judgeRotations(rs []Candidate, destinations map[Caller][]netip.Addr, o Decision, totals PairTotals) {
	known := o.Known
	o.Known = nil
	judge(rs, o, totals)
	for i := range rs {
		r := &rs[i]
		if r.Verdict != VerdictBeacon {
			continue
		}
		verdict := len(r.Reasons) - 1 // is the last of them
		if why := knownAll(known, destinations[r.caller()], r.Port); why != "" {
			r.Reasons = r.Reasons[:verdict]
			r.explained(why, "a destination that isn't known")
		} else if r.Calls < rotationLeast {
			r.Reasons = r.Reasons[:verdict]
			r.Verdict, r.Needs = VerdictInsufficient, rotationLeast-r.Calls
			r.reason("verdict: not enough calls: q %.2g, but a rotation takes %d calls", r.Q, rotationLeast)
		}
	}
}

// rotates tells whether a rotation is worth showing.
func (r *Candidate) rotates() bool {
	return r.Verdict == VerdictBeacon || r.Verdict == VerdictExplained
}

func (r *Candidate) caller() Caller { return Caller{r.Source, r.Port} }

func newRotation(r *Candidate, destinations []netip.Addr) DestinationRhythm {
	return DestinationRhythm{Kind: GroupRotating, Destinations: destinations,
		Sources: []netip.Addr{r.Source}, Port: r.Port, Period: r.Period, Together: r}
}

// sortRotations sorts by source and port.
func sortRotations(list []DestinationRhythm) {
	slices.SortStableFunc(list, func(a, b DestinationRhythm) int { return a.Together.caller().compare(b.Together.caller()) })
}

// addRotations adds the rotations that were found to the groups, after the rhythms that
// pairs keep each on their own. Those with no destination that Query.Only keeps are left
// out.
func (fs *Findings) addRotations(found []DestinationRhythm) {
	for _, g := range found {
		if slices.ContainsFunc(g.Destinations, fs.Query.keeps) {
			fs.Groups = append(fs.Groups, g)
		}
	}
}
