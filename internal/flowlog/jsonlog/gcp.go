package jsonlog

import (
	"beacon/internal/flowlog"
)

// GCP's VPC flow logs as Cloud Logging exports them, in lines or an array, the
// log entry whole or its payload alone. Numbers may be strings, and start_time
// may be missing: the entry's own time stands for it. Between two machines of
// one project both ends report a flow, so that it stands there twice; a flow to
// the outside stands there once.

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "gcp-vpc",
		Needs:   "jsonPayload.connection",
		Gives:   "ports, protocol, bytes, duration",
		Doc:     "GCP VPC flow logs, JSON of Cloud Logging",
		Example: `{"jsonPayload":{"connection":{"src_ip":"10.0.0.5","dest_ip":"192.0.2.7","dest_port":443,"protocol":6},"start_time":"2020-06-05T14:39:59.3Z","bytes_sent":"302"}}`,
		Rank:    3,
		Sniff:   sniffJSON([]string{"jsonPayload.connection.src_ip", "connection.src_ip"}, []string{"jsonPayload.connection.dest_ip", "connection.dest_ip"}),
		Open: openJSON(jsonLayout{
			fields: []jsonField{
				{path: "jsonPayload.start_time", role: flowlog.StartTime},
				{path: "start_time", role: flowlog.StartTime},
				{path: "timestamp", role: flowlog.StartTime, rank: 1},
				{path: "jsonPayload.end_time", role: flowlog.EndTime},
				{path: "end_time", role: flowlog.EndTime},
				{path: "jsonPayload.connection.src_ip", role: flowlog.Source},
				{path: "connection.src_ip", role: flowlog.Source},
				{path: "jsonPayload.connection.dest_ip", role: flowlog.Destination},
				{path: "connection.dest_ip", role: flowlog.Destination},
				{path: "jsonPayload.connection.src_port", role: flowlog.SourcePort},
				{path: "connection.src_port", role: flowlog.SourcePort},
				{path: "jsonPayload.connection.dest_port", role: flowlog.DestinationPort},
				{path: "connection.dest_port", role: flowlog.DestinationPort},
				{path: "jsonPayload.connection.protocol", role: flowlog.Protocol},
				{path: "connection.protocol", role: flowlog.Protocol},
				{path: "jsonPayload.bytes_sent", role: flowlog.SourcePart},
				{path: "bytes_sent", role: flowlog.SourcePart},
			},
		}),
	})
}
