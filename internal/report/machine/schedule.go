package machine

import (
	"beacon/internal/beacon"
	"beacon/internal/words"
)

// jsonSchedule is a finding of the rhythm rule.
type jsonSchedule struct {
	jsonFinding
	Test        string       `json:"test" doc:"test with the strongest evidence: sleep, clock, even, cycle or steady"`
	Period      float64      `json:"period_s" doc:"period in seconds"`
	PeriodRange [2]float64   `json:"period_range_s" doc:"interval in which the period lies"`
	Jitter      float64      `json:"jitter" doc:"J of a sleep of T*(1±J), 0 to 1"`
	JitterRange [2]float64   `json:"jitter_range" doc:"interval in which the jitter lies"`
	Miss        float64      `json:"miss" doc:"share of the calls that didn't come, 0 to 1"`
	MissRange   [2]float64   `json:"miss_range" doc:"interval in which the share lies"`
	Clock       bool         `json:"clock" doc:"whether the calls are locked to the clock"`
	Changes     []jsonChange `json:"changes" doc:"when the period changed"`
	P           float64      `json:"p" doc:"p-value against chance"`
	Q           float64      `json:"q" doc:"p-value corrected over all that was tried"`
	Needs       int          `json:"needs_calls" doc:"of an insufficient one, about how many more calls would decide it"`
	Size        jsonSize     `json:"size_regularity" doc:"share of flows within a tenth of the median size; null where the log doesn't say"`
	RITA        jsonRITA     `json:"rita" doc:"RITA's beacon score and its parts"`
}

type jsonChange struct {
	At     utc     `json:"at" doc:"when"`
	Before float64 `json:"before_s" doc:"period before, in seconds"`
	After  float64 `json:"after_s" doc:"period after, in seconds"`
}

type jsonSize struct {
	Total    *float64 `json:"total" doc:"of both directions"`
	Sent     *float64 `json:"sent" doc:"of what the source sent"`
	Received *float64 `json:"received" doc:"of what it received"`
}

type jsonRITA struct {
	Score float64 `json:"score" doc:"the score"`
	TS    float64 `json:"ts" doc:"timestamps"`
	DS    float64 `json:"ds" doc:"data sizes"`
	Dur   float64 `json:"dur" doc:"duration"`
	Hist  float64 `json:"hist" doc:"histogram"`
}

func scheduleJSON(f *beacon.Finding) jsonSchedule {
	s := f.Schedule
	j := jsonSchedule{
		jsonFinding: findingJSON(f), Test: s.Test,
		Period: s.Period.Seconds(), PeriodRange: [2]float64{s.PeriodLow.Seconds(), s.PeriodHigh.Seconds()},
		Jitter: s.Jitter, JitterRange: [2]float64{s.JitterLow, s.JitterHigh},
		Miss: s.Miss, MissRange: [2]float64{s.MissLow, s.MissHigh},
		Clock: s.Clock, Changes: make([]jsonChange, len(s.Changes)), P: s.P, Q: s.Q, Needs: s.Needs,
		Size: jsonSize{known(s.Size.Total), known(s.Size.Sent), known(s.Size.Received)},
		RITA: jsonRITA{s.RITA.Total, s.RITA.TS, s.RITA.DS, s.RITA.Dur, s.RITA.Hist},
	}
	for i, c := range s.Changes {
		j.Changes[i] = jsonChange{utc(words.UTC(c.At)), c.Before.Seconds(), c.After.Seconds()}
	}
	return j
}

// known returns a share, nil where the log doesn't say.
func known(share float64) *float64 {
	if share < 0 {
		return nil
	}
	return &share
}
