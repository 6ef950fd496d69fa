package devicelog

import (
	"bytes"
	"strings"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// PAN-OS traffic and URL logs: comma-separated without names of columns, as syslog or as
// CSV that the device exports (with a line of names first). Of a session the
// record "end" is the flow, with its Start Time; deny and drop have no other. A URL
// record (THREAT, url) is of a request on a session, and names the server.
//
// Shape: Palo Alto Networks, "Traffic Log Fields" (positions from 1): 2 receive
// time, 4 type, 5 subtype, 7 generated time, 8 source, 9 destination, 25 and 26
// ports, 30 protocol, 32 to 34 bytes, sent and received, 36 start time, 37 elapsed;
// "Threat Log Fields": the same up to 30, 32 the URL, without its scheme.

func init() {
	record.Register(&record.Device{
		Name:    "panos",
		Needs:   "TRAFFIC end, drop, deny (or start), or THREAT url",
		Gives:   "ports, protocol, bytes, duration, name",
		Doc:     "Palo Alto PAN-OS traffic and URL logs, CSV or syslog",
		Example: "1,2020/06/21 00:00:07,0011,TRAFFIC,end,2305,2020/06/21 00:00:07,10.0.0.5,203.0.113.9,198.51.100.1,203.0.113.9,rule1,,,ssl,vsys1,trust,untrust,eth1,eth2,fwd,...",
		Mine:    func(line []byte) bool { return panosType(line) >= 0 },
		Read:    readPanos,
		Prefer:  record.Ended,
	})
}

// panosKinds are the types and subtypes of the records that are read.
var panosKinds = [...]string{",TRAFFIC,end,", ",TRAFFIC,start,", ",TRAFFIC,drop,", ",TRAFFIC,deny,", ",THREAT,url,"}

// panosType is where the fifth field of a record begins that is read, -1 in other
// lines.
func panosType(line []byte) int {
	for _, kind := range panosKinds {
		if at := bytes.Index(line, []byte(kind)); at >= 0 {
			return at + 1 + strings.IndexByte(kind[1:], ',') + 1
		}
	}
	if !bytes.Contains(line, []byte(`","`)) {
		return -1
	}
	for _, kind := range panosKinds { // every field in quotes
		quoted := strings.ReplaceAll(kind, ",", `","`)
		if at := bytes.Index(line, []byte(quoted)); at >= 0 {
			return at + 3 + strings.Index(quoted[3:], `","`) + 2
		}
	}
	return -1
}

// panosFields is the fields that are read, by their position from 1.
var panosFields = [38]record.Value{7: record.End + 1, 8: record.Src + 1, 9: record.Dst + 1, 25: record.SrcPort + 1, 26: record.DstPort + 1, 30: record.Proto + 1,
	32: record.Bytes + 1, 33: record.Sent + 1, 34: record.Received + 1, 36: record.Time + 1, 37: record.Duration + 1}

// panosApp is the position of the application.
const panosApp = 15

func readPanos(m *record.Message, v *record.Values) string {
	rest := m.Line[panosType(m.Line):]
	for field := 5; field < len(panosFields); field++ {
		text, after, ok := cut.Field(rest)
		if field == 5 {
			v.Phase = panosPhase(text)
		}
		if v.Phase == record.Request && field == 32 {
			v.Text[record.Name], _ = cut.URLHost(text, true)
			v.Text[record.Time], v.Text[record.End] = v.Text[record.End], nil
			return ""
		}
		if field == panosApp && string(text) == "incomplete" { // the handshake was not completed
			v.Text[record.State] = unanswered
		}
		if which := panosFields[field]; which > 0 {
			v.Text[which-1] = text
		}
		if !ok {
			if field < 34 || v.Phase == record.Request {
				return record.TooShort
			}
			break
		}
		rest = after
	}
	return ""
}

func panosPhase(subtype []byte) record.Phase {
	switch string(subtype) {
	case "end":
		return record.Ended
	case "start":
		return record.Begun
	case "url":
		return record.Request
	}
	return record.Single
}
