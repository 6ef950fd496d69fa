package devicelog

import "beacon/internal/flowlog/record"

// Cilium's Hubble flows as JSON (hubble observe -o json, the exporter). An event of
// the reply direction is of a connection whose other direction has its own.
//
// Shape: Cilium, api/v1/flow/flow.proto; "Hubble exporter".

func init() {
	record.RegisterDialect(&record.Dialect{
		Name:    "hubble",
		Shown:   "flow.time, flow.IP, verdict or is_reply",
		Doc:     "Cilium Hubble flows, JSON",
		Example: `{"flow":{"time":"2020-06-21T00:00:02.892Z","verdict":"FORWARDED","IP":{"source":"10.0.0.5","destination":"203.0.113.9"},"l4":{"TCP":{"source_port":50000,"destination_port":443}},"is_reply":false}}`,
		Needs:   [][]string{{"ipsource"}, {"ipdestination"}, {"verdict", "flowverdict", "isreply"}},
		Names: record.All(record.Time.Named("flowtime time"), record.Src.Named("ipsource"), record.Dst.Named("ipdestination"), record.SrcPort.Named("tcpsourceport udpsourceport sctpsourceport"),
			record.DstPort.Named("tcpdestinationport udpdestinationport sctpdestinationport"), record.Name.Named("destinationnames")),
		Finish: func(v *record.Values, get func(string) []byte) string {
			if string(get("isreply")) == "true" {
				return record.NotFlow
			}
			switch {
			case get("tcpdestinationport") != nil:
				v.Text[record.Proto] = []byte("tcp")
			case get("udpdestinationport") != nil:
				v.Text[record.Proto] = []byte("udp")
			}
			return ""
		},
	})
}
