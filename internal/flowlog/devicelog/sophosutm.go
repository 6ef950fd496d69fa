package devicelog

import "bytes"

// Sophos UTM (ASG) packet filter logs: key=value, a line a packet of a rule that logs. The
// time is that of the line: 2020:06:21-00:00:02.
//
// Shape: Sophos UTM, packetfilter.log; elastic/integrations, packages/sophos, module utm.

func init() {
	register(&device{
		name:    "sophos-utm",
		needs:   `sub="packetfilter", srcip, dstip`,
		gives:   "ports, protocol, bytes",
		doc:     "Sophos UTM packet filter logs, key=value",
		example: `2020:06:21-00:00:02 utm ulogd[4711]: id="2002" sub="packetfilter" action="accept" srcip="10.0.0.5" dstip="203.0.113.9" proto="6" length="60" srcport="50000" dstport="443" tcpflags="SYN"`,
		mine: func(line []byte) bool {
			return bytes.Contains(line, []byte(`sub="packetfilter"`)) && bytes.Contains(line, []byte("srcip=")) && bytes.Contains(line, []byte("dstip="))
		},
		read: readSophosUTM,
	})
}

var sophosUTMValues = map[string]value{"srcip": vSrc, "dstip": vDst, "srcport": vSrcPort, "dstport": vDstPort, "proto": vProto, "length": vSent}

func readSophosUTM(m *message, v *values) string {
	v.takePairs(m.line, sophosUTMValues)
	return ""
}
