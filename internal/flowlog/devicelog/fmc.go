package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
)

// Cisco Firepower Management Center's connection events as CSV: ports are like
// "443 (https) / tcp", times local to the browser that exported them.
//
// Shape: Cisco, "Connection and Security-Related Connection Event Fields".

func init() {
	registerDialect(&dialect{
		name:    "cisco-fmc",
		shown:   "First Packet, Initiator IP, Responder IP",
		doc:     "Cisco Firepower Management Center connection events, CSV",
		example: `First Packet,Last Packet,Action,Initiator IP,Responder IP,Source Port / ICMP Type,Destination Port / ICMP Code,Initiator Bytes,Responder Bytes`,
		needs:   [][]string{{"firstpacket"}, {"initiatorip"}, {"responderip"}},
		names: all(vTime.named("firstpacket"), vEnd.named("lastpacket"), vSrc.named("initiatorip"), vDst.named("responderip"),
			vSrcPort.named("sourceporticmptype sourceport initiatorport"), vDstPort.named("destinationporticmpcode destinationport responderport"),
			vProto.named("protocol"), vSent.named("initiatorbytes"), vReceived.named("responderbytes")),
		finish: func(v *values, get func(string) []byte) string {
			for _, which := range [...]value{vSrcPort, vDstPort} {
				port := v.text[which]
				if slash := bytes.LastIndex(port, []byte(" / ")); slash >= 0 {
					if cut.Null(v.text[vProto]) {
						v.text[vProto] = port[slash+3:]
					}
					port = port[:slash]
				}
				port, _, _ = bytes.Cut(port, []byte(" "))
				v.text[which] = port
			}
			if string(v.text[vProto]) == "icmp" {
				v.text[vSrcPort], v.text[vDstPort] = nil, nil
			}
			if name := get("url"); len(name) > 0 {
				v.text[vName], _ = cut.URLHost(name, false)
			}
			return ""
		},
	})
}
