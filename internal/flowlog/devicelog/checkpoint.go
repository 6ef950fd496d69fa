package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// Check Point's log exporter: key:"value"; in brackets (syslog), and key=value
// apart by bars or semicolons (generic, fw1-loggrabber's LEA). s_port and service
// are the ports; service can be a name.
//
// Shape: Check Point sk122323 (Log Exporter), OPSEC LEA fields;
// elastic/integrations, packages/checkpoint.

func init() {
	record.Register(&record.Device{
		Name:    "checkpoint",
		Needs:   "src, dst, s_port, service, origin",
		Gives:   "ports, protocol, bytes, name",
		Doc:     "Check Point log exporter (syslog, generic) and LEA, key=value",
		Example: `<134>1 2020-06-21T00:00:02Z gw CheckPoint 1231 - [action:"Accept"; time:"1592697602"; src:"10.0.0.5"; s_port:"50000"; dst:"203.0.113.9"; service:"443"; proto:"6"]`,
		Mine: func(line []byte) bool {
			quoted, plain := checkpointKind(line)
			return quoted || plain
		},
		Read: readCheckpoint,
	})
}

func checkpointKind(line []byte) (quoted, plain bool) {
	if bytes.Contains(line, []byte(`src:"`)) && bytes.Contains(line, []byte(`dst:"`)) && bytes.Contains(line, []byte(`origin:"`)) {
		return true, false
	}
	return false, bytes.Contains(line, []byte("src=")) && bytes.Contains(line, []byte("dst=")) && bytes.Contains(line, []byte("s_port=")) && bytes.Contains(line, []byte("service="))
}

func readCheckpoint(m *record.Message, v *record.Values) string {
	quoted, _ := checkpointKind(m.Line)
	p := cut.Pairs{Rest: m.Line, End: "|;", Assign: '='}
	if quoted {
		p = cut.Pairs{Rest: m.Line[max(bytes.IndexByte(m.Line, '['), 0):], End: ";]", Assign: ':'}
	} else if bytes.IndexByte(m.Line, '|') < 0 && bytes.IndexByte(m.Line, ';') < 0 {
		p.End = " "
	}
	for key, val, ok := p.Next(); ok; key, val, ok = p.Next() {
		switch string(key) {
		case "time":
			v.Text[record.Time] = val
		case "src":
			v.Text[record.Src] = val
		case "s_port":
			v.Text[record.SrcPort] = val
		case "dst":
			v.Text[record.Dst] = val
		case "service":
			v.Text[record.DstPort] = val
		case "proto":
			v.Text[record.Proto] = val
		case "client_outbound_bytes", "sent_bytes":
			v.Text[record.Sent] = val
		case "client_inbound_bytes", "received_bytes":
			v.Text[record.Received] = val
		case "bytes":
			v.Text[record.Bytes] = val
		case "dst_machine_name", "dst_domain_name":
			v.Text[record.Name] = val
		}
	}
	return ""
}
