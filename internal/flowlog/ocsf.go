package flowlog

import "time"

// Open Cybersecurity Schema Framework, class 4001, network activity; records of
// other classes are passed over. Times and durations are ms.

func init() {
	register(&Format{
		Name:    "ocsf",
		Doc:     "OCSF network activity (class 4001), JSON lines",
		Example: `{"class_uid":4001,"time":1591367999300,"src_endpoint":{"ip":"10.0.0.5"},"dst_endpoint":{"ip":"192.0.2.7","port":443},"traffic":{"bytes":302}}`,
		Rank:    3,
		Sniff:   sniffJSON([]string{"class_uid"}, []string{"src_endpoint.ip"}, []string{"dst_endpoint.ip"}),
		Open: openJSON(jsonLayout{
			fields: []jsonField{
				{path: "class_uid", role: recordKind},
				{path: "start_time", role: startTime},
				{path: "start_time_dt", role: startTime, rank: 1},
				{path: "time", role: startTime, rank: 2},
				{path: "time_dt", role: startTime, rank: 3},
				{path: "end_time", role: endTime},
				{path: "duration", role: duration},
				{path: "src_endpoint.ip", role: source},
				{path: "src_endpoint.port", role: sourcePort},
				{path: "dst_endpoint.ip", role: destination},
				{path: "dst_endpoint.port", role: destinationPort},
				{path: "connection_info.protocol_num", role: protocol},
				{path: "connection_info.protocol_name", role: protocol, rank: 1},
				{path: "traffic.bytes", role: byteCount},
				{path: "traffic.bytes_out", role: sourcePart},
				{path: "traffic.bytes_in", role: destinationPart},
				{path: "dst_endpoint.hostname", role: hostName},
				{path: "tls.sni", role: hostName, rank: 1},
			},
			kinds: []string{"4001"},
			unit:  time.Millisecond,
		}),
	})
}
