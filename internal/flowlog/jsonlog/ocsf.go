package jsonlog

import (
	"time"

	"beacon/internal/flowlog"
)

// Open Cybersecurity Schema Framework, classes 4001, 4002 and 4003: network,
// HTTP and DNS activity; records of other classes are passed over. Times and durations are ms.

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "ocsf",
		Needs:   "time, src_endpoint.ip, and dst_endpoint.ip, dst_endpoint.hostname, http_request.url.hostname or query.hostname",
		Gives:   "ports, protocol, bytes, duration, name",
		Doc:     "OCSF network, HTTP and DNS activity (classes 4001 to 4003), JSON lines",
		Example: `{"class_uid":4001,"time":1591367999300,"src_endpoint":{"ip":"10.0.0.5"},"dst_endpoint":{"ip":"192.0.2.7","port":443},"traffic":{"bytes":302}}`,
		Rank:    3,
		Sniff:   sniffJSON([]string{"class_uid"}, []string{"src_endpoint.ip"}, []string{"dst_endpoint.ip", "dst_endpoint.hostname", "http_request.url.hostname", "query.hostname"}),
		Open: openJSON(jsonLayout{
			fields: []jsonField{
				{path: "class_uid", role: flowlog.RecordKind},
				{path: "start_time", role: flowlog.StartTime},
				{path: "start_time_dt", role: flowlog.StartTime, rank: 1},
				{path: "time", role: flowlog.StartTime, rank: 2},
				{path: "time_dt", role: flowlog.StartTime, rank: 3},
				{path: "end_time", role: flowlog.EndTime},
				{path: "duration", role: flowlog.Duration},
				{path: "src_endpoint.ip", role: flowlog.Source},
				{path: "src_endpoint.port", role: flowlog.SourcePort},
				{path: "dst_endpoint.ip", role: flowlog.Destination},
				{path: "dst_endpoint.port", role: flowlog.DestinationPort},
				{path: "connection_info.protocol_num", role: flowlog.Protocol},
				{path: "connection_info.protocol_name", role: flowlog.Protocol, rank: 1},
				{path: "traffic.bytes", role: flowlog.ByteCount},
				{path: "traffic.bytes_out", role: flowlog.SourcePart},
				{path: "traffic.bytes_in", role: flowlog.DestinationPart},
				{path: "dst_endpoint.hostname", role: flowlog.HostName},
				{path: "tls.sni", role: flowlog.HostName, rank: 1},
				{path: "http_request.url.hostname", role: flowlog.HostName, rank: 2},
				{path: "dst_endpoint.domain", role: flowlog.HostName, rank: 3},
				{path: "query.hostname", role: flowlog.Query},
			},
			kinds: []string{"4001", "4002", "4003"},
			unit:  time.Millisecond,
		}),
	})
}
