package beacon

import "slices"

// Select returns the findings that have one of the verdicts, with their ranks among all,
// and the sources of those findings.
func (fs *Findings) Select(verdicts []Verdict) *Findings {
	kept := fs.only(func(f *Finding) bool { return slices.Contains(verdicts, f.Verdict) })
	if fs.census != nil {
		kept.census = census{}
		for _, v := range verdicts {
			if n := fs.census[v]; n != nil {
				kept.census[v] = n
			}
		}
	}
	kept.Sources = kept.counts().sources(verdicts, fs.Query.Order)
	return kept
}

// Only returns the findings that keep holds for, with their ranks among all, and the
// sources of the beacons among them.
func (fs *Findings) Only(keep func(f *Finding) bool) *Findings {
	kept := fs.only(keep)
	c := kept.counts()
	if fs.stored != nil {
		kept.census = c
	}
	kept.Sources = c.sources([]Verdict{VerdictBeacon}, fs.Query.Order)
	return kept
}

// counts returns the census of the findings. Of findings in memory it is made when it is
// asked for.
func (fs *Findings) counts() census {
	if fs.census != nil {
		return fs.census
	}
	c := census{}
	for f := range fs.All() {
		c.add(f, fs.Query.Order)
	}
	return c
}

// Count returns how many findings have a verdict.
func (fs *Findings) Count(v Verdict) int { return fs.CountOf("", v) }

// CountOf returns how many findings of a scope have a verdict; "" is any scope.
func (fs *Findings) CountOf(s Scope, v Verdict) (n int) {
	if fs.census != nil {
		if c := fs.census[v]; c != nil {
			for scope, k := range c.findings {
				if s == "" || scope == s {
					n += k
				}
			}
		}
		return n
	}
	for i := range fs.List {
		if f := &fs.List[i]; (s == "" || f.Scope == s) && f.Verdict == v {
			n++
		}
	}
	return n
}
