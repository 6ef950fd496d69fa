package clickhouse

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/flowlog"
)

// layout is how a program that writes flows to ClickHouse lays its table out.
type layout struct {
	name    string
	modern  bool   // it needs types that 18.16 lacks
	columns string // of the table
	values  string // from the columns of plainFlows, in their order
	lacks   string // columns of a log that the table has none for
}

// plainFlows is the columns of the table that the layouts are filled from.
const plainFlows = "timestamp DateTime, src_ip String, dst_ip String, src_port UInt16, dst_port UInt16, protocol UInt8, bytes Int64"

// The expressions of addresses that the layouts are filled with.
const (
	isFour    = "position(src_ip, ':') = 0"
	src16     = "IPv6StringToNum(if(position(src_ip, ':') = 0, concat('::ffff:', src_ip), src_ip))"
	dst16     = "IPv6StringToNum(if(position(dst_ip, ':') = 0, concat('::ffff:', dst_ip), dst_ip))"
	srcNumber = "IPv4StringToNum(if(position(src_ip, ':') = 0, src_ip, '0.0.0.0'))"
	dstNumber = "IPv4StringToNum(if(position(dst_ip, ':') = 0, dst_ip, '0.0.0.0'))"
	srcFirst  = "toFixedString(if(" + isFour + ", concat(reverse(reinterpretAsString(" + srcNumber + ")), toString(unhex('" + zeroes + "'))), toString(" + src16 + ")), 16)"
	dstFirst  = "toFixedString(if(" + isFour + ", concat(reverse(reinterpretAsString(" + dstNumber + ")), toString(unhex('" + zeroes + "'))), toString(" + dst16 + ")), 16)"
	zeroes    = "000000000000000000000000"
)

// layouts are the tables that README.md lists.
var layouts = []layout{
	{name: "Akvorado", modern: true, columns: akvorado, values: "timestamp, 1, toIPv6('::1'), toIPv6(src_ip), toIPv6(dst_ip), 0, 0, 0, protocol, src_port, dst_port, bytes, 1, 0"},
	{name: "goflow2", modern: true, columns: goflow2, values: "toDate(timestamp), timestamp + 9, timestamp + 7, timestamp, 1, 1, toFixedString('', 16), " + shortBytes("toIPv6(src_ip)") + ", " + shortBytes("toIPv6(dst_ip)") +
		", 0, 0, if(" + isFour + ", 0x0800, 0x86dd), protocol, src_port, dst_port, bytes, 1"},
	{name: "goflow2 before 2.0", columns: "Date Date, TimeReceived DateTime, TimeFlowStart DateTime, SequenceNum UInt32, SamplingRate UInt64, SamplerAddress FixedString(16), SrcAddr FixedString(16), DstAddr FixedString(16), EType UInt32, Proto UInt32, SrcPort UInt32, DstPort UInt32, Bytes UInt64, Packets UInt64",
		values: "toDate(timestamp), timestamp + 1800, timestamp, 0, 1, toFixedString('', 16), " + srcFirst + ", " + dstFirst + ", if(" + isFour + ", 0x0800, 0x86dd), protocol, src_port, dst_port, bytes, 1"},
	{name: "ntopng", columns: "IP_PROTOCOL_VERSION UInt8, FIRST_SEEN DateTime, LAST_SEEN DateTime, TOTAL_BYTES UInt64, PROTOCOL UInt8, IPV4_SRC_ADDR UInt32, IPV6_SRC_ADDR FixedString(16), IP_SRC_PORT UInt16, IPV4_DST_ADDR UInt32, IPV6_DST_ADDR FixedString(16), IP_DST_PORT UInt16, INFO String",
		values: "if(" + isFour + ", 4, 6), timestamp, timestamp, bytes, protocol, " + srcNumber + ", if(" + isFour + ", toFixedString('', 16), " + src16 + "), src_port, " + dstNumber + ", if(" + isFour + ", toFixedString('', 16), " + dst16 + "), dst_port, ''"},
	{name: "RITA v5", modern: true, columns: rita, values: "now(), timestamp, toFixedString('', 16), toIPv6(src_ip), toIPv6(dst_ip), generateUUIDv4(), src_port, dst_port, 'tcp', 0, 0, bytes"},
	{name: "Zeek, id.orig_h", columns: "ts Float64, uid String, `id.orig_h` String, `id.orig_p` UInt16, `id.resp_h` String, `id.resp_p` UInt16, proto String, orig_bytes Int64, resp_bytes Int64",
		values: "toFloat64(toUInt32(timestamp)), 'C1', src_ip, src_port, dst_ip, dst_port, 'tcp', 0, bytes"},
	{name: "Zeek, orig_h", columns: "ts DateTime, orig_h String, orig_p UInt16, resp_h String, resp_p UInt16", values: "timestamp, src_ip, src_port, dst_ip, dst_port", lacks: "protocol bytes"},
	{name: "Suricata", columns: "event_ts DateTime, event_type String, src_ip String, src_port UInt16, dest_ip String, dest_port UInt16, proto String", values: "timestamp, 'flow', src_ip, src_port, dst_ip, dst_port, 'TCP'", lacks: "bytes"},
	{name: "Antrea", columns: "flowStartSeconds DateTime, flowEndSeconds DateTime, sourceIP String, destinationIP String, sourceTransportPort UInt16, destinationTransportPort UInt16, protocolIdentifier UInt8, octetDeltaCount UInt64, reverseOctetDeltaCount UInt64",
		values: "timestamp, timestamp, src_ip, dst_ip, src_port, dst_port, protocol, 0, bytes"},
	{name: "pmacct", columns: "ip_src String, ip_dst String, port_src UInt16, port_dst UInt16, ip_proto String, timestamp_start DateTime, timestamp_end DateTime, bytes UInt64", values: "src_ip, dst_ip, src_port, dst_port, 'tcp', timestamp, timestamp, bytes"},
	{name: "pflog", columns: "begin_at DateTime, end_at DateTime, saddr String, daddr String, sport UInt16, dport UInt16", values: "timestamp, timestamp, src_ip, dst_ip, src_port, dst_port", lacks: "protocol bytes"},
	{name: "AWS VPC", columns: "version UInt8, srcaddr String, dstaddr String, srcport UInt16, dstport UInt16, protocol UInt8, bytes UInt64, start Int64, `end` Int64", values: "2, src_ip, dst_ip, src_port, dst_port, protocol, bytes, toInt64(toUInt32(timestamp)), toInt64(toUInt32(timestamp))"},
	{name: "Cilium Hubble", columns: "time DateTime, IP_source String, IP_destination String, l4_TCP_source_port UInt32, l4_TCP_destination_port UInt32", values: "timestamp, src_ip, dst_ip, src_port, dst_port", lacks: "protocol bytes"},
	{name: "OCSF, tuples", columns: "time Int64, src_endpoint Tuple(ip String, port UInt16), dst_endpoint Tuple(ip String, port UInt16)", values: "toInt64(toUInt32(timestamp)) * 1000, (src_ip, src_port), (dst_ip, dst_port)", lacks: "protocol bytes"},
	{name: "OpenTelemetry, map", modern: true, columns: "Timestamp DateTime64(9), LogAttributes Map(LowCardinality(String), String)",
		values: "timestamp, map('source.address', src_ip, 'source.port', toString(src_port), 'destination.address', dst_ip, 'destination.port', toString(dst_port))", lacks: "protocol bytes"},
	{name: "OpenTelemetry, JSON", modern: true, columns: "Timestamp DateTime64(9), attributes JSON",
		values: `timestamp, concat('{"source": {"address": "', src_ip, '", "port": ', toString(src_port), '}, "destination": {"address": "', dst_ip, '", "port": ', toString(dst_port), '}}')`, lacks: "protocol bytes"},
	{name: "OpenTelemetry, tuples", columns: "Timestamp DateTime, source Tuple(address String, port UInt16), destination Tuple(address String, port UInt16)", values: "timestamp, (src_ip, src_port), (dst_ip, dst_port)", lacks: "protocol bytes"},
}

// without returns a log of CSV without some columns.
func without(t *testing.T, log string, names ...string) string {
	text, err := os.ReadFile(log)
	require.NoError(t, err)
	header, _, _ := strings.Cut(string(text), "\n")
	var b strings.Builder
	for line := range strings.Lines(string(text)) {
		var cells []string
		for i, name := range strings.Split(header, ",") {
			if !slices.Contains(names, name) {
				cells = append(cells, strings.Split(strings.TrimSpace(line), ",")[i])
			}
		}
		b.WriteString(strings.Join(cells, ",") + "\n")
	}
	return writeText(t, "seconds.csv", b.String())
}

// TestLayouts holds the answers from the tables that others make to those of the log that
// they were filled with, and README.md to the tables.
func TestLayouts(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	log := secondsLog(t, 2)
	old := twoShards(t)[0]
	fill := func(e *Engine) {
		require.NoError(t, e.Driver.Exec(t.Context(), "CREATE TABLE plain_flows ("+plainFlows+") ENGINE = MergeTree ORDER BY timestamp"))
		_, err := e.Load(t.Context(), openLog(t, flowlog.Options{}, log), LoadOptions{Workers: 1, Append: true})
		require.NoError(t, err)
	}
	fill(old.engine(t, "plain_flows"))
	if os.Getenv("BEACON_CHDB") != "" && !testing.Short() {
		fill(modernEngine(t, "plain_flows"))
	}
	all := questions(t)
	asked := map[string]beacon.Query{"every minute": all["every minute"], "both rules": all["both rules"]}
	for _, l := range layouts {
		require.Contains(t, string(readme), "\n| "+l.name+" |")
		t.Run(l.name, func(t *testing.T) {
			if testing.Short() && l.name != "Zeek, id.orig_h" {
				t.Skip("the expressions of one layout are enough for the race detector")
			}
			table := "layout_" + strings.Map(func(r rune) rune {
				if strings.ContainsRune(" .,", r) {
					return '_'
				}
				return r
			}, l.name)
			server := old.engine
			if l.modern {
				modernServer(t)
				server = modernEngine
			}
			e := server(t, table)
			columns := l.columns
			if strings.Contains(columns, "\n") {
				columns = strings.ReplaceAll(strings.TrimSpace(columns), "\n", ",\n")
			}
			create := "CREATE TABLE " + table + " (" + columns + ") ENGINE = MergeTree PARTITION BY tuple() ORDER BY tuple()"
			if l.modern {
				create += " SETTINGS allow_suspicious_low_cardinality_types = 1"
			}
			require.NoError(t, e.Driver.Exec(t.Context(), create))
			require.NoError(t, e.Driver.Exec(t.Context(), "INSERT INTO "+table+" SELECT "+l.values+" FROM plain_flows"))
			log := log
			if l.lacks != "" {
				log = without(t, log, strings.Fields(l.lacks)...)
			}
			sameAnswers(t, log, e, asked)
		})
	}
}
