package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
)

// The packet filter log of pfSense and OPNsense: comma-separated fields behind the
// word filterlog, a line a packet that matched a logging rule. The time is
// syslog's; of RFC 3164 it has no year.
//
// Shape: Netgate documentation, "Raw Filter Log Format"; elastic/integrations,
// packages/pfsense.

func init() {
	register(&device{
		name:    "filterlog",
		needs:   "filterlog with a syslog time",
		gives:   "ports, protocol, bytes",
		doc:     "pfSense and OPNsense filterlog over syslog",
		example: "Jun 21 00:00:02 fw filterlog[601]: 69,,,1000000103,igb1,match,pass,out,4,0x0,,64,1,0,DF,6,tcp,60,10.0.0.5,203.0.113.9,50000,443,0,S,1,,64240,,mss",
		mine:    func(line []byte) bool { return filterlogBody(line) != nil },
		read:    readFilterlog,
	})
}

// filterlogBody is the fields of a filterlog line, nil in others.
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

func readFilterlog(m *message, v *values) string {
	var fields [filterlogFields][]byte
	n := 0
	for rest := filterlogBody(m.line); n < len(fields); n++ {
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
		return notFlow
	}
	if n < src+2 {
		return tooShort
	}
	v.text[vProto], v.text[vSent] = fields[proto], fields[length]
	v.text[vSrc], v.text[vDst] = fields[src], fields[src+1]
	if n >= src+4 && cut.IsNumber(fields[src+2]) && cut.IsNumber(fields[src+3]) {
		v.text[vSrcPort], v.text[vDstPort] = fields[src+2], fields[src+3]
	}
	return ""
}
