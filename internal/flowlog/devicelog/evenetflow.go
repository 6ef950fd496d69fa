package devicelog

import "beacon/internal/flowlog/record"

// Suricata's netflow events, where a log has no flow events: two one-way records of
// a flow, the client's first, which are joined by flow_id.
//
// Shape: Suricata, "Eve JSON format", event type netflow.

func init() {
	record.RegisterDialect(&record.Dialect{
		Name:    "eve-netflow",
		Shown:   "event_type netflow, netflow.start, no flow events",
		Doc:     "Suricata eve.json with netflow events and no flow events",
		Example: `{"event_type":"netflow","flow_id":7,"src_ip":"10.0.0.5","src_port":50000,"dest_ip":"203.0.113.9","dest_port":443,"proto":"TCP","netflow":{"bytes":300,"start":"2020-06-21T00:00:02.000+0000"}}`,
		Needs:   [][]string{{"eventtype"}, {"netflowstart"}, {"srcip"}, {"destip"}},
		Without: []string{"flowstart", "flowbytestoserver"},
		Names: record.All(record.Time.Named("netflowstart"), record.Src.Named("srcip"), record.SrcPort.Named("srcport"), record.Dst.Named("destip"), record.DstPort.Named("destport"), record.Proto.Named("proto"),
			record.Sent.Named("netflowbytes"), record.Kind.Named("flowid")),
		Joined: true,
		Finish: func(v *record.Values, get func(string) []byte) string {
			if string(get("eventtype")) != "netflow" {
				return record.NotFlow
			}
			v.Until = get("netflowend")
			if v.Text[record.Kind] != nil {
				v.Phase = record.Half
			}
			return ""
		},
	})
}
