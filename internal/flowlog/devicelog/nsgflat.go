package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// Azure's traffic analytics, as Log Analytics exports it: the flattened NSG and VNet
// flow logs (AzureNetworkAnalytics_CL, whose names end in _s, _d or _t, and
// NTANetAnalytics). An address on the internet stands in a column of its own, with
// counters behind bars.
//
// Shape: Microsoft, "Traffic analytics schema".

func init() {
	record.RegisterDialect(&record.Dialect{
		Name:    "azure-analytics",
		Shown:   "FlowStartTime, SrcIP or SrcPublicIPs, DestIP or DestPublicIPs",
		Doc:     "Azure traffic analytics (flattened NSG and VNet flow logs), CSV and JSON",
		Example: "TimeGenerated [UTC],FlowStartTime_t [UTC],FlowEndTime_t [UTC],SrcIP_s,DestIP_s,SrcPublicIPs_s,DestPublicIPs_s,DestPort_d,L4Protocol_s,FlowDirection_s",
		Needs:   [][]string{{"flowstarttimet", "flowstarttimetutc", "flowstarttime", "flowstarttimeutc"}, {"srcips", "srcip"}, {"destips", "destip"}},
		Names: record.All(record.Time.Named("flowstarttimet flowstarttimetutc flowstarttime flowstarttimeutc"), record.Src.Named("srcips srcip"), record.Dst.Named("destips destip"),
			record.DstPort.Named("destportd destport"), record.Proto.Named("l4protocols l4protocol"), record.Sent.Named("outboundbytesd bytessrctodest"), record.Received.Named("inboundbytesd bytesdesttosrc")),
		Finish: func(v *record.Values, get func(string) []byte) string {
			for which, names := range map[record.Value][]string{record.Src: {"srcpublicipss", "srcpublicips"}, record.Dst: {"destpublicipss", "destpublicips"}} {
				for _, name := range names {
					if text := get(name); cut.Null(v.Text[which]) && !cut.Null(text) {
						v.Text[which], _, _ = bytes.Cut(text, []byte("|"))
					}
				}
			}
			switch string(v.Text[record.Proto]) {
			case "T":
				v.Text[record.Proto] = []byte("tcp")
			case "U":
				v.Text[record.Proto] = []byte("udp")
			}
			return ""
		},
	})
}
