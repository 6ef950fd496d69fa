package jsonlog

import (
	"beacon/internal/flowlog"
)

// Suricata's eve.json: its flow events, by the time at which the flow started.
// Events of other kinds are passed over; netflow events too, for each of a
// flow's two says again what the flow event says.

// A log with netflow events and no flow events has a format of its own.
var (
	eveSniff   = sniffJSON([]string{"event_type"}, []string{"flow_id", "src_ip", "stats.uptime"}, []string{"timestamp"})
	eveNetflow = sniffJSON([]string{"netflow.start"})
	eveFlow    = sniffJSON([]string{"flow.start", "flow.bytes_toserver"})
)

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "eve",
		Needs:   "event_type flow, flow.start",
		Gives:   "ports, protocol, bytes, duration",
		Doc:     "Suricata eve.json, its flow events",
		Example: `{"event_type":"flow","src_ip":"10.0.0.5","dest_ip":"192.0.2.7","dest_port":443,"flow":{"start":"2020-06-05T14:39:59.3+0200"}}`,
		Rank:    3,
		Sniff: func(head flowlog.Head) bool {
			return eveSniff(head) && (!eveNetflow(head) || eveFlow(head))
		},
		Open: openJSON(jsonLayout{
			fields: []jsonField{
				{path: "event_type", role: flowlog.RecordKind},
				{path: "flow.start", role: flowlog.StartTime},
				{path: "flow.end", role: flowlog.EndTime},
				{path: "src_ip", role: flowlog.Source},
				{path: "src_port", role: flowlog.SourcePort},
				{path: "dest_ip", role: flowlog.Destination},
				{path: "dest_port", role: flowlog.DestinationPort},
				{path: "proto", role: flowlog.Protocol},
				{path: "flow.bytes_toserver", role: flowlog.SourcePart},
				{path: "flow.bytes_toclient", role: flowlog.DestinationPart},
			},
			kinds: []string{"flow"},
		}),
	})
}
