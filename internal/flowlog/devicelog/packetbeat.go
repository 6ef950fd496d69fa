package devicelog

import "beacon/internal/flowlog/cut"

// Packetbeat's flows: reported every ten seconds while they last, each time with the
// counters so far, and a last time with flow.final. All reports are one flow.
//
// Shape: Elastic, packetbeat's exported fields, "Flow event fields".

func init() {
	registerDialect(&dialect{
		name:    "packetbeat",
		shown:   "event.start, source.ip, destination.ip, flow.final",
		doc:     "Packetbeat flows (Elastic Common Schema with flow.final), JSON",
		example: `{"@timestamp":"2020-06-21T00:00:12Z","event":{"start":"2020-06-21T00:00:02Z"},"source":{"ip":"10.0.0.5","bytes":300},"destination":{"ip":"203.0.113.9","port":443,"bytes":900},"flow":{"id":"E1","final":true}}`,
		needs:   [][]string{{"flowfinal"}, {"sourceip"}, {"destinationip"}},
		names: all(vTime.named("eventstart timestamp"), vSrc.named("sourceip"), vSrcPort.named("sourceport"), vDst.named("destinationip"), vDstPort.named("destinationport"),
			vProto.named("networktransport networkiananumber"), vBytes.named("networkbytes"), vSent.named("sourcebytes"), vReceived.named("destinationbytes"),
			vKind.named("flowid"), vName.named("destinationdomain")),
		joined: true,
		prefer: ended,
		finish: func(v *values, get func(string) []byte) string {
			v.until = get("eventend")
			v.phase = ended
			if cut.IsFalse(get("flowfinal")) {
				v.phase = interim
			}
			return ""
		},
	})
}
