package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
)

// ArcSight's Common Event Format, which many products write: a header of seven
// fields, then key=value whose values may have blanks in them. rt, start and end
// are epoch ms or dates. By what products write, out is what the source sent and
// in what it got (FortiGate, PAN-OS, Check Point).
//
// Shape: ArcSight Common Event Format implementation standard; elastic/integrations,
// packages/cef.

func init() {
	register(&device{
		name:    "cef",
		needs:   "CEF:, src, dst",
		gives:   "ports, protocol, bytes, name",
		doc:     "ArcSight CEF of any product, if it has src and dst",
		example: "Jun 21 00:00:02 fw CEF:0|Vendor|FW|1.0|100|conn|3|rt=1592697602000 src=10.0.0.5 spt=50000 dst=203.0.113.9 dpt=443 proto=TCP in=900 out=300",
		mine:    cefLine,
		read:    readCEF,
	})
}

func cefLine(line []byte) bool {
	at := bytes.Index(line, []byte("CEF:"))
	return at >= 0 && at+6 < len(line) && line[at+4]-'0' <= 9 && bytes.Contains(line[at:], []byte("|")) &&
		(bytes.Contains(line[at:], []byte("src=")) || bytes.Contains(line[at:], []byte("c6a2="))) &&
		(bytes.Contains(line[at:], []byte("dst=")) || bytes.Contains(line[at:], []byte("dhost=")) || bytes.Contains(line[at:], []byte("c6a3=")))
}

func readCEF(m *message, v *values) string {
	rest := m.line[bytes.Index(m.line, []byte("CEF:")):]
	for bars := 0; bars < 7; { // a bar in a field is escaped
		at := bytes.IndexByte(rest, '|')
		if at < 0 {
			return tooShort
		}
		if at == 0 || rest[at-1] != '\\' {
			bars++
		}
		rest = rest[at+1:]
	}
	x := cut.Extension{Rest: rest}
	for key, val, ok := x.Next(); ok; key, val, ok = x.Next() {
		switch string(key) {
		case "start":
			v.text[vTime] = val
		case "rt":
			if v.text[vTime] == nil {
				v.text[vTime] = val
			}
		case "end":
			v.text[vEnd] = val
		case "src":
			v.text[vSrc] = val
		case "dst":
			v.text[vDst] = val
		case "c6a2":
			if cut.Null(v.text[vSrc]) {
				v.text[vSrc] = val
			}
		case "c6a3":
			if cut.Null(v.text[vDst]) {
				v.text[vDst] = val
			}
		case "spt":
			v.text[vSrcPort] = val
		case "dpt":
			v.text[vDstPort] = val
		case "proto":
			v.text[vProto] = val
		case "out":
			v.text[vSent] = val
		case "in":
			v.text[vReceived] = val
		case "dhost", "destinationDnsDomain":
			v.text[vName] = val
		}
	}
	return ""
}
