package devicelog

import (
	"bytes"
	"strconv"
	"strings"
)

// IBM QRadar's Log Event Extended Format: a header of five fields, then key=value
// apart by tabs, or by what a sixth field of version 2.0 says (a character, or its
// code as x5e or 0x5e). Syslog daemons write a tab as #011.
//
// Shape: IBM, "LEEF event components" and "Predefined LEEF event attributes".

func init() {
	register(&device{
		name:    "leef",
		needs:   "LEEF:, src, dst",
		gives:   "ports, protocol, bytes, name",
		doc:     "IBM QRadar LEEF of any product, if it has src and dst",
		example: "Jun 21 00:00:02 fw LEEF:1.0|Vendor|FW|1.0|conn|devTime=1592697602000\tsrc=10.0.0.5\tdst=203.0.113.9\tsrcPort=50000\tdstPort=443\tproto=TCP",
		mine: func(line []byte) bool {
			at := bytes.Index(line, []byte("LEEF:"))
			return at >= 0 && bytes.Contains(line[at:], []byte("src=")) && bytes.Contains(line[at:], []byte("dst="))
		},
		read: readLEEF,
	})
}

func readLEEF(m *message, v *values) string {
	rest := m.line[bytes.Index(m.line, []byte("LEEF:")):]
	bars := 5
	second := bytes.HasPrefix(rest, []byte("LEEF:2"))
	for ; bars > 0; bars-- {
		var ok bool
		if _, rest, ok = bytes.Cut(rest, []byte("|")); !ok {
			return tooShort
		}
	}
	between := []byte("\t")
	if second {
		if code, after, ok := bytes.Cut(rest, []byte("|")); ok && bytes.IndexByte(code, '=') < 0 {
			rest = after
			if len(code) > 0 {
				between = leefSeparator(string(code))
			}
		}
	}
	if !bytes.Contains(rest, between) && bytes.Contains(rest, []byte("#011")) {
		between = []byte("#011")
	}
	for len(rest) > 0 {
		var pair []byte
		pair, rest, _ = bytes.Cut(rest, between)
		key, val, _ := bytes.Cut(pair, []byte("="))
		val = bytes.TrimSpace(val)
		switch string(bytes.TrimSpace(key)) {
		case "devTime":
			v.text[vTime] = val
		case "src":
			v.text[vSrc] = val
		case "dst":
			v.text[vDst] = val
		case "srcPort":
			v.text[vSrcPort] = val
		case "dstPort":
			v.text[vDstPort] = val
		case "proto":
			v.text[vProto] = val
		case "srcBytes":
			v.text[vSent] = val
		case "dstBytes":
			v.text[vReceived] = val
		case "totalBytes":
			v.text[vBytes] = val
		case "dstHostName", "dhost":
			v.text[vName] = val
		}
	}
	return ""
}

// leefSeparator is the separator that a header names.
func leefSeparator(code string) []byte {
	if hex, ok := strings.CutPrefix(strings.TrimPrefix(code, "0"), "x"); ok {
		if v, err := strconv.ParseUint(hex, 16, 8); err == nil {
			return []byte{byte(v)}
		}
	}
	return []byte(code)
}
