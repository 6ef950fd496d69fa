package beacon

import "slices"

// Select returns the findings that have one of the verdicts, with their ranks among all,
// and the sources of those findings.
func (fs *Findings) Select(verdicts []Verdict) *Findings {
	kept := *fs
	kept.List = make([]Finding, 0, len(fs.List))
	for _, f := range fs.List {
		if slices.Contains(verdicts, f.Verdict) {
			kept.List = append(kept.List, f)
		}
	}
	kept.Sources = sourcesOf(kept.List, fs.Query.Order)
	return &kept
}
