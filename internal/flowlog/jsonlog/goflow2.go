package jsonlog

import (
	"beacon/internal/flowlog"
)

// goflow2's JSON, and that of goflow before it. Times are ns, which a float64
// can't hold; a flow without a start time has the time at which it was received.

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "goflow2",
		Needs:   "time_flow_start_ns or time_received_ns, src_addr, dst_addr",
		Gives:   "ports, protocol, bytes, duration",
		Doc:     "goflow2 and goflow JSON",
		Example: `{"type":"IPFIX","time_flow_start_ns":1591367999300000000,"src_addr":"10.0.0.5","dst_addr":"192.0.2.7","dst_port":443,"proto":"TCP","bytes":302}`,
		Rank:    3,
		Sniff:   sniffJSON([]string{"time_received_ns", "time_flow_start_ns", "TimeReceived", "time_received", "time_flow_start"}, []string{"src_addr", "SrcAddr"}, []string{"dst_addr", "DstAddr"}),
		Open: openJSON(jsonLayout{
			fields: []jsonField{
				{path: "time_flow_start_ns", role: flowlog.StartTime},
				{path: "time_flow_start_ms", role: flowlog.StartTime, rank: 1},
				{path: "time_flow_start", role: flowlog.StartTime, rank: 2},
				{path: "TimeFlowStartMs", role: flowlog.StartTime, rank: 1},
				{path: "TimeFlowStart", role: flowlog.StartTime, rank: 2},
				{path: "time_received_ns", role: flowlog.StartTime, rank: 3},
				{path: "time_received", role: flowlog.StartTime, rank: 4},
				{path: "TimeReceived", role: flowlog.StartTime, rank: 4},
				{path: "time_flow_end_ns", role: flowlog.EndTime},
				{path: "src_addr", role: flowlog.Source},
				{path: "SrcAddr", role: flowlog.Source},
				{path: "dst_addr", role: flowlog.Destination},
				{path: "DstAddr", role: flowlog.Destination},
				{path: "src_port", role: flowlog.SourcePort},
				{path: "SrcPort", role: flowlog.SourcePort},
				{path: "dst_port", role: flowlog.DestinationPort},
				{path: "DstPort", role: flowlog.DestinationPort},
				{path: "proto", role: flowlog.Protocol},
				{path: "Proto", role: flowlog.Protocol},
				{path: "tcp_flags", role: flowlog.State},
				{path: "TCPFlags", role: flowlog.State},
				{path: "bytes", role: flowlog.SourcePart},
				{path: "Bytes", role: flowlog.SourcePart},
			},
			zeroTime: true,
		}),
	})
}
