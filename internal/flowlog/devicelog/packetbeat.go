package devicelog

import (
	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// Packetbeat's flows: reported every ten seconds while they last, each time with the
// counters so far, and a last time with flow.final. All reports are one flow.
//
// Shape: Elastic, packetbeat's exported fields, "Flow event fields".

func init() {
	record.RegisterDialect(&record.Dialect{
		Name:    "packetbeat",
		Shown:   "event.start, source.ip, destination.ip, flow.final",
		Doc:     "Packetbeat flows (Elastic Common Schema with flow.final), JSON",
		Example: `{"@timestamp":"2020-06-21T00:00:12Z","event":{"start":"2020-06-21T00:00:02Z"},"source":{"ip":"10.0.0.5","bytes":300},"destination":{"ip":"203.0.113.9","port":443,"bytes":900},"flow":{"id":"E1","final":true}}`,
		Needs:   [][]string{{"flowfinal"}, {"sourceip"}, {"destinationip"}},
		Names: record.All(record.Time.Named("eventstart timestamp"), record.Src.Named("sourceip"), record.SrcPort.Named("sourceport"), record.Dst.Named("destinationip"), record.DstPort.Named("destinationport"),
			record.Proto.Named("networktransport networkiananumber"), record.Bytes.Named("networkbytes"), record.Sent.Named("sourcebytes"), record.Received.Named("destinationbytes"),
			record.Kind.Named("flowid"), record.Name.Named("destinationdomain")),
		Joined: true,
		Prefer: record.Ended,
		Finish: func(v *record.Values, get func(string) []byte) string {
			v.Until = get("eventend")
			v.Phase = record.Ended
			if cut.IsFalse(get("flowfinal")) {
				v.Phase = record.Interim
			}
			return ""
		},
	})
}
