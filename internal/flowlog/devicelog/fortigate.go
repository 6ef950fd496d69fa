package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
)

// FortiGate's traffic logs, and those of its web filter and DNS filter: key=value, apart by blanks or (set format csv) commas; FortiAnalyzer puts each pair in quotes.
// eventtime is in ns since FortiOS 6.2, in s before, and is the time of the record;
// without it date, time and tz are. Of a session the record that ends it is the
// flow: not its start (action="start"), nor the statistics of a long session
// (log id 20), whose counters the last record repeats. The filters' records (type
// utm) name the server that a session is with, and the name that was asked for.
//
// Shape: Fortinet's Log Message Reference; elastic/integrations,
// packages/fortinet_fortigate (which takes eventtime for the start, too).

func init() {
	register(&device{
		name:    "fortigate",
		needs:   "type=traffic (or utm webfilter, dns), srcip, dstip, eventtime or date and time",
		gives:   "ports, protocol, bytes, duration, name",
		doc:     "FortiGate traffic, web filter and DNS filter logs, key=value",
		example: `date=2020-06-21 time=00:00:02 type="traffic" eventtime=1592697602000000000 srcip=10.0.0.5 srcport=50000 dstip=203.0.113.9 dstport=443 proto=6 sentbyte=300 rcvdbyte=900`,
		mine:    fortigateLine,
		read:    readFortigate,
		prefer:  ended,
	})
}

func fortigateLine(line []byte) bool {
	if !bytes.Contains(line, []byte("srcip=")) || !bytes.Contains(line, []byte("dstip=")) {
		return false
	}
	for _, kind := range [...]string{`type=""traffic""`, `subtype=""webfilter""`, `subtype=""dns""`, `type="traffic"`, "type=traffic", `subtype="webfilter"`, "subtype=webfilter", `subtype="dns"`, "subtype=dns"} {
		if bytes.Contains(line, []byte(kind)) {
			return true
		}
	}
	return false
}

func readFortigate(m *message, v *values) string {
	line := m.line
	if bytes.HasPrefix(line, []byte(`"`)) && bytes.Contains(line, []byte(`","`)) { // FortiAnalyzer's download: each pair in quotes
		line = bytes.ReplaceAll(bytes.Trim(line, "\""), []byte(`","`), []byte(","))
		line = bytes.ReplaceAll(line, []byte(`""`), []byte(`"`))
	}
	p := cut.Pairs{Rest: line, End: " ,", Assign: '='}
	var itime []byte
	answered := false // the record is of an answer to a query that has a record too
	v.phase = ended
	for key, val, ok := p.Next(); ok; key, val, ok = p.Next() {
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
		case "hostname", "dstname", "qname":
			v.text[vName] = val
		case "eventtype":
			answered = string(val) == "dns-response"
		case "type":
			if string(val) == "utm" {
				v.phase = request
			}
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
	if answered {
		return notFlow
	}
	switch {
	case v.text[vTime] != nil: // it says it best
		v.text[vDate], v.text[vClock], v.text[vZone] = nil, nil, nil
	case v.text[vDate] == nil:
		v.text[vTime] = itime
	}
	return ""
}
