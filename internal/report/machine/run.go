package machine

import (
	"encoding/json"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/report"
	"beacon/internal/words"
)

// jsonRun is the run, the first object of json and ndjson. It holds only what the answer
// depends on: neither the number of workers nor where outputs are written.
type jsonRun struct {
	Schema   int            `json:"schema" doc:"version of these fields"`
	Scope    string         `json:"scope" enum:"run" doc:"what the object is"`
	Version  string         `json:"version" doc:"of beacon: the commit that it was built from, or a tag"`
	Options  map[string]any `json:"options" doc:"the options that were set, by the names of the flags, wherever they were set; what changes no finding is left out"`
	Inputs   []jsonInput    `json:"inputs" doc:"the files that were read, or the table that was asked"`
	Flows    int64          `json:"flows" doc:"flows read, within --from and --to"`
	Outbound int64          `json:"outbound" doc:"of these, from an internal source to an external destination"`
	Bad      int64          `json:"bad" doc:"records that can't be read and were skipped"`
	First    *utc           `json:"first" doc:"start of the earliest flow; null if none was read"`
	Last     *utc           `json:"last" doc:"start of the latest flow"`
	Warnings []jsonWarning  `json:"warnings" doc:"what may mislead in this answer"`
	Gone     []jsonGone     `json:"gone" doc:"findings of --baseline that are none now"`
}

type jsonGone struct {
	Scope        string   `json:"scope" doc:"what the finding was"`
	Verdict      string   `json:"verdict" doc:"what it was decided to be"`
	Destinations []string `json:"destinations" doc:"the external hosts"`
	Sources      []string `json:"sources" doc:"the internal hosts"`
	Port         uint16   `json:"port" doc:"destination port; 0 where it was unknown or changed"`
	Period       float64  `json:"period_s" doc:"period in seconds; 0 of scope destination"`
	FirstSeen    utc      `json:"first_seen" doc:"start of its first flow"`
}

type jsonInput struct {
	Name string  `json:"name" doc:"as the command line names it"`
	Size *int64  `json:"size" doc:"bytes as stored; null of a pipe or a table"`
	Hash *string `json:"hash" doc:"xxh64: and the XXH64 of the first bytes, decompressed, in hexadecimal; null of a table"`
}

type jsonWarning struct {
	Text string `json:"text" doc:"the warning"`
	Hint string `json:"hint" doc:"what to type about it; may be empty"`
}

func runJSON(fs *beacon.Findings, meta report.Meta) jsonRun {
	t := &fs.Totals
	j := jsonRun{
		Schema: SchemaVersion, Scope: "run", Version: meta.Version, Options: meta.Options,
		Inputs: make([]jsonInput, len(meta.Files)), Warnings: make([]jsonWarning, len(fs.Warnings)), Gone: make([]jsonGone, len(fs.Gone)),
		Flows: t.Flows, Outbound: t.Outbound, Bad: t.Bad,
	}
	if j.Options == nil {
		j.Options = map[string]any{}
	}
	for i := range meta.Files {
		j.Inputs[i] = inputJSON(&meta.Files[i])
	}
	if t.Flows > 0 && t.First <= t.Last {
		first, last := utc(words.UTC(t.First)), utc(words.UTC(t.Last))
		j.First, j.Last = &first, &last
	}
	for i := range fs.Gone {
		g := &fs.Gone[i]
		j.Gone[i] = jsonGone{Scope: string(g.Scope), Verdict: string(g.Verdict), Destinations: texts(g.Destinations), Sources: texts(g.Sources),
			Port: g.Port, Period: g.Period.Seconds(), FirstSeen: utc(words.UTC(g.FirstSeen))}
	}
	for i, w := range fs.Warnings {
		j.Warnings[i] = jsonWarning{w.Text, w.Hint}
	}
	return j
}

// texts returns hosts as texts.
func texts(hosts []netset.Host) []string {
	list := make([]string, len(hosts))
	for i, h := range hosts {
		list[i] = h.String()
	}
	return list
}

func inputJSON(file *report.File) jsonInput {
	in := jsonInput{Name: file.Name}
	if file.Size >= 0 {
		in.Size = &file.Size
	}
	if file.Hash != "" {
		in.Hash = &file.Hash
	}
	return in
}

// runText returns the run as a line of JSON, for the metadata of other formats.
func runText(fs *beacon.Findings, meta report.Meta) (string, error) {
	text, err := json.Marshal(runJSON(fs, meta))
	return string(text), err
}
