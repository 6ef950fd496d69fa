package devicelog

import "bytes"

// FortiGate's traffic logs: key=value, apart by blanks or (set format csv) commas.
// eventtime is in ns since FortiOS 6.2, in s before, and is the time of the record;
// without it date, time and tz are. Of a session the record that ends it is the
// flow: not its start (action="start"), nor the statistics of a long session
// (log id 20), whose counters the last record repeats.
//
// Shape: Fortinet's Log Message Reference; elastic/integrations,
// packages/fortinet_fortigate (which takes eventtime for the start, too).

func init() {
	register(&device{
		name:     "fortigate",
		needs:    "type=traffic, srcip, dstip, eventtime or date and time",
		gives:    "ports, protocol, bytes, duration, name",
		doc:      "FortiGate traffic logs, key=value",
		example:  `date=2020-06-21 time=00:00:02 type="traffic" eventtime=1592697602000000000 srcip=10.0.0.5 srcport=50000 dstip=203.0.113.9 dstport=443 proto=6 sentbyte=300 rcvdbyte=900`,
		mine:     fortigateLine,
		read:     readFortigate,
		prefer:   ended,
		nameOnly: "",
	})
}

func fortigateLine(line []byte) bool {
	return bytes.Contains(line, []byte("srcip=")) && bytes.Contains(line, []byte("dstip=")) &&
		(bytes.Contains(line, []byte(`type="traffic"`)) || bytes.Contains(line, []byte("type=traffic")))
}

func readFortigate(m *message, v *values) string {
	p := pairs{rest: m.line, end: " ,", assign: '='}
	var itime []byte
	v.phase = ended
	for key, val, ok := p.next(); ok; key, val, ok = p.next() {
		switch string(key) {
		case "eventtime":
			v.text[vTime] = val
		case "itime":
			itime = val
		case "date":
			v.text[vDate] = val
		case "time":
			v.text[vClock] = val
		case "tz":
			if v.text[vZone] == nil {
				v.text[vZone] = val
			}
		case "srcip":
			v.text[vSrc] = val
		case "dstip":
			v.text[vDst] = val
		case "srcport":
			v.text[vSrcPort] = val
		case "dstport":
			v.text[vDstPort] = val
		case "proto":
			v.text[vProto] = val
		case "sentbyte":
			v.text[vSent] = val
		case "rcvdbyte":
			v.text[vReceived] = val
		case "duration":
			v.text[vDuration] = val
		case "hostname", "dstname":
			v.text[vName] = val
		case "action":
			if string(val) == "start" {
				v.phase = begun
			}
		case "logid":
			if bytes.HasSuffix(val, []byte("0000000020")) {
				v.phase = interim
			}
		}
	}
	switch {
	case v.text[vTime] != nil: // it says it best
		v.text[vDate], v.text[vClock], v.text[vZone] = nil, nil, nil
	case v.text[vDate] == nil:
		v.text[vTime] = itime
	}
	return ""
}
