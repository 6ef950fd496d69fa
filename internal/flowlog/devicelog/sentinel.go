package devicelog

import "beacon/internal/flowlog/record"

// Sentinel's Advanced Security Information Model (network session, CSV from the
// portal or JSON) and CommonSecurityLog, into which Sentinel reads CEF.
//
// Shape: Microsoft, "ASIM network session normalization schema reference",
// "CommonSecurityLog" table reference.

func init() {
	record.RegisterDialect(&record.Dialect{
		Name:    "asim",
		Shown:   "TimeGenerated, SrcIpAddr, DstIpAddr",
		Doc:     "Microsoft Sentinel network sessions (ASIM), CSV and JSON",
		Example: "TimeGenerated [UTC],EventStartTime [UTC],SrcIpAddr,SrcPortNumber,DstIpAddr,DstPortNumber,NetworkProtocol,SrcBytes,DstBytes",
		Needs:   [][]string{{"srcipaddr"}, {"dstipaddr"}, {"eventstarttime", "eventstarttimeutc", "eventstarttimelocaltime", "timegenerated", "timegeneratedutc", "timegeneratedlocaltime", "eventendtime", "eventendtimeutc"}}, // nfdump and others have columns for addresses of these names
		Names: record.All(record.Time.Named("eventstarttime eventstarttimeutc timegenerated timegeneratedutc"), record.End.Named("eventendtime eventendtimeutc"),
			record.Src.Named("srcipaddr"), record.SrcPort.Named("srcportnumber"), record.Dst.Named("dstipaddr"), record.DstPort.Named("dstportnumber"), record.Proto.Named("networkprotocol"),
			record.Sent.Named("srcbytes"), record.Received.Named("dstbytes"), record.Bytes.Named("networkbytes"), record.Duration.Named("networkduration"),
			record.Name.Named("dstfqdn dstdomainhostname dsthostname")),
		Unit: ms,
		Finish: func(v *record.Values, get func(string) []byte) string {
			if string(get("networkdirection")) == "Inbound" && get("dvcinboundinterface") == nil && len(get("srcipaddr")) == 0 {
				return record.NoAddress
			}
			return ""
		},
	})
	record.RegisterDialect(&record.Dialect{
		Name:    "common-security-log",
		Shown:   "TimeGenerated, DeviceVendor, SourceIP, DestinationIP",
		Doc:     "Microsoft Sentinel CommonSecurityLog, CSV and JSON",
		Example: "TimeGenerated [UTC],DeviceVendor,DeviceProduct,SourceIP,SourcePort,DestinationIP,DestinationPort,Protocol,SentBytes,ReceivedBytes",
		Needs:   [][]string{{"sourceip"}, {"destinationip"}, {"devicevendor"}},
		Names: record.All(record.Time.Named("starttime starttimeutc timegenerated timegeneratedutc"), record.End.Named("endtime endtimeutc"),
			record.Src.Named("sourceip"), record.SrcPort.Named("sourceport"), record.Dst.Named("destinationip"), record.DstPort.Named("destinationport"), record.Proto.Named("protocol"),
			record.Sent.Named("sentbytes"), record.Received.Named("receivedbytes"), record.Name.Named("destinationhostname destinationdnsdomain")),
	})
}
