package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/record"
)

// Sophos UTM (ASG) packet filter logs: key=value, a line a packet of a rule that logs. The
// time is that of the line: 2020:06:21-00:00:02.
//
// Shape: Sophos UTM, packetfilter.log; elastic/integrations, packages/sophos, module utm.

func init() {
	record.Register(&record.Device{
		Name:    "sophos-utm",
		Needs:   `sub="packetfilter", srcip, dstip`,
		Gives:   "ports, protocol, bytes",
		Doc:     "Sophos UTM packet filter logs, key=value",
		Example: `2020:06:21-00:00:02 utm ulogd[4711]: id="2002" sub="packetfilter" action="accept" srcip="10.0.0.5" dstip="203.0.113.9" proto="6" length="60" srcport="50000" dstport="443" tcpflags="SYN"`,
		Mine: func(line []byte) bool {
			return bytes.Contains(line, []byte(`sub="packetfilter"`)) && bytes.Contains(line, []byte("srcip=")) && bytes.Contains(line, []byte("dstip="))
		},
		Read: readSophosUTM,
	})
}

var sophosUTMValues = map[string]record.Value{"srcip": record.Src, "dstip": record.Dst, "srcport": record.SrcPort, "dstport": record.DstPort, "proto": record.Proto, "length": record.Sent}

func readSophosUTM(m *record.Message, v *record.Values) string {
	v.TakePairs(m.Line, sophosUTMValues)
	return ""
}
