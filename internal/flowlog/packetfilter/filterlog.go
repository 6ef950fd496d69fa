package packetfilter

import (
	"bytes"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// The packet filter log of pfSense and OPNsense: comma-separated fields behind the
// word filterlog, a line a packet that matched a logging rule. The time is
// syslog's; of RFC 3164 it has no year.
//
// Shape: Netgate documentation, "Raw Filter Log Format"; elastic/integrations,
// packages/pfsense.

func init() {
	record.Register(&record.Device{
		Name:    "filterlog",
		Needs:   "filterlog with a syslog time",
		Gives:   "ports, protocol, bytes",
		Doc:     "pfSense and OPNsense filterlog over syslog",
		Example: "Jun 21 00:00:02 fw filterlog[601]: 69,,,1000000103,igb1,match,pass,out,4,0x0,,64,1,0,DF,6,tcp,60,10.0.0.5,203.0.113.9,50000,443,0,S,1,,64240,,mss",
		Mine:    func(line []byte) bool { return filterlogBody(line) != nil },
		Read:    readFilterlog,
	})
}

// filterlogBody returns the fields of a filterlog line, nil in others.
func filterlogBody(line []byte) []byte {
	at := bytes.Index(line, []byte(",match,"))
	if at < 0 || !bytes.Contains(line[:at], []byte("filterlog")) {
		return nil
	}
	return line[bytes.LastIndexByte(line[:at], ' ')+1:]
}

// Where the fields stand, counted from 0, by the version of IP.
const (
	filterlogVersion = 8
	filterlogFields  = 22
)

func readFilterlog(m *record.Message, v *record.Values) string {
	var fields [filterlogFields][]byte
	n := 0
	for rest := filterlogBody(m.Line); n < len(fields); n++ {
		var ok bool
		if fields[n], rest, ok = cut.Field(rest); !ok {
			n++
			break
		}
	}
	src, proto, length := 18, 16, 17 // IPv4
	switch string(fields[filterlogVersion]) {
	case "4":
	case "6":
		src, proto, length = 15, 13, 14
	default:
		return record.NotFlow
	}
	if n < src+2 {
		return record.TooShort
	}
	v.Text[record.Proto], v.Text[record.Sent] = fields[proto], fields[length]
	v.Text[record.Src], v.Text[record.Dst] = fields[src], fields[src+1]
	if n >= src+4 && cut.IsNumber(fields[src+2]) && cut.IsNumber(fields[src+3]) {
		v.Text[record.SrcPort], v.Text[record.DstPort] = fields[src+2], fields[src+3]
	}
	return ""
}
