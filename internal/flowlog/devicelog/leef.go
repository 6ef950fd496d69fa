package devicelog

import (
	"bytes"
	"strconv"
	"strings"

	"beacon/internal/flowlog/record"
)

// IBM QRadar's Log Event Extended Format: a header of five fields, then key=value
// apart by tabs, or by what a sixth field of version 2.0 says (a character, or its
// code as x5e or 0x5e). Syslog daemons write a tab as #011. WatchGuard has keys of its own for
// bytes.
//
// Shape: IBM, "LEEF event components" and "Predefined LEEF event attributes".

func init() {
	record.Register(&record.Device{
		Name:    "leef",
		Needs:   "LEEF:, src, dst",
		Gives:   "ports, protocol, bytes, name",
		Doc:     "IBM QRadar LEEF of any product, if it has src and dst",
		Example: "Jun 21 00:00:02 fw LEEF:1.0|Vendor|FW|1.0|conn|devTime=1592697602000\tsrc=10.0.0.5\tdst=203.0.113.9\tsrcPort=50000\tdstPort=443\tproto=TCP",
		Mine: func(line []byte) bool {
			at := bytes.Index(line, []byte("LEEF:"))
			return at >= 0 && bytes.Contains(line[at:], []byte("src=")) && bytes.Contains(line[at:], []byte("dst="))
		},
		Read: readLEEF,
	})
}

func readLEEF(m *record.Message, v *record.Values) string {
	rest := m.Line[bytes.Index(m.Line, []byte("LEEF:")):]
	bars := 5
	second := bytes.HasPrefix(rest, []byte("LEEF:2"))
	for ; bars > 0; bars-- {
		var ok bool
		if _, rest, ok = bytes.Cut(rest, []byte("|")); !ok {
			return record.TooShort
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
			v.Text[record.Time] = val
		case "src":
			v.Text[record.Src] = val
		case "dst":
			v.Text[record.Dst] = val
		case "srcPort":
			v.Text[record.SrcPort] = val
		case "dstPort":
			v.Text[record.DstPort] = val
		case "proto":
			v.Text[record.Proto] = val
		case "srcBytes", "sent_bytes":
			v.Text[record.Sent] = val
		case "dstBytes", "rcvd_bytes":
			v.Text[record.Received] = val
		case "totalBytes":
			v.Text[record.Bytes] = val
		case "dstHostName", "dhost":
			v.Text[record.Name] = val
		}
	}
	return ""
}

// leefSeparator returns the separator that a header names.
func leefSeparator(code string) []byte {
	if hex, ok := strings.CutPrefix(strings.TrimPrefix(code, "0"), "x"); ok {
		if v, err := strconv.ParseUint(hex, 16, 8); err == nil {
			return []byte{byte(v)}
		}
	}
	return []byte(code)
}
