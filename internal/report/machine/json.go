package machine

import (
	"bufio"
	"encoding/json"

	"beacon/internal/beacon"
	"beacon/internal/escape"
	"beacon/internal/report"
	"beacon/internal/shape"
	"beacon/internal/words"
)

func init() {
	register(&Output{
		Name:    "json",
		Doc:     "the findings, one array",
		Endings: []string{".json"},
		Write:   writeJSON,
	})
	register(&Output{
		Name:    "ndjson",
		Doc:     "the findings, an object a line",
		Endings: []string{".ndjson", ".jsonl"},
		Write:   writeNDJSON,
	})
}

// jsonFinding is a finding as machines read it; see the package comment.
type jsonFinding struct {
	Schema      int          `json:"schema"`
	Scope       string       `json:"scope"`
	Destination string       `json:"destination"`
	Kind        string       `json:"kind"`
	Shape       string       `json:"shape"`
	Slots       int          `json:"slots"`
	Flows       int64        `json:"flows"`
	Bytes       int64        `json:"bytes"`
	First       string       `json:"first"`
	Last        string       `json:"last"`
	Reasons     []string     `json:"reasons"`
	Evidence    jsonEvidence `json:"evidence"`
	Ports       []jsonPort   `json:"ports"`
	Names       []string     `json:"names"`
	Sources     []jsonSource `json:"sources"`
}

type jsonEvidence struct {
	LogDays     float64  `json:"log_days"`
	ActiveShare float64  `json:"active_share"`
	ActiveHours float64  `json:"active_hours"`
	Runs        int      `json:"runs"`
	RunLength   float64  `json:"run_length_s"`
	RunShare    float64  `json:"run_share"`
	Regularity  float64  `json:"regularity"`
	RunTimes    []string `json:"run_times"`
	PatternDays int      `json:"pattern_days"`
	Days        int      `json:"days"`
	DayNight    float64  `json:"day_night_ratio"`
	BusyFrom    string   `json:"busy_from"`
	QuietFrom   string   `json:"quiet_from"`
	BusyDays    int      `json:"busy_days"`
	Sources     int      `json:"sources"`
	Prevalence  float64  `json:"prevalence"`
	ChanceSlots float64  `json:"chance_slots"`
	ChanceAll   float64  `json:"chance_all"`
}

type jsonPort struct {
	Port  uint16 `json:"port"`
	Flows int64  `json:"flows"`
}

type jsonSource struct {
	IP    string `json:"ip"`
	First string `json:"first"`
	Last  string `json:"last"`
	Flows int64  `json:"flows"`
	Bytes int64  `json:"bytes"`
}

func toJSON(f *beacon.Finding) jsonFinding {
	j := jsonFinding{
		Schema: SchemaVersion, Scope: string(f.Scope),
		Destination: f.Destinations[0].Host.String(), Kind: string(f.Destinations[0].Kind), Shape: string(f.Day.Shape),
		Slots: f.Day.Slots, Flows: f.Flows, Bytes: f.Bytes, First: words.UTC(f.First), Last: words.UTC(f.Last),
		Reasons: append([]string{}, beacon.Texts(f.Reasons)...), Names: append([]string{}, f.Destinations[0].Names...),
		Evidence: evidenceJSON(&f.Day.Evidence),
		Ports:    make([]jsonPort, len(f.Day.Ports)), Sources: make([]jsonSource, len(f.Sources)),
	}
	for i, p := range f.Day.Ports {
		j.Ports[i] = jsonPort(p)
	}
	for i, s := range f.Sources {
		j.Sources[i] = jsonSource{s.Addr.String(), words.UTC(s.First), words.UTC(s.Last), s.Flows, s.Bytes}
	}
	return j
}

func evidenceJSON(e *shape.Evidence) jsonEvidence {
	return jsonEvidence{
		LogDays: e.LogDays, ActiveShare: e.ActiveShare, ActiveHours: e.ActiveHours,
		Runs: e.Runs, RunLength: e.RunLength.Seconds(), RunShare: e.RunCover, Regularity: e.Regularity,
		RunTimes: words.Clocks(e.RunTimes), PatternDays: e.PatternDays, Days: e.Days,
		DayNight: e.DayNight, BusyFrom: words.Clock(e.BusyFrom), QuietFrom: words.Clock(e.QuietFrom), BusyDays: e.BusyDays,
		Sources: e.Sources, Prevalence: e.Prevalence, ChanceSlots: e.ChanceSlots, ChanceAll: e.ChanceAll,
	}
}

// objects calls do for each object of an answer: its destinations, its pairs and the
// rhythms that pairs share.
func objects(fs *beacon.Findings, do func(v any) error) error {
	for i := range fs.List {
		f := &fs.List[i]
		var object any
		if f.Scope == beacon.ScopeSchedule {
			object = scheduleJSON(f)
		} else {
			object = toJSON(f)
		}
		if err := do(object); err != nil {
			return err
		}
	}
	return nil
}

func writeJSON(w *bufio.Writer, fs *beacon.Findings, _ report.Meta) error {
	w.WriteByte('[')
	n := 0
	err := objects(fs, func(v any) error {
		if n > 0 {
			w.WriteByte(',')
		}
		n++
		w.WriteByte('\n')
		return writeObject(w, v)
	})
	if n > 0 {
		w.WriteByte('\n')
	}
	w.WriteString("]\n")
	return err
}

func writeNDJSON(w *bufio.Writer, fs *beacon.Findings, _ report.Meta) error {
	return objects(fs, func(v any) error {
		err := writeObject(w, v)
		w.WriteByte('\n')
		return err
	})
}

func writeObject(w *bufio.Writer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(escape.JSON(b))
	return err
}
