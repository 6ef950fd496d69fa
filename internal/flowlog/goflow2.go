package flowlog

// goflow2's JSON, and that of goflow before it. Times are ns, which a float64
// can't hold; a flow without a start time has the time at which it was received.

func init() {
	register(&Format{
		Name:    "goflow2",
		Doc:     "goflow2 and goflow JSON",
		Example: `{"type":"IPFIX","time_flow_start_ns":1591367999300000000,"src_addr":"10.0.0.5","dst_addr":"192.0.2.7","dst_port":443,"proto":"TCP","bytes":302}`,
		Rank:    3,
		Sniff:   sniffJSON([]string{"time_received_ns", "time_flow_start_ns", "TimeReceived", "time_received", "time_flow_start"}, []string{"src_addr", "SrcAddr"}, []string{"dst_addr", "DstAddr"}),
		Open: openJSON(jsonLayout{
			fields: []jsonField{
				{path: "time_flow_start_ns", role: startTime},
				{path: "time_flow_start_ms", role: startTime, rank: 1},
				{path: "time_flow_start", role: startTime, rank: 2},
				{path: "TimeFlowStartMs", role: startTime, rank: 1},
				{path: "TimeFlowStart", role: startTime, rank: 2},
				{path: "time_received_ns", role: startTime, rank: 3},
				{path: "time_received", role: startTime, rank: 4},
				{path: "TimeReceived", role: startTime, rank: 4},
				{path: "time_flow_end_ns", role: endTime},
				{path: "src_addr", role: source},
				{path: "SrcAddr", role: source},
				{path: "dst_addr", role: destination},
				{path: "DstAddr", role: destination},
				{path: "src_port", role: sourcePort},
				{path: "SrcPort", role: sourcePort},
				{path: "dst_port", role: destinationPort},
				{path: "DstPort", role: destinationPort},
				{path: "proto", role: protocol},
				{path: "Proto", role: protocol},
				{path: "bytes", role: sourcePart},
				{path: "Bytes", role: sourcePart},
			},
			zeroTime: true,
		}),
	})
}
