package flowlog

// Elastic Common Schema: what Packetbeat, Filebeat and Elastic's exports write,
// nested or dotted. A record without addresses is another event.

func init() {
	register(&Format{
		Name:    "ecs",
		Doc:     "Elastic Common Schema, JSON lines",
		Example: `{"@timestamp":"2020-06-05T14:40:00Z","event":{"start":"2020-06-05T14:39:59.3Z"},"source":{"ip":"10.0.0.5"},"destination":{"ip":"192.0.2.7","port":443},"network":{"bytes":302}}`,
		Rank:    3,
		Sniff:   sniffJSON([]string{"@timestamp"}, []string{"source.ip"}, []string{"destination.ip"}),
		Open: openJSON(jsonLayout{
			fields: []jsonField{
				{path: "event.start", role: startTime},
				{path: "@timestamp", role: startTime, rank: 1},
				{path: "event.end", role: endTime},
				{path: "event.duration", role: duration},
				{path: "source.ip", role: source},
				{path: "source.port", role: sourcePort},
				{path: "destination.ip", role: destination},
				{path: "destination.port", role: destinationPort},
				{path: "network.iana_number", role: protocol},
				{path: "network.transport", role: protocol, rank: 1},
				{path: "network.bytes", role: byteCount},
				{path: "source.bytes", role: sourcePart},
				{path: "destination.bytes", role: destinationPart},
				{path: "tls.client.server_name", role: hostName},
				{path: "url.domain", role: hostName, rank: 1},
				{path: "destination.domain", role: hostName, rank: 2},
			},
			unit: 1, // ns
		}),
	})
}
