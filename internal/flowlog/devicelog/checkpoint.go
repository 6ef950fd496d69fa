package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
)

// Check Point's log exporter: key:"value"; in brackets (syslog), and key=value
// apart by bars or semicolons (generic, fw1-loggrabber's LEA). s_port and service
// are the ports; service can be a name.
//
// Shape: Check Point sk122323 (Log Exporter), OPSEC LEA fields;
// elastic/integrations, packages/checkpoint.

func init() {
	register(&device{
		name:    "checkpoint",
		needs:   "src, dst, s_port, service, origin",
		gives:   "ports, protocol, bytes, name",
		doc:     "Check Point log exporter (syslog, generic) and LEA, key=value",
		example: `<134>1 2020-06-21T00:00:02Z gw CheckPoint 1231 - [action:"Accept"; time:"1592697602"; src:"10.0.0.5"; s_port:"50000"; dst:"203.0.113.9"; service:"443"; proto:"6"]`,
		mine: func(line []byte) bool {
			quoted, plain := checkpointKind(line)
			return quoted || plain
		},
		read: readCheckpoint,
	})
}

func checkpointKind(line []byte) (quoted, plain bool) {
	if bytes.Contains(line, []byte(`src:"`)) && bytes.Contains(line, []byte(`dst:"`)) && bytes.Contains(line, []byte(`origin:"`)) {
		return true, false
	}
	return false, bytes.Contains(line, []byte("src=")) && bytes.Contains(line, []byte("dst=")) && bytes.Contains(line, []byte("s_port=")) && bytes.Contains(line, []byte("service="))
}

func readCheckpoint(m *message, v *values) string {
	quoted, _ := checkpointKind(m.line)
	p := cut.Pairs{Rest: m.line, End: "|;", Assign: '='}
	if quoted {
		p = cut.Pairs{Rest: m.line[max(bytes.IndexByte(m.line, '['), 0):], End: ";]", Assign: ':'}
	} else if bytes.IndexByte(m.line, '|') < 0 && bytes.IndexByte(m.line, ';') < 0 {
		p.End = " "
	}
	for key, val, ok := p.Next(); ok; key, val, ok = p.Next() {
		switch string(key) {
		case "time":
			v.text[vTime] = val
		case "src":
			v.text[vSrc] = val
		case "s_port":
			v.text[vSrcPort] = val
		case "dst":
			v.text[vDst] = val
		case "service":
			v.text[vDstPort] = val
		case "proto":
			v.text[vProto] = val
		case "client_outbound_bytes", "sent_bytes":
			v.text[vSent] = val
		case "client_inbound_bytes", "received_bytes":
			v.text[vReceived] = val
		case "bytes":
			v.text[vBytes] = val
		case "dst_machine_name", "dst_domain_name":
			v.text[vName] = val
		}
	}
	return ""
}
