package beacon

import "slices"

// Select returns the findings that have one of the verdicts, with their ranks among all,
// and the sources of those findings.
func (fs *Findings) Select(verdicts []Verdict) *Findings {
	kept := fs.only(func(f *Finding) bool { return slices.Contains(verdicts, f.Verdict) })
	all := fs.counts()
	kept.census = census{}
	for _, v := range verdicts {
		if n := all[v]; n != nil {
			kept.census[v] = n
		}
	}
	kept.Sources = kept.census.sources(verdicts, fs.Query.Order)
	return kept
}

// counts returns the census of the findings.
func (fs *Findings) counts() census {
	if fs.stored != nil {
		return fs.census
	}
	c := census{}
	for i := range fs.List {
		c.add(&fs.List[i], fs.Query.Order)
	}
	return c
}

// Count returns how many findings have a verdict.
func (fs *Findings) Count(v Verdict) int {
	n := 0
	for i := range fs.List {
		if fs.List[i].Verdict == v {
			n++
		}
	}
	if c := fs.census[v]; fs.stored != nil && c != nil {
		n = c.findings
	}
	return n
}
