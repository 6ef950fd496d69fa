package machine

import (
	"bufio"
	"encoding/json"
	"io"

	"beacon/internal/beacon"
	"beacon/internal/earlier"
	"beacon/internal/escape"
	"beacon/internal/netset"
	"beacon/internal/words"
)

// endedJSON is a finding that has ended. Its fields are those of a finding, as far as they
// are known.
type endedJSON struct {
	Schema       int         `json:"schema"`
	Scope        string      `json:"scope"`
	Rank         int         `json:"rank"`
	Verdict      string      `json:"verdict"`
	Destinations []eventHost `json:"destinations"`
	Sources      []eventHost `json:"sources"`
	Port         uint16      `json:"port"`
	Period       float64     `json:"period_s"`
	FirstSeen    utc         `json:"first_seen"`
}

type eventHost struct {
	IP   string `json:"ip,omitempty"`
	Name string `json:"name,omitempty"`
}

// WriteEvents writes events, a JSON object a line: what has happened and when, then the
// fields of the finding (see JSONSchema).
func WriteEvents(w io.Writer, events []earlier.Event) error {
	out := bufio.NewWriter(w)
	for i := range events {
		e := &events[i]
		var v any
		if e.Finding != nil {
			v = object(e.Finding)
		} else {
			v = endedOf(e.Earlier)
		}
		text, err := json.Marshal(v)
		if err != nil {
			return err
		}
		lead, err := json.Marshal(struct {
			Event earlier.EventKind `json:"event"`
			At    utc               `json:"at"`
		}{e.Kind, utc(words.UTC(e.At))})
		if err != nil {
			return err
		}
		out.Write(escape.JSON(lead[:len(lead)-1]))
		out.WriteByte(',')
		out.Write(escape.JSON(text[1:]))
		out.WriteByte('\n')
	}
	return out.Flush()
}

func endedOf(e *beacon.Earlier) endedJSON {
	return endedJSON{Schema: SchemaVersion, Scope: string(e.Scope), Rank: e.Rank, Verdict: string(e.Verdict), Destinations: eventHosts(e.Destinations),
		Sources: eventHosts(e.Sources), Port: e.Port, Period: e.Period.Seconds(), FirstSeen: utc(words.UTC(e.FirstSeen))}
}

func eventHosts(hosts []netset.Host) []eventHost {
	list := make([]eventHost, len(hosts))
	for i, h := range hosts {
		list[i].IP, list[i].Name = hostJSON(h)
	}
	return list
}
