package jsonlog

import (
	"beacon/internal/flowlog"
)

// Suricata's eve.json: its flow events, by the time at which the flow started, and the
// events that name a server: tls, http, quic, and dns of any version, by their own
// time. Of DNS the queries count, not the answers. Events of other kinds are passed
// over; netflow events too, for each of a flow's two says again what the flow event
// says.

// A log with netflow events and no flow events has a format of its own.
var (
	eveSniff   = sniffJSON([]string{"event_type"}, []string{"flow_id", "src_ip", "stats.uptime"}, []string{"timestamp"})
	eveNetflow = sniffJSON([]string{"netflow.start"})
	eveFlow    = sniffJSON([]string{"flow.start", "flow.bytes_toserver"})
)

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "eve",
		Needs:   "event_type flow (with flow.start), tls, http, quic or dns",
		Gives:   "ports, protocol, bytes, duration (flow), name (tls, http, quic, dns)",
		Doc:     "Suricata eve.json, its flow, tls, http, quic and dns events",
		Example: `{"event_type":"flow","src_ip":"10.0.0.5","dest_ip":"192.0.2.7","dest_port":443,"flow":{"start":"2020-06-05T14:39:59.3+0200"}}`,
		Rank:    3,
		Sniff: func(head flowlog.Head) bool {
			return eveSniff(head) && (!eveNetflow(head) || eveFlow(head))
		},
		Names: func(head flowlog.Head) bool { return !eveFlow(head) },
		Alike: alike(eve.fields),
		Open:  openEve,
	})
}

var eve = jsonLayout{
	fields: []jsonField{
		{path: "event_type", role: flowlog.RecordKind},
		{path: "flow.start", role: flowlog.StartTime, kind: "flow"},
		{path: "timestamp", role: flowlog.StartTime, rank: 1, named: true},
		{path: "flow.end", role: flowlog.EndTime},
		{path: "src_ip", role: flowlog.Source},
		{path: "src_port", role: flowlog.SourcePort},
		{path: "dest_ip", role: flowlog.Destination},
		{path: "dest_port", role: flowlog.DestinationPort},
		{path: "flow.state", role: flowlog.State, kind: "flow"},
		{path: "proto", role: flowlog.Protocol},
		{path: "flow.bytes_toserver", role: flowlog.SourcePart},
		{path: "flow.bytes_toclient", role: flowlog.DestinationPart},
		{path: "tls.sni", role: flowlog.HostName},
		{path: "quic.sni", role: flowlog.HostName},
		{path: "http.hostname", role: flowlog.HostName},
		{path: "http.url", role: flowlog.Target},
		{path: "dns.type", only: []string{"query", "request"}},
		{path: "dns.rrname", role: flowlog.Query},
		{path: "dns.queries.rrname", role: flowlog.Query},
	},
	kinds:    []string{"flow", "tls", "http", "quic", "dns"},
	nameless: "flow",
}

func openEve(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
	l := eve
	l.beside = opt.Connections()
	return l.open(in, opt)
}
