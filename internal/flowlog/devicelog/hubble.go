package devicelog

// Cilium's Hubble flows as JSON (hubble observe -o json, the exporter). An event of
// the reply direction is of a connection whose other direction has its own.
//
// Shape: Cilium, api/v1/flow/flow.proto; "Hubble exporter".

func init() {
	registerDialect(&dialect{
		name:    "hubble",
		shown:   "flow.time, flow.IP, verdict or is_reply",
		doc:     "Cilium Hubble flows, JSON",
		example: `{"flow":{"time":"2020-06-21T00:00:02.892Z","verdict":"FORWARDED","IP":{"source":"10.0.0.5","destination":"203.0.113.9"},"l4":{"TCP":{"source_port":50000,"destination_port":443}},"is_reply":false}}`,
		needs:   [][]string{{"ipsource"}, {"ipdestination"}, {"verdict", "flowverdict", "isreply"}},
		names: all(vTime.named("flowtime time"), vSrc.named("ipsource"), vDst.named("ipdestination"), vSrcPort.named("tcpsourceport udpsourceport sctpsourceport"),
			vDstPort.named("tcpdestinationport udpdestinationport sctpdestinationport"), vName.named("destinationnames")),
		finish: func(v *values, get func(string) []byte) string {
			if string(get("isreply")) == "true" {
				return notFlow
			}
			switch {
			case get("tcpdestinationport") != nil:
				v.text[vProto] = []byte("tcp")
			case get("udpdestinationport") != nil:
				v.text[vProto] = []byte("udp")
			}
			return ""
		},
	})
}
