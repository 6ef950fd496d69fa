package report

import "beacon/internal/beacon"

// Scopes of the objects of json and ndjson.
const (
	scopeDestination = "destination"
	scopePair        = "pair"
	scopeCompany     = "company"
)

// jsonGrounds is what beacon.Findings.DecideAgain has to know of a pair beside what
// an analyst reads of it; see the package comment.
type jsonGrounds struct {
	Test       string  `json:"test"`
	Regular    float64 `json:"regular"`
	Stretches  int     `json:"stretches"`
	Sessions   int     `json:"sessions"`
	Clock      bool    `json:"clock"`
	Callers    int     `json:"callers"`
	LeftOut    bool    `json:"left_out"`
	LogPairs   int     `json:"log_pairs"`
	LogTried   int     `json:"log_tried"`
	LogSources int     `json:"log_sources"`
	LogFirst   string  `json:"log_first"`
	LogLast    string  `json:"log_last"`
	FDR        float64 `json:"fdr"`
	ScoreBy    string  `json:"score_by"`
}

func groundsJSON(p *beacon.PairRhythm) jsonGrounds {
	g := &p.Grounds
	return jsonGrounds{
		Test: p.Test, Regular: p.Regular, Stretches: p.Stretches, Sessions: p.Sessions, Clock: p.Clock,
		Callers: p.Callers, LeftOut: p.Aside,
		LogPairs: g.Pairs, LogTried: g.Tried, LogSources: g.Sources, LogFirst: utc(g.LogFirst), LogLast: utc(g.LogLast),
		FDR: g.FDR, ScoreBy: string(g.ScoreBy),
	}
}

// companyJSON is a pair that isn't shown, but counts when others are decided again.
func companyJSON(p *beacon.PairRhythm) jsonPair {
	j := pairJSON(p)
	j.Scope = scopeCompany
	return j
}

// companyGroupJSON is a rotation that isn't shown, but counts when others are decided
// again.
func companyGroupJSON(g *beacon.DestinationRhythm) jsonGroup {
	j := groupJSON(g)
	j.Scope = scopeCompany
	return j
}
