package devicelog

import (
	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

import "time"

const ms = time.Millisecond

// Flow exporters' and collectors' own names.
//
// Shape: pmacct, CONFIG-KEYS (aggregate, timestamps); ntop, nProbe's "flow template
// options"; IANA's IPFIX information elements and CERT's YAF, super_mediator;
// NFStream's documentation, "NFlow"; flow-tools, flow-export(1).

func init() {
	record.RegisterDialect(&record.Dialect{
		Name:    "pmacct",
		Shown:   "timestamp_start or stamp_inserted, ip_src, ip_dst",
		Doc:     "pmacct (nfacctd, pmacctd, sfacctd), JSON and CSV",
		Example: `{"event_type":"purge","ip_src":"10.0.0.5","ip_dst":"203.0.113.9","port_src":50000,"port_dst":443,"ip_proto":"tcp","timestamp_start":"2020-06-21 00:00:02.892702","bytes":1200}`,
		Needs:   [][]string{{"ipsrc", "srcip"}, {"ipdst", "dstip"}, {"timestampstart", "stampinserted", "timestampmin"}},
		Without: []string{"sport", "dport", "proto", "duration"}, // pmacct has other names for these
		Names: record.All(record.Time.Named("timestampstart timestampmin stampinserted"), record.End.Named("timestampend"), record.Src.Named("ipsrc srcip"), record.Dst.Named("ipdst dstip"),
			record.SrcPort.Named("portsrc srcport"), record.DstPort.Named("portdst dstport"), record.Proto.Named("ipproto protocol"), record.Sent.Named("bytes")),
		Finish: lasted("timestampend"),
	})
	record.RegisterDialect(&record.Dialect{
		Name:    "nprobe",
		Shown:   "FIRST_SWITCHED or FLOW_START_..., IPV4_SRC_ADDR, IPV4_DST_ADDR (or IPV6)",
		Doc:     "ntop nProbe with NetFlow v9 field names, CSV and JSON",
		Example: "IPV4_SRC_ADDR|IPV4_DST_ADDR|L4_SRC_PORT|L4_DST_PORT|PROTOCOL|IN_BYTES|OUT_BYTES|FIRST_SWITCHED|LAST_SWITCHED",
		Needs:   [][]string{{"ipv4srcaddr", "ipv6srcaddr"}, {"ipv4dstaddr", "ipv6dstaddr"}, {"firstswitched", "flowstartmilliseconds", "flowstartsec"}},
		Names: record.All(record.Time.Named("flowstartmilliseconds flowstartsec firstswitched"), record.Src.Named("ipv4srcaddr ipv6srcaddr"), record.Dst.Named("ipv4dstaddr ipv6dstaddr"),
			record.SrcPort.Named("l4srcport"), record.DstPort.Named("l4dstport"), record.Proto.Named("protocol"), record.Sent.Named("inbytes"), record.Received.Named("outbytes"),
			record.Duration.Named("flowdurationmilliseconds"), record.Name.Named("tlsservername sslservername httphost httphostname dnsquery")),
		Unit: ms,
		Finish: func(v *record.Values, get func(string) []byte) string {
			if string(v.Text[record.Src]) == "0.0.0.0" && string(v.Text[record.Dst]) == "0.0.0.0" { // a record of IPv6 in a template of both
				v.Text[record.Src], v.Text[record.Dst] = get("ipv6srcaddr"), get("ipv6dstaddr")
			}
			return lasted("flowendmilliseconds", "lastswitched")(v, get)
		},
	})
	record.RegisterDialect(&record.Dialect{
		Name:    "ipfix",
		Shown:   "flowStart..., sourceIPv4Address, destinationIPv4Address (or IPv6)",
		Doc:     "IPFIX element names: YAF, super_mediator, CSV and JSON",
		Example: `{"flows":{"flowStartMilliseconds":"2020-06-21 00:00:02.892","sourceIPv4Address":"10.0.0.5","destinationIPv4Address":"203.0.113.9","destinationTransportPort":443,"octetTotalCount":300,"reverseOctetTotalCount":900}}`,
		Needs:   [][]string{{"sourceipv4address", "sourceipv6address"}, {"destinationipv4address", "destinationipv6address"}},
		Names: record.All(record.Time.Named("flowstartmilliseconds flowstartmicroseconds flowstartnanoseconds flowstartseconds flowstarttimestamp observationtimemilliseconds"),
			record.Src.Named("sourceipv4address sourceipv6address"), record.Dst.Named("destinationipv4address destinationipv6address"),
			record.SrcPort.Named("sourcetransportport"), record.DstPort.Named("destinationtransportport"), record.Proto.Named("protocolidentifier"),
			record.Sent.Named("octettotalcount octetdeltacount initiatoroctets"), record.Received.Named("reverseoctettotalcount reverseoctetdeltacount responderoctets"), record.Duration.Named("flowdurationmilliseconds"),
			record.Name.Named("sslservername tlsservername")),
		Unit:   ms,
		Finish: lasted("flowendmilliseconds", "flowendseconds", "flowendmicroseconds", "flowendnanoseconds"),
	})
	record.RegisterDialect(&record.Dialect{
		Name:    "nfstream",
		Shown:   "bidirectional_first_seen_ms, src_ip, dst_ip",
		Doc:     "NFStream, CSV and JSON",
		Example: "id,src_ip,src_port,dst_ip,dst_port,protocol,bidirectional_first_seen_ms,bidirectional_last_seen_ms,bidirectional_duration_ms,bidirectional_bytes",
		Needs:   [][]string{{"bidirectionalfirstseenms"}, {"srcip"}, {"dstip"}},
		Names: record.All(record.Time.Named("bidirectionalfirstseenms"), record.Src.Named("srcip"), record.Dst.Named("dstip"), record.SrcPort.Named("srcport"), record.DstPort.Named("dstport"), record.Proto.Named("protocol"),
			record.Bytes.Named("bidirectionalbytes"), record.Sent.Named("src2dstbytes"), record.Received.Named("dst2srcbytes"), record.Duration.Named("bidirectionaldurationms"), record.Name.Named("requestedservername")),
		Unit: ms,
	})
}

// lasted completes a record that names when it ended, by the first of these names
// that it has.
func lasted(names ...string) func(v *record.Values, get func(string) []byte) string {
	return func(v *record.Values, get func(string) []byte) string {
		for _, name := range names {
			if text := get(name); v.Text[record.Duration] == nil && !cut.Null(text) {
				v.Until = text
				break
			}
		}
		return ""
	}
}
