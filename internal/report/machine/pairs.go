package machine

import (
	"beacon/internal/beacon"
	"beacon/internal/report"
	"beacon/internal/words"
)

// jsonPair is a pair of the rhythm rule as machines read it; see the package
// comment.
type jsonPair struct {
	Schema       int          `json:"schema"`
	Scope        string       `json:"scope"`
	Sources      []jsonSource `json:"sources"`
	Destinations []string     `json:"destinations"`
	Port         uint16       `json:"port"`
	Protocol     uint8        `json:"protocol"`
	Verdict      string       `json:"verdict"`
	Explanation  string       `json:"explanation"`
	Rhythm       string       `json:"rhythm"`
	Flows        int64        `json:"flows"`
	Calls        int64        `json:"calls"`
	First        string       `json:"first"`
	Last         string       `json:"last"`
	Period       float64      `json:"period_s"`
	PeriodRange  [2]float64   `json:"period_range_s"`
	Jitter       float64      `json:"jitter"`
	JitterRange  [2]float64   `json:"jitter_range"`
	Miss         float64      `json:"miss"`
	MissRange    [2]float64   `json:"miss_range"`
	Changes      []jsonChange `json:"changes"`
	P            float64      `json:"p"`
	Q            float64      `json:"q"`
	Needs        int          `json:"needs_calls"`
	Size         jsonSize     `json:"size_regularity"`
	RITA         jsonRITA     `json:"rita"`
	Reasons      []string     `json:"reasons"`
	Test         string       `json:"test"`
	Clock        bool         `json:"clock"`
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

func scheduleJSON(p *beacon.Finding) jsonPair {
	j := jsonPair{
		Schema: SchemaVersion, Scope: string(p.Scope),
		Sources: make([]jsonSource, len(p.Sources)), Destinations: make([]string, len(p.Destinations)), Port: p.Port, Protocol: p.Proto,
		Verdict: string(p.Verdict), Explanation: p.Explanation, Rhythm: report.RhythmWords(p.Schedule), Flows: p.Flows, Calls: p.Calls,
		First: words.UTC(p.First), Last: words.UTC(p.Last),
		Period: p.Schedule.Period.Seconds(), PeriodRange: [2]float64{p.Schedule.PeriodLow.Seconds(), p.Schedule.PeriodHigh.Seconds()},
		Jitter: p.Schedule.Jitter, JitterRange: [2]float64{p.Schedule.JitterLow, p.Schedule.JitterHigh},
		Miss: p.Schedule.Miss, MissRange: [2]float64{p.Schedule.MissLow, p.Schedule.MissHigh},
		Changes: make([]jsonChange, len(p.Schedule.Changes)), P: p.Schedule.P, Q: p.Schedule.Q, Needs: p.Schedule.Needs,
		Size:    jsonSize{known(p.Schedule.Size.Total), known(p.Schedule.Size.Sent), known(p.Schedule.Size.Received)},
		RITA:    jsonRITA{p.Schedule.RITA.Total, p.Schedule.RITA.TS, p.Schedule.RITA.DS, p.Schedule.RITA.Dur, p.Schedule.RITA.Hist},
		Reasons: append([]string{}, beacon.Texts(p.Reasons)...), Test: p.Schedule.Test, Clock: p.Schedule.Clock,
	}
	for i, s := range p.Sources {
		j.Sources[i] = jsonSource{s.Addr.String(), words.UTC(s.First), words.UTC(s.Last), s.Flows, s.Bytes}
	}
	for i, d := range p.Destinations {
		j.Destinations[i] = d.Host.String()
	}
	for i, c := range p.Schedule.Changes {
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
