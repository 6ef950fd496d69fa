package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// ArcSight's Common Event Format, which many products write: a header of seven
// fields, then key=value whose values may have blanks in them. rt, start and end
// are epoch ms or dates. By what products write, out is what the source sent and
// in what it got (FortiGate, PAN-OS, Check Point). FortiGate and others write a blank behind
// CEF:, and FortiGate no time but its own eventtime; FortiAnalyzer's are local, with tz.
//
// Shape: ArcSight Common Event Format implementation standard; elastic/integrations,
// packages/cef.

func init() {
	record.Register(&record.Device{
		Name:    "cef",
		Needs:   "CEF:, src, dst",
		Gives:   "ports, protocol, bytes, duration, name",
		Doc:     "ArcSight CEF of any product, if it has src and dst",
		Example: "Jun 21 00:00:02 fw CEF:0|Vendor|FW|1.0|100|conn|3|rt=1592697602000 src=10.0.0.5 spt=50000 dst=203.0.113.9 dpt=443 proto=TCP in=900 out=300",
		Mine:    cefLine,
		Read:    readCEF,
	})
}

func cefLine(line []byte) bool {
	at := bytes.Index(line, []byte("CEF:"))
	if at < 0 {
		return false
	}
	version, rest, _ := bytes.Cut(line[at+len("CEF:"):], []byte("|"))
	return cut.First(bytes.TrimLeft(version, " "))-'0' <= 9 && bytes.Contains(rest, []byte("|")) &&
		(bytes.Contains(line[at:], []byte("src=")) || bytes.Contains(line[at:], []byte("c6a2="))) &&
		(bytes.Contains(line[at:], []byte("dst=")) || bytes.Contains(line[at:], []byte("dhost=")) || bytes.Contains(line[at:], []byte("c6a3=")))
}

func readCEF(m *record.Message, v *record.Values) string {
	rest := m.Line[bytes.Index(m.Line, []byte("CEF:")):]
	for bars := 0; bars < 7; { // a bar in a field is escaped
		at := bytes.IndexByte(rest, '|')
		if at < 0 {
			return record.TooShort
		}
		if at == 0 || rest[at-1] != '\\' {
			bars++
		}
		rest = rest[at+1:]
	}
	x := cut.Extension{Rest: rest}
	var eventTime []byte
	for key, val, ok := x.Next(); ok; key, val, ok = x.Next() {
		switch string(key) {
		case "start":
			v.Text[record.Time] = val
		case "rt":
			if v.Text[record.Time] == nil {
				v.Text[record.Time] = val
			}
		case "end":
			v.Text[record.End] = val
		case "src":
			v.Text[record.Src] = val
		case "dst":
			v.Text[record.Dst] = val
		case "c6a2":
			if cut.Null(v.Text[record.Src]) {
				v.Text[record.Src] = val
			}
		case "c6a3":
			if cut.Null(v.Text[record.Dst]) {
				v.Text[record.Dst] = val
			}
		case "spt":
			v.Text[record.SrcPort] = val
		case "dpt":
			v.Text[record.DstPort] = val
		case "proto":
			v.Text[record.Proto] = val
		case "out":
			v.Text[record.Sent] = val
		case "in":
			v.Text[record.Received] = val
		case "dhost", "destinationDnsDomain":
			v.Text[record.Name] = val
		case "FTNTFGTeventtime", "ad.eventtime":
			eventTime = val
		case "FTNTFGTduration", "ad.duration":
			v.Text[record.Duration] = val
		case "tz", "dtz", "FTNTFGTtz":
			if zone := bytes.Trim(val, `"`); cut.First(zone) == '+' || cut.First(zone) == '-' {
				v.Text[record.Zone] = zone
			}
		}
	}
	if v.Text[record.Time] == nil && v.Text[record.End] == nil {
		v.Text[record.Time] = eventTime
	}
	return ""
}
