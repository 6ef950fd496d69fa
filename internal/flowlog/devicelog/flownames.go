package devicelog

import "beacon/internal/flowlog/cut"

import "time"

const ms = time.Millisecond

// Flow exporters' and collectors' own names.
//
// Shape: pmacct, CONFIG-KEYS (aggregate, timestamps); ntop, nProbe's "flow template
// options"; IANA's IPFIX information elements and CERT's YAF, super_mediator;
// NFStream's documentation, "NFlow"; flow-tools, flow-export(1).

func init() {
	registerDialect(&dialect{
		name:    "pmacct",
		shown:   "timestamp_start or stamp_inserted, ip_src, ip_dst",
		doc:     "pmacct (nfacctd, pmacctd, sfacctd), JSON and CSV",
		example: `{"event_type":"purge","ip_src":"10.0.0.5","ip_dst":"203.0.113.9","port_src":50000,"port_dst":443,"ip_proto":"tcp","timestamp_start":"2020-06-21 00:00:02.892702","bytes":1200}`,
		needs:   [][]string{{"ipsrc", "srcip"}, {"ipdst", "dstip"}, {"timestampstart", "stampinserted", "timestampmin"}},
		names: all(vTime.named("timestampstart timestampmin stampinserted"), vEnd.named("timestampend"), vSrc.named("ipsrc srcip"), vDst.named("ipdst dstip"),
			vSrcPort.named("portsrc srcport"), vDstPort.named("portdst dstport"), vProto.named("ipproto protocol"), vSent.named("bytes")),
		finish: lasted("timestampend"),
	})
	registerDialect(&dialect{
		name:    "nprobe",
		shown:   "FIRST_SWITCHED or FLOW_START_..., IPV4_SRC_ADDR, IPV4_DST_ADDR (or IPV6)",
		doc:     "ntop nProbe with NetFlow v9 field names, CSV and JSON",
		example: "IPV4_SRC_ADDR|IPV4_DST_ADDR|L4_SRC_PORT|L4_DST_PORT|PROTOCOL|IN_BYTES|OUT_BYTES|FIRST_SWITCHED|LAST_SWITCHED",
		needs:   [][]string{{"ipv4srcaddr", "ipv6srcaddr"}, {"ipv4dstaddr", "ipv6dstaddr"}, {"firstswitched", "flowstartmilliseconds", "flowstartsec"}},
		names: all(vTime.named("flowstartmilliseconds flowstartsec firstswitched"), vSrc.named("ipv4srcaddr ipv6srcaddr"), vDst.named("ipv4dstaddr ipv6dstaddr"),
			vSrcPort.named("l4srcport"), vDstPort.named("l4dstport"), vProto.named("protocol"), vSent.named("inbytes"), vReceived.named("outbytes"),
			vDuration.named("flowdurationmilliseconds"), vName.named("tlsservername sslservername httphost httphostname dnsquery")),
		unit: ms,
		finish: func(v *values, get func(string) []byte) string {
			if string(v.text[vSrc]) == "0.0.0.0" && string(v.text[vDst]) == "0.0.0.0" { // a record of IPv6 in a template of both
				v.text[vSrc], v.text[vDst] = get("ipv6srcaddr"), get("ipv6dstaddr")
			}
			return lasted("flowendmilliseconds", "lastswitched")(v, get)
		},
	})
	registerDialect(&dialect{
		name:    "ipfix",
		shown:   "flowStart..., sourceIPv4Address, destinationIPv4Address (or IPv6)",
		doc:     "IPFIX element names: YAF, super_mediator, CSV and JSON",
		example: `{"flows":{"flowStartMilliseconds":"2020-06-21 00:00:02.892","sourceIPv4Address":"10.0.0.5","destinationIPv4Address":"203.0.113.9","destinationTransportPort":443,"octetTotalCount":300,"reverseOctetTotalCount":900}}`,
		needs:   [][]string{{"sourceipv4address", "sourceipv6address"}, {"destinationipv4address", "destinationipv6address"}},
		names: all(vTime.named("flowstartmilliseconds flowstartmicroseconds flowstartnanoseconds flowstartseconds flowstarttimestamp observationtimemilliseconds"),
			vSrc.named("sourceipv4address sourceipv6address"), vDst.named("destinationipv4address destinationipv6address"),
			vSrcPort.named("sourcetransportport"), vDstPort.named("destinationtransportport"), vProto.named("protocolidentifier"),
			vSent.named("octettotalcount octetdeltacount initiatoroctets"), vReceived.named("reverseoctettotalcount reverseoctetdeltacount responderoctets"), vDuration.named("flowdurationmilliseconds"),
			vName.named("sslservername tlsservername")),
		unit:   ms,
		finish: lasted("flowendmilliseconds", "flowendseconds", "flowendmicroseconds", "flowendnanoseconds"),
	})
	registerDialect(&dialect{
		name:    "nfstream",
		shown:   "bidirectional_first_seen_ms, src_ip, dst_ip",
		doc:     "NFStream, CSV and JSON",
		example: "id,src_ip,src_port,dst_ip,dst_port,protocol,bidirectional_first_seen_ms,bidirectional_last_seen_ms,bidirectional_duration_ms,bidirectional_bytes",
		needs:   [][]string{{"bidirectionalfirstseenms"}, {"srcip"}, {"dstip"}},
		names: all(vTime.named("bidirectionalfirstseenms"), vSrc.named("srcip"), vDst.named("dstip"), vSrcPort.named("srcport"), vDstPort.named("dstport"), vProto.named("protocol"),
			vBytes.named("bidirectionalbytes"), vSent.named("src2dstbytes"), vReceived.named("dst2srcbytes"), vDuration.named("bidirectionaldurationms"), vName.named("requestedservername")),
		unit: ms,
	})
}

// lasted completes a record that names when it ended, by the first of these names
// that it has.
func lasted(names ...string) func(v *values, get func(string) []byte) string {
	return func(v *values, get func(string) []byte) string {
		for _, name := range names {
			if text := get(name); v.text[vDuration] == nil && !cut.Null(text) {
				v.until = text
				break
			}
		}
		return ""
	}
}
