package flowlog

// Suricata's eve.json: its flow events, by the time at which the flow started.
// Events of other kinds are passed over; netflow events too, for each of a
// flow's two says again what the flow event says.

func init() {
	register(&Format{
		Name:    "eve",
		Doc:     "Suricata eve.json, its flow events",
		Example: `{"event_type":"flow","src_ip":"10.0.0.5","dest_ip":"192.0.2.7","dest_port":443,"flow":{"start":"2020-06-05T14:39:59.3+0200"}}`,
		Rank:    3,
		Sniff:   sniffJSON([]string{"event_type"}, []string{"flow_id", "src_ip", "stats.uptime"}, []string{"timestamp"}),
		Open: openJSON(jsonLayout{
			fields: []jsonField{
				{path: "event_type", role: recordKind},
				{path: "flow.start", role: startTime},
				{path: "flow.end", role: endTime},
				{path: "src_ip", role: source},
				{path: "src_port", role: sourcePort},
				{path: "dest_ip", role: destination},
				{path: "dest_port", role: destinationPort},
				{path: "proto", role: protocol},
				{path: "flow.bytes_toserver", role: sourcePart},
				{path: "flow.bytes_toclient", role: destinationPart},
			},
			kinds: []string{"flow"},
		}),
	})
}
