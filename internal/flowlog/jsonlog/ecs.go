package jsonlog

import (
	"beacon/internal/flowlog"
)

// Elastic Common Schema: what Packetbeat, Filebeat and Elastic's exports write,
// nested or dotted. A record without addresses is another event.

// Packetbeat's flows, which are reported again and again, have a format of their own.
var (
	ecsSniff   = sniffJSON([]string{"@timestamp"}, []string{"source.ip"}, []string{"destination.ip", "destination.domain", "url.domain", "tls.client.server_name", "dns.question.name"})
	ecsInterim = sniffJSON([]string{"flow.final"})
)

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "ecs",
		Needs:   "@timestamp or event.start, source.ip, and destination.ip, destination.domain, url.domain, tls.client.server_name or dns.question.name",
		Gives:   "ports, protocol, bytes, duration, name",
		Doc:     "Elastic Common Schema, JSON lines",
		Example: `{"@timestamp":"2020-06-05T14:40:00Z","event":{"start":"2020-06-05T14:39:59.3Z"},"source":{"ip":"10.0.0.5"},"destination":{"ip":"192.0.2.7","port":443},"network":{"bytes":302}}`,
		Rank:    3,
		Sniff:   func(head flowlog.Head) bool { return ecsSniff(head) && !ecsInterim(head) },
		Open: openJSON(jsonLayout{
			fields: []jsonField{
				{path: "event.start", role: flowlog.StartTime},
				{path: "@timestamp", role: flowlog.StartTime, rank: 1},
				{path: "event.end", role: flowlog.EndTime},
				{path: "event.duration", role: flowlog.Duration},
				{path: "source.ip", role: flowlog.Source},
				{path: "source.port", role: flowlog.SourcePort},
				{path: "destination.ip", role: flowlog.Destination},
				{path: "destination.port", role: flowlog.DestinationPort},
				{path: "network.iana_number", role: flowlog.Protocol},
				{path: "network.transport", role: flowlog.Protocol, rank: 1},
				{path: "network.bytes", role: flowlog.ByteCount},
				{path: "source.bytes", role: flowlog.SourcePart},
				{path: "destination.bytes", role: flowlog.DestinationPart},
				{path: "tls.client.server_name", role: flowlog.HostName},
				{path: "url.domain", role: flowlog.HostName, rank: 1},
				{path: "destination.domain", role: flowlog.HostName, rank: 2},
				{path: "dns.question.name", role: flowlog.Query},
			},
			unit: 1, // ns
		}),
	})
}
