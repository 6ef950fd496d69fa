package devicelog

// Suricata's netflow events, where a log has no flow events: two one-way records of
// a flow, the client's first, which are joined by flow_id.
//
// Shape: Suricata, "Eve JSON format", event type netflow.

func init() {
	registerDialect(&dialect{
		name:    "eve-netflow",
		shown:   "event_type netflow, netflow.start, no flow events",
		doc:     "Suricata eve.json with netflow events and no flow events",
		example: `{"event_type":"netflow","flow_id":7,"src_ip":"10.0.0.5","src_port":50000,"dest_ip":"203.0.113.9","dest_port":443,"proto":"TCP","netflow":{"bytes":300,"start":"2020-06-21T00:00:02.000+0000"}}`,
		needs:   [][]string{{"eventtype"}, {"netflowstart"}, {"srcip"}, {"destip"}},
		without: []string{"flowstart", "flowbytestoserver"},
		names: all(vTime.named("netflowstart"), vSrc.named("srcip"), vSrcPort.named("srcport"), vDst.named("destip"), vDstPort.named("destport"), vProto.named("proto"),
			vSent.named("netflowbytes"), vKind.named("flowid")),
		joined: true,
		finish: func(v *values, get func(string) []byte) string {
			if string(get("eventtype")) != "netflow" {
				return notFlow
			}
			v.until = get("netflowend")
			if v.text[vKind] != nil {
				v.phase = half
			}
			return ""
		},
	})
}
