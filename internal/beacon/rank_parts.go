package beacon

// RankPart is one part of a RankScore, by name.
type RankPart struct {
	Name          string
	Value, Weight float64
}

// Parts returns the parts of the score, in words and in the order of their weight.
func (s RankScore) Parts() []RankPart {
	w := &rankWeights
	return []RankPart{
		{"evidence", s.Evidence, w.Evidence},
		{"few sources", s.FewSources, w.FewSources},
		{"public address", s.Public, w.Public},
		{"lasting", s.Lasting, w.Lasting},
		{"steady sizes", s.Steady, w.Steady},
	}
}
