package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// Cisco Firepower Management Center's connection events as CSV: ports are like
// "443 (https) / tcp", times local to the browser that exported them.
//
// Shape: Cisco, "Connection and Security-Related Connection Event Fields".

func init() {
	record.RegisterDialect(&record.Dialect{
		Name:    "cisco-fmc",
		Shown:   "First Packet, Initiator IP, Responder IP",
		Doc:     "Cisco Firepower Management Center connection events, CSV",
		Example: `First Packet,Last Packet,Action,Initiator IP,Responder IP,Source Port / ICMP Type,Destination Port / ICMP Code,Initiator Bytes,Responder Bytes`,
		Needs:   [][]string{{"firstpacket"}, {"initiatorip"}, {"responderip"}},
		Names: record.All(record.Time.Named("firstpacket"), record.End.Named("lastpacket"), record.Src.Named("initiatorip"), record.Dst.Named("responderip"),
			record.SrcPort.Named("sourceporticmptype sourceport initiatorport"), record.DstPort.Named("destinationporticmpcode destinationport responderport"),
			record.Proto.Named("protocol"), record.Sent.Named("initiatorbytes"), record.Received.Named("responderbytes")),
		Finish: func(v *record.Values, get func(string) []byte) string {
			for _, which := range [...]record.Value{record.SrcPort, record.DstPort} {
				port := v.Text[which]
				if slash := bytes.LastIndex(port, []byte(" / ")); slash >= 0 {
					if cut.Null(v.Text[record.Proto]) {
						v.Text[record.Proto] = port[slash+3:]
					}
					port = port[:slash]
				}
				port, _, _ = bytes.Cut(port, []byte(" "))
				v.Text[which] = port
			}
			if string(v.Text[record.Proto]) == "icmp" {
				v.Text[record.SrcPort], v.Text[record.DstPort] = nil, nil
			}
			if name := get("url"); len(name) > 0 {
				v.Text[record.Name], _ = cut.URLHost(name, false)
			}
			return ""
		},
	})
}
