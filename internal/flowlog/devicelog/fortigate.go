package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// FortiGate's traffic logs, and those of its web filter and DNS filter: key=value, apart by blanks or (set format csv) commas, or by what a relay writes for them (| ; tab); FortiAnalyzer puts each pair in quotes.
// eventtime is in ns since FortiOS 6.2, in s before, and is the time of the record;
// without it date, time and tz are. Of a session the record that ends it is the
// flow: not its start (action="start"), nor the statistics of a long session
// (log id 20), whose counters the last record repeats. The filters' records (type
// utm) name the server that a session is with, and the name that was asked for.
//
// Shape: Fortinet's Log Message Reference; elastic/integrations,
// packages/fortinet_fortigate (which takes eventtime for the start, too).

func init() {
	record.Register(&record.Device{
		Name:    "fortigate",
		Needs:   "type=traffic (or utm webfilter, dns), srcip, dstip, eventtime or date and time",
		Gives:   "ports, protocol, bytes, duration, name",
		Doc:     "FortiGate traffic, web filter and DNS filter logs, key=value",
		Example: `date=2020-06-21 time=00:00:02 type="traffic" eventtime=1592697602000000000 srcip=10.0.0.5 srcport=50000 dstip=203.0.113.9 dstport=443 proto=6 sentbyte=300 rcvdbyte=900`,
		Mine:    fortigateLine,
		Read:    readFortigate,
		Prefer:  record.Ended,
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

func readFortigate(m *record.Message, v *record.Values) string {
	line := m.Line
	if bytes.HasPrefix(line, []byte(`"`)) && bytes.Contains(line, []byte(`","`)) { // FortiAnalyzer's download: each pair in quotes
		line = bytes.ReplaceAll(bytes.Trim(line, "\""), []byte(`","`), []byte(","))
		line = bytes.ReplaceAll(line, []byte(`""`), []byte(`"`))
	}
	p := cut.Pairs{Rest: line, End: " ,", Assign: '='}
	if at := bytes.Index(line, []byte("srcip=")); at > 0 && bytes.IndexByte([]byte("|;\t"), line[at-1]) >= 0 {
		p.End = string(line[at-1])
	}
	var itime []byte
	answered := false // the record is of an answer to a query that has a record too
	v.Phase = record.Ended
	for key, val, ok := p.Next(); ok; key, val, ok = p.Next() {
		switch string(key) {
		case "eventtime":
			v.Text[record.Time] = val
		case "itime":
			itime = val
		case "date":
			v.Text[record.Date] = val
		case "time":
			v.Text[record.Clock] = val
		case "tz":
			if v.Text[record.Zone] == nil {
				v.Text[record.Zone] = val
			}
		case "srcip":
			v.Text[record.Src] = val
		case "dstip":
			v.Text[record.Dst] = val
		case "srcport":
			v.Text[record.SrcPort] = val
		case "dstport":
			v.Text[record.DstPort] = val
		case "proto":
			v.Text[record.Proto] = val
		case "sentbyte":
			v.Text[record.Sent] = val
		case "rcvdbyte":
			v.Text[record.Received] = val
		case "duration":
			v.Text[record.Duration] = val
		case "hostname", "dstname", "qname":
			v.Text[record.Name] = val
		case "eventtype":
			answered = string(val) == "dns-response"
		case "type":
			if string(val) == "utm" {
				v.Phase = record.Request
			}
		case "action":
			if string(val) == "start" {
				v.Phase = record.Begun
			}
		case "logid":
			if bytes.HasSuffix(val, []byte("0000000020")) {
				v.Phase = record.Interim
			}
		}
	}
	if answered {
		return record.NotFlow
	}
	switch {
	case v.Text[record.Time] != nil: // it says it best
		v.Text[record.Date], v.Text[record.Clock], v.Text[record.Zone] = nil, nil, nil
	case v.Text[record.Date] == nil:
		v.Text[record.Time] = itime
	}
	return ""
}
