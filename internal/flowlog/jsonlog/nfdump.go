package jsonlog

import (
	"beacon/internal/flowlog"
)

// nfdump's JSON: one array of pretty-printed records (-o json), or a record a
// line (-o ndjson). Its times are the local ones of the machine that ran it.

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "nfdump-json",
		Needs:   "first, src4_addr or src6_addr, dst4_addr or dst6_addr",
		Gives:   "ports, protocol, bytes, duration",
		Doc:     "nfdump -o json and -o ndjson",
		Example: `{"first":"2020-06-05T14:39:59.300","src4_addr":"10.0.0.5","dst4_addr":"192.0.2.7","dst_port":443,"proto":6,"in_bytes":302}`,
		Rank:    3,
		Sniff:   sniffJSON([]string{"first", "t_first"}, []string{"src4_addr", "src6_addr"}),
		Open: openJSON(jsonLayout{
			fields: []jsonField{
				{path: "first", role: flowlog.StartTime},
				{path: "t_first", role: flowlog.StartTime},
				{path: "last", role: flowlog.EndTime},
				{path: "t_last", role: flowlog.EndTime},
				{path: "src4_addr", role: flowlog.Source},
				{path: "src6_addr", role: flowlog.Source},
				{path: "dst4_addr", role: flowlog.Destination},
				{path: "dst6_addr", role: flowlog.Destination},
				{path: "src_port", role: flowlog.SourcePort},
				{path: "dst_port", role: flowlog.DestinationPort},
				{path: "proto", role: flowlog.Protocol},
				{path: "tcp_flags", role: flowlog.State},
				{path: "in_bytes", role: flowlog.SourcePart},
				{path: "out_bytes", role: flowlog.DestinationPart},
			},
		}),
	})
}
