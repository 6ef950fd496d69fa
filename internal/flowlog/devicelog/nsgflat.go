package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
)

// Azure's traffic analytics, as Log Analytics exports it: the flattened NSG and VNet
// flow logs (AzureNetworkAnalytics_CL, whose names end in _s, _d or _t, and
// NTANetAnalytics). An address on the internet stands in a column of its own, with
// counters behind bars.
//
// Shape: Microsoft, "Traffic analytics schema".

func init() {
	registerDialect(&dialect{
		name:    "azure-analytics",
		shown:   "FlowStartTime, SrcIP or SrcPublicIPs, DestIP or DestPublicIPs",
		doc:     "Azure traffic analytics (flattened NSG and VNet flow logs), CSV and JSON",
		example: "TimeGenerated [UTC],FlowStartTime_t [UTC],FlowEndTime_t [UTC],SrcIP_s,DestIP_s,SrcPublicIPs_s,DestPublicIPs_s,DestPort_d,L4Protocol_s,FlowDirection_s",
		needs:   [][]string{{"flowstarttimet", "flowstarttimetutc", "flowstarttime", "flowstarttimeutc"}, {"srcips", "srcip"}, {"destips", "destip"}},
		names: all(vTime.named("flowstarttimet flowstarttimetutc flowstarttime flowstarttimeutc"), vSrc.named("srcips srcip"), vDst.named("destips destip"),
			vDstPort.named("destportd destport"), vProto.named("l4protocols l4protocol"), vSent.named("outboundbytesd bytessrctodest"), vReceived.named("inboundbytesd bytesdesttosrc")),
		finish: func(v *values, get func(string) []byte) string {
			for which, names := range map[value][]string{vSrc: {"srcpublicipss", "srcpublicips"}, vDst: {"destpublicipss", "destpublicips"}} {
				for _, name := range names {
					if text := get(name); cut.Null(v.text[which]) && !cut.Null(text) {
						v.text[which], _, _ = bytes.Cut(text, []byte("|"))
					}
				}
			}
			switch string(v.text[vProto]) {
			case "T":
				v.text[vProto] = []byte("tcp")
			case "U":
				v.text[vProto] = []byte("udp")
			}
			return ""
		},
	})
}
