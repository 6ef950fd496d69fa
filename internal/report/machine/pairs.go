package machine

import (
	"beacon/internal/beacon"
	"beacon/internal/report"
	"beacon/internal/words"
)

// jsonPair is a pair of the rhythm rule as machines read it; see the package
// comment.
type jsonPair struct {
	Schema      int          `json:"schema"`
	Scope       string       `json:"scope"`
	Source      string       `json:"source"`
	Destination string       `json:"destination"`
	Port        uint16       `json:"port"`
	Protocol    uint8        `json:"protocol"`
	Verdict     string       `json:"verdict"`
	Explanation string       `json:"explanation"`
	Rhythm      string       `json:"rhythm"`
	Flows       int          `json:"flows"`
	Calls       int          `json:"calls"`
	First       string       `json:"first"`
	Last        string       `json:"last"`
	Period      float64      `json:"period_s"`
	PeriodRange [2]float64   `json:"period_range_s"`
	Jitter      float64      `json:"jitter"`
	JitterRange [2]float64   `json:"jitter_range"`
	Miss        float64      `json:"miss"`
	MissRange   [2]float64   `json:"miss_range"`
	Changes     []jsonChange `json:"changes"`
	P           float64      `json:"p"`
	Q           float64      `json:"q"`
	Needs       int          `json:"needs_calls"`
	Size        jsonSize     `json:"size_regularity"`
	RITA        jsonRITA     `json:"rita"`
	Reasons     []string     `json:"reasons"`
	Test        string       `json:"test"`
	Clock       bool         `json:"clock"`
}

type jsonChange struct {
	At     string  `json:"at"`
	Before float64 `json:"before_s"`
	After  float64 `json:"after_s"`
}

type jsonSize struct {
	Total    *float64 `json:"total"`
	Sent     *float64 `json:"sent"`
	Received *float64 `json:"received"`
}

type jsonRITA struct {
	Score float64 `json:"score"`
	TS    float64 `json:"ts"`
	DS    float64 `json:"ds"`
	Dur   float64 `json:"dur"`
	Hist  float64 `json:"hist"`
}

// jsonGroup is a rhythm that several pairs share.
type jsonGroup struct {
	Schema       int      `json:"schema"`
	Scope        string   `json:"scope"`
	Destination  string   `json:"destination"`
	Group        string   `json:"group"`
	Port         uint16   `json:"port"`
	Period       float64  `json:"period_s"`
	Destinations []string `json:"destinations"`
	Sources      []string `json:"sources"`

	Together *jsonPair `json:"together,omitempty"`
}

func pairJSON(p *beacon.Candidate) jsonPair {
	j := jsonPair{
		Schema: SchemaVersion, Scope: scopePair,
		Source: p.Source.String(), Destination: p.Destination.String(), Port: p.Port, Protocol: p.Proto,
		Verdict: string(p.Verdict), Explanation: p.Explanation, Rhythm: report.RhythmWords(p), Flows: p.Flows, Calls: p.Calls,
		First: words.UTC(p.First), Last: words.UTC(p.Last),
		Period: p.Period.Seconds(), PeriodRange: [2]float64{p.PeriodLow.Seconds(), p.PeriodHigh.Seconds()},
		Jitter: p.Jitter, JitterRange: [2]float64{p.JitterLow, p.JitterHigh},
		Miss: p.Miss, MissRange: [2]float64{p.MissLow, p.MissHigh},
		Changes: make([]jsonChange, len(p.Changes)), P: p.P, Q: p.Q, Needs: p.Needs,
		Size:    jsonSize{known(p.Size.Total), known(p.Size.Sent), known(p.Size.Received)},
		RITA:    jsonRITA{p.RITA.Total, p.RITA.TS, p.RITA.DS, p.RITA.Dur, p.RITA.Hist},
		Reasons: append([]string{}, p.Reasons...), Test: p.Test, Clock: p.Clock,
	}
	for i, c := range p.Changes {
		j.Changes[i] = jsonChange{words.UTC(c.At), c.Before.Seconds(), c.After.Seconds()}
	}
	return j
}

// known is a share, nil where the log doesn't say.
func known(share float64) *float64 {
	if share < 0 {
		return nil
	}
	return &share
}

func groupJSON(g *beacon.DestinationRhythm) jsonGroup {
	j := jsonGroup{Schema: SchemaVersion, Scope: scopeDestination, Destination: g.Destinations[0].String(), Group: g.Kind, Port: g.Port,
		Period: g.Period.Seconds(), Destinations: report.Addresses(g.Destinations), Sources: report.Addresses(g.Sources)}
	if g.Together != nil {
		together := pairJSON(g.Together)
		j.Together = &together
	}
	return j
}
