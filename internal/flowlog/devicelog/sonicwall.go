package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// SonicWall's Enhanced Syslog: key=value; source and destination as
// address:port:interface:name, of IPv6 in srcV6 and dstV6. A connection is logged
// when it is opened (m=98) and closed (m=537); the latter has the bytes.
//
// Shape: SonicOS Log Events Reference Guide; elastic/integrations,
// packages/sonicwall_firewall.

func init() {
	record.Register(&record.Device{
		Name:    "sonicwall",
		Needs:   "id, sn, fw, src, dst, time",
		Gives:   "ports, protocol, bytes, duration, name",
		Doc:     "SonicWall syslog, key=value",
		Example: `id=firewall sn=0017C5 time="2020-06-21 00:00:02 UTC" m=537 msg="Connection Closed" src=10.0.0.5:50000:X0 dst=203.0.113.9:443:X1 proto=tcp/https sent=300 rcvd=900`,
		Mine:    sonicwallLine,
		Read:    readSonicwall,
		Prefer:  record.Ended,
	})
}

func sonicwallLine(line []byte) bool {
	return bytes.Contains(line, []byte(" sn=")) && bytes.Contains(line, []byte("id=")) && bytes.Contains(line, []byte(" fw=")) &&
		bytes.Contains(line, []byte(" src=")) && bytes.Contains(line, []byte(" dst="))
}

func readSonicwall(m *record.Message, v *record.Values) string {
	p := cut.Pairs{Rest: m.Line, End: " ", Assign: '='}
	v.Unit = 1e6 // cdur is in ms
	for key, val, ok := p.Next(); ok; key, val, ok = p.Next() {
		switch string(key) {
		case "time":
			v.Text[record.Time] = val
		case "src":
			v.Text[record.Src], v.Text[record.SrcPort], _ = sonicwallHost(val, v.Text[record.Src])
		case "dst":
			v.Text[record.Dst], v.Text[record.DstPort], v.Text[record.Name] = sonicwallHost(val, v.Text[record.Dst])
		case "srcV6":
			v.Text[record.Src] = val
		case "dstV6":
			v.Text[record.Dst] = val
		case "proto":
			v.Text[record.Proto], _, _ = bytes.Cut(val, []byte("/"))
		case "sent":
			v.Text[record.Sent] = val
		case "rcvd":
			v.Text[record.Received] = val
		case "cdur":
			v.Text[record.Duration] = val
		case "dstname":
			v.Text[record.Name] = val
		case "m":
			v.Text[record.Kind] = val
		}
	}
	switch string(v.Text[record.Kind]) {
	case "98":
		v.Phase = record.Begun
	case "537":
		v.Phase = record.Ended
	case "97": // a web site that was visited over a connection
		v.Phase = record.Request
		if v.Text[record.Proto] == nil {
			return record.NotFlow
		}
	default: // alerts and reports about a connection that is logged besides
		v.Phase = record.Interim
		if proto := string(v.Text[record.Proto]); proto == "" {
			return record.NotFlow
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
