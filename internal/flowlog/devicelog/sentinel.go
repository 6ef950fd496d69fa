package devicelog

// Sentinel's Advanced Security Information Model (network session, CSV from the
// portal or JSON) and CommonSecurityLog, into which Sentinel reads CEF.
//
// Shape: Microsoft, "ASIM network session normalization schema reference",
// "CommonSecurityLog" table reference.

func init() {
	registerDialect(&dialect{
		name:    "asim",
		shown:   "TimeGenerated, SrcIpAddr, DstIpAddr",
		doc:     "Microsoft Sentinel network sessions (ASIM), CSV and JSON",
		example: "TimeGenerated [UTC],EventStartTime [UTC],SrcIpAddr,SrcPortNumber,DstIpAddr,DstPortNumber,NetworkProtocol,SrcBytes,DstBytes",
		needs:   [][]string{{"srcipaddr"}, {"dstipaddr"}},
		names: all(vTime.named("eventstarttime eventstarttimeutc timegenerated timegeneratedutc"), vEnd.named("eventendtime eventendtimeutc"),
			vSrc.named("srcipaddr"), vSrcPort.named("srcportnumber"), vDst.named("dstipaddr"), vDstPort.named("dstportnumber"), vProto.named("networkprotocol"),
			vSent.named("srcbytes"), vReceived.named("dstbytes"), vBytes.named("networkbytes"), vDuration.named("networkduration"),
			vName.named("dstfqdn dstdomainhostname dsthostname")),
		unit: ms,
		finish: func(v *values, get func(string) []byte) string {
			if string(get("networkdirection")) == "Inbound" && get("dvcinboundinterface") == nil && len(get("srcipaddr")) == 0 {
				return noAddress
			}
			return ""
		},
	})
	registerDialect(&dialect{
		name:    "common-security-log",
		shown:   "TimeGenerated, DeviceVendor, SourceIP, DestinationIP",
		doc:     "Microsoft Sentinel CommonSecurityLog, CSV and JSON",
		example: "TimeGenerated [UTC],DeviceVendor,DeviceProduct,SourceIP,SourcePort,DestinationIP,DestinationPort,Protocol,SentBytes,ReceivedBytes",
		needs:   [][]string{{"sourceip"}, {"destinationip"}, {"devicevendor"}},
		names: all(vTime.named("starttime starttimeutc timegenerated timegeneratedutc"), vEnd.named("endtime endtimeutc"),
			vSrc.named("sourceip"), vSrcPort.named("sourceport"), vDst.named("destinationip"), vDstPort.named("destinationport"), vProto.named("protocol"),
			vSent.named("sentbytes"), vReceived.named("receivedbytes"), vName.named("destinationhostname destinationdnsdomain")),
	})
}
