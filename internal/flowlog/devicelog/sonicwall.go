package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
)

// SonicWall's Enhanced Syslog: key=value; source and destination as
// address:port:interface:name, of IPv6 in srcV6 and dstV6. A connection is logged
// when it is opened (m=98) and closed (m=537); the latter has the bytes.
//
// Shape: SonicOS Log Events Reference Guide; elastic/integrations,
// packages/sonicwall_firewall.

func init() {
	register(&device{
		name:    "sonicwall",
		needs:   "id, sn, fw, src, dst, time",
		gives:   "ports, protocol, bytes, duration, name",
		doc:     "SonicWall syslog, key=value",
		example: `id=firewall sn=0017C5 time="2020-06-21 00:00:02 UTC" m=537 msg="Connection Closed" src=10.0.0.5:50000:X0 dst=203.0.113.9:443:X1 proto=tcp/https sent=300 rcvd=900`,
		mine:    sonicwallLine,
		read:    readSonicwall,
		prefer:  ended,
	})
}

func sonicwallLine(line []byte) bool {
	return bytes.Contains(line, []byte(" sn=")) && bytes.Contains(line, []byte("id=")) && bytes.Contains(line, []byte(" fw=")) &&
		bytes.Contains(line, []byte(" src=")) && bytes.Contains(line, []byte(" dst="))
}

func readSonicwall(m *message, v *values) string {
	p := cut.Pairs{Rest: m.line, End: " ", Assign: '='}
	v.unit = 1e6 // cdur is in ms
	for key, val, ok := p.Next(); ok; key, val, ok = p.Next() {
		switch string(key) {
		case "time":
			v.text[vTime] = val
		case "src":
			v.text[vSrc], v.text[vSrcPort], _ = sonicwallHost(val, v.text[vSrc])
		case "dst":
			v.text[vDst], v.text[vDstPort], v.text[vName] = sonicwallHost(val, v.text[vDst])
		case "srcV6":
			v.text[vSrc] = val
		case "dstV6":
			v.text[vDst] = val
		case "proto":
			v.text[vProto], _, _ = bytes.Cut(val, []byte("/"))
		case "sent":
			v.text[vSent] = val
		case "rcvd":
			v.text[vReceived] = val
		case "cdur":
			v.text[vDuration] = val
		case "dstname":
			v.text[vName] = val
		case "m":
			v.text[vKind] = val
		}
	}
	switch string(v.text[vKind]) {
	case "98":
		v.phase = begun
	case "537":
		v.phase = ended
	case "97": // a web site that was visited over a connection
		v.phase = request
		if v.text[vProto] == nil {
			return notFlow
		}
	default: // alerts and reports about a connection that is logged besides
		v.phase = interim
		if proto := string(v.text[vProto]); proto == "" {
			return notFlow
		}
	}
	return ""
}

// sonicwallHost takes address:port:interface:name apart. known is the address of
// IPv6 that another key has.
func sonicwallHost(text, known []byte) (addr, port, name []byte) {
	fields := bytes.SplitN(text, []byte(":"), 4)
	if addr = fields[0]; len(addr) == 0 {
		addr = known
	}
	if len(fields) > 1 {
		port = fields[1]
	}
	if len(fields) > 3 {
		name = fields[3]
	}
	return addr, port, name
}
