package beacon

import (
	"slices"
	"time"

	"beacon/internal/netset"
	"beacon/internal/spill"
)

// The calls to a name are also calls to the addresses that it was met at, and the calls
// to the names below a registered domain also calls to the domain. So one timer may show
// at several of them: it is one finding.

// claim holds what was found at some destinations of some sources, by one rule.
type claim struct {
	verdict Verdict
	period  time.Duration // 0 of the every-minute rule
	flows   int64
	port    uint16
	sources []netset.Host
	hosts   []netset.Host
	gone    bool // another claim stands for the same calls

	calling map[netset.Host]bool // the set of sources; nil until calledBy makes it
}

// calledBy reports whether a source is one of the claim's.
func (c *claim) calledBy(source netset.Host) bool {
	if c.calling == nil {
		c.calling = make(map[netset.Host]bool, len(c.sources))
		for _, s := range c.sources {
			c.calling[s] = true
		}
	}
	return c.calling[source]
}

// oneClaim marks the claims that others stand for. It returns the names that stand for
// nothing more than an address, by address.
func oneClaim(claims []*claim, e *Evidence) map[netset.Host][]string {
	names := map[netset.Host][]string{}
	narrows := map[netset.Host][]int{} // by the address or the domain of their first host
	for i, c := range claims {
		switch h := c.hosts[0]; {
		case !h.IsName():
			narrows[h] = append(narrows[h], i)
		case !h.IsDomain():
			narrows[h.Domain()] = append(narrows[h.Domain()], i)
		}
	}
	for _, wide := range claims {
		if wide.gone || !wide.hosts[0].IsName() {
			continue
		}
		for _, i := range wide.mayCover(narrows, e) {
			narrow := claims[i]
			if !wide.gone && !narrow.gone && wide != narrow && wide.port == narrow.port && narrow.calledBy(wide.sources[0]) && wide.covers(narrow, e) {
				wide.settle(narrow, e, names)
			}
		}
	}
	return names
}

// mayCover returns the claims whose first host is an address of one of the claim's names, or a
// name of one of its domains, ascending.
func (c *claim) mayCover(narrows map[netset.Host][]int, e *Evidence) (list []int) {
	for _, w := range c.hosts {
		for _, address := range e.Addresses[w] {
			list = append(list, narrows[address]...)
		}
		if w.IsDomain() {
			list = append(list, narrows[w]...)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// covers tells whether every host of another claim that it may cover is an address of this
// one's names, or a name of its domains, and every source is one of this one's.
func (c *claim) covers(other *claim, e *Evidence) bool {
	for _, h := range other.hosts[1:] {
		if !slices.ContainsFunc(c.hosts, func(w netset.Host) bool {
			return w.IsDomain() && !h.IsDomain() && h.Domain() == w || slices.Contains(e.Addresses[w], h)
		}) {
			return false
		}
	}
	for _, s := range other.sources {
		if !c.calledBy(s) {
			return false
		}
	}
	return true
}

// settle drops one of two claims, of which c covers narrow, if they are of one timer:
// where one is in doubt, the verdicts differ, or the periods agree
// (see inTurn). The wider one stays, for it has all the calls, but where it alone is in doubt, and where it has no call more:
// then the narrow one is plainer.
func (c *claim) settle(narrow *claim, e *Evidence, names map[netset.Host][]string) {
	doubtful := c.verdict.doubtful() || narrow.verdict.doubtful()
	if !doubtful && c.verdict == narrow.verdict && c.period > 0 && !c.inTurn(narrow, e) {
		return
	}
	same := c.verdict == narrow.verdict && c.flows == narrow.flows && len(narrow.hosts) == 1
	if !same && !(c.verdict.doubtful() && !narrow.verdict.doubtful()) {
		narrow.gone = true
		return
	}
	c.gone = true
	for _, h := range narrow.hosts {
		for _, w := range c.hosts {
			if !w.IsDomain() {
				names[h] = append(names[h], w.Name)
			}
		}
	}
}

// inTurn tells whether the period of a claim that c covers is that of c, or of a timer that
// takes the addresses of a name in turn: each of n gets every nth call.
func (c *claim) inTurn(narrow *claim, e *Evidence) bool {
	parts := 1
	for _, w := range c.hosts {
		parts = max(parts, len(e.Addresses[w]), e.Labels[w])
	}
	turns := max(1, (narrow.period+c.period/2)/c.period)
	if turns > time.Duration(parts) || turns > 1 && narrow.flows > c.flows {
		return false
	}
	return SamePeriod(turns*c.period, narrow.period)
}

// mergeCandidates returns the candidates of a source, pairs and rotations, without those
// whose calls others stand for.
func (fs *Findings) mergeCandidates(pairs, rotations []*Candidate, e *Evidence) (mergedPairs, mergedRotations []*Candidate) {
	if len(e.Addresses)+len(e.Labels) == 0 {
		return pairs, rotations
	}
	fdr := fs.Query.Decision.withDefaults().FDR
	var claims []*claim
	of := func(list []*Candidate) []*claim {
		own := make([]*claim, len(list))
		for i, r := range list {
			if r.Verdict == VerdictNone || r.Parts != nil && r.Q > fdr || !fs.Query.keeps(r.hosts()) {
				continue
			}
			own[i] = &claim{verdict: r.Verdict, period: r.Period, flows: int64(r.Flows), port: r.Port, sources: []netset.Host{r.Source}, hosts: r.hosts()}
			claims = append(claims, own[i])
		}
		return own
	}
	ofPairs, ofRotations := of(pairs), of(rotations)
	fs.addOwnNames(oneClaim(claims, e))
	kept := func(list []*Candidate, own []*claim) (kept []*Candidate) {
		for i := range list {
			if own[i] == nil || !own[i].gone {
				kept = append(kept, list[i])
			}
		}
		return kept
	}
	return kept(pairs, ofPairs), kept(rotations, ofRotations)
}

// coveredDestinations returns the destinations of the every-minute rule whose calls others
// stand for.
func (fs *Findings) coveredDestinations(all *spill.Sorter[ranked], e *Evidence) (map[netset.Host]bool, error) {
	var claims []*claim
	for r, err := range all.All() {
		if err != nil {
			return nil, err
		}
		claims = append(claims, &claim{verdict: r.Verdict, flows: r.Flows, hosts: []netset.Host{r.Destinations[0].Host}, sources: r.SourceHosts()})
	}
	fs.addOwnNames(oneClaim(claims, e))
	gone := map[netset.Host]bool{}
	for _, c := range claims {
		if c.gone {
			gone[c.hosts[0]] = true
		}
	}
	return gone, nil
}

func (fs *Findings) addOwnNames(names map[netset.Host][]string) {
	for h, list := range names {
		if fs.names == nil {
			fs.names = map[netset.Host][]string{}
		}
		fs.names[h] = append(fs.names[h], list...)
	}
}

// describeNames gives the destinations of a finding that are names their addresses, the
// domains the number of their names, and addresses the names that they were called by alone
// or that DNS answers gave them.
func (fs *Findings) describeNames(f *Finding, e *Evidence) {
	for k := range f.Destinations {
		d := &f.Destinations[k]
		d.Addresses, d.Labels = e.Addresses[d.Host], e.Labels[d.Host]
		for _, name := range slices.Concat(fs.names[d.Host], e.Answers[d.Host]) {
			if !slices.Contains(d.Names, name) {
				d.Names = append(d.Names, name)
			}
		}
	}
}
