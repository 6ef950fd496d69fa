package clickhouse

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/flow"
	"beacon/internal/shape"
)

// TestSchemas asks the same log in tables of other types, which a statement fills
// from ours.
func TestSchemas(t *testing.T) {
	p := twoShards(t)
	path := mixedLog(t)
	_, err := p[0].engine(t, "mixed_ours").Load(t.Context(), openLog(t, noOptions, path), LoadOptions{Workers: 2})
	require.NoError(t, err)
	office := officeLog(t, 1)
	_, err = p[0].engine(t, "office_ours").Load(t.Context(), openLog(t, noOptions, office), LoadOptions{Workers: 2})
	require.NoError(t, err)
	const text = "if(substring(%[1]s, 1, 12) = unhex('00000000000000000000ffff'), substring(IPv6NumToString(%[1]s), 8), IPv6NumToString(%[1]s))"
	src, dst := fmt.Sprintf(text, "src_ip"), fmt.Sprintf(text, "dst_ip")
	short := func(end string) string {
		return "toFixedString(if(substring(" + end + ", 1, 12) = unhex('00000000000000000000ffff'), concat(substring(" + end + ", 13, 4), unhex('000000000000000000000000')), toString(" + end + ")), 16)"
	}
	for name, c := range map[string]struct{ log, columns, values string }{
		"text and float": {path, "ts Float64, src String, dst String, dport UInt16, bytes UInt32",
			"timestamp / 1000000, " + src + ", " + dst + ", dst_port, bytes"},
		"text with zones": {path, "ts Int64, src String, dst String, dport UInt16, bytes UInt32",
			"timestamp, concat(IPv6NumToString(src_ip), if(substring(src_ip, 1, 1) = unhex('fe'), '%eth0', '')), upper(" + dst + "), dst_port, bytes"},
		"text and bytes": {path, "ts UInt64, src String, dst FixedString(16), dport UInt64, bytes Float64",
			"toUInt64(timestamp) * 1000, " + src + ", dst_ip, dst_port, bytes"},
		"nullable": {path, "ts Nullable(Int64), src Nullable(String), dst Nullable(FixedString(16)), dport Nullable(Int32), orig_bytes Nullable(Int64), resp_bytes Nullable(Int64)",
			"timestamp, " + src + ", dst_ip, dst_port, bytes - 1, 1"},
		"goflow2": {path, "date Date, time_received_ns UInt64, time_flow_start_ns UInt64, sampling_rate UInt64, src_addr FixedString(16), dst_addr FixedString(16), etype UInt32, src_port UInt32, dst_port UInt32, bytes UInt64",
			"today(), 0, toUInt64(timestamp) * 1000, number64, " + short("src_ip") + ", " + short("dst_ip") + ", if(substring(src_ip, 1, 12) = unhex('00000000000000000000ffff'), 0x0800, 0x86dd), src_port, dst_port, bytes"},
		"numbers": {office, "ts Int64, src UInt32, dst UInt32, dport UInt16, bytes UInt32",
			"timestamp, IPv4StringToNum(" + src + "), IPv4StringToNum(" + dst + "), dst_port, bytes"},
		"number and text": {office, "ts Int64, src UInt32, dst String, dport UInt16, bytes UInt32",
			"timestamp, IPv4StringToNum(" + src + "), " + dst + ", dst_port, bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			from := "mixed_ours"
			if c.log == office {
				from = "office_ours"
			}
			table := "schema_" + strings.ReplaceAll(name, " ", "_")
			p[0].exec(t, "CREATE TABLE "+table+" ("+c.columns+") ENGINE = MergeTree PARTITION BY tuple() ORDER BY tuple()",
				"INSERT INTO "+table+" SELECT "+strings.ReplaceAll(c.values, "number64", "toUInt64(timestamp % 2)")+" FROM "+from)
			e := p[0].engine(t, table)
			for _, q := range []func(*beacon.Query){
				func(*beacon.Query) {},
				func(q *beacon.Query) {
					q.Slots = 5
					q.Internal = networks(t, "120.0.0.0/8", "192.168.0.0/16", "fe80::/10")
				},
				func(q *beacon.Query) { q.Exclude = networks(t, "203.0.113.1", "8.8.8.8", "ff00::/8") },
			} {
				query := everyMinute()
				q(&query)
				want := comparable(arrow(t, c.log, query))
				found, err := e.Find(t.Context(), query)
				require.NoError(t, err)
				require.NotEmpty(t, found.List)
				require.Equal(t, want, comparable(found))
			}
		})
	}
}

func TestUnreadable(t *testing.T) {
	p := twoShards(t)
	p[0].exec(t, "CREATE TABLE dirty (ts Nullable(DateTime), src Nullable(String), dst String) ENGINE = Memory")
	for i, flow := range [][2]string{{"10.0.0.1", "8.8.8.8"}, {"10.0.0.1", "::"}, {"10.0.0.1", "0.0.0.0"}, // good
		{"10.0.0.1", "8.8.8"}, {"10.0.0.1", "8.8.8.8x"}, {"10.0.0.1", "host"}, {"10.0.0.256", "8.8.8.8"}, {"10.0.0.1", "1::2::3"}, // bad
		{"10.0.0.1", ""}} { // other
		p[0].exec(t, fmt.Sprintf("INSERT INTO dirty SELECT toDateTime(%d), '%s', '%s'", 1592697600+60*i, flow[0], flow[1]))
	}
	p[0].exec(t, "INSERT INTO dirty SELECT NULL, '10.0.0.1', '8.8.8.8'", "INSERT INTO dirty SELECT toDateTime(1592697600), NULL, '8.8.8.8'")
	q := everyMinute()
	q.Slots = 1
	found, err := p[0].engine(t, "dirty").Find(t.Context(), q)
	require.NoError(t, err)
	require.EqualValues(t, 3, found.Totals.Flows)
	require.EqualValues(t, 5, found.Totals.Bad)
	require.EqualValues(t, 3, found.Totals.Other)
	require.EqualValues(t, day(0), found.Totals.First)
	var flagged []string
	for _, f := range found.List {
		flagged = append(flagged, f.Destinations[0].Host.String())
	}
	require.ElementsMatch(t, []string{"8.8.8.8", "::", "0.0.0.0"}, flagged)
}

func TestSampling(t *testing.T) {
	p := twoShards(t)
	p[0].exec(t, "CREATE TABLE sampled (TimeReceived DateTime, SamplingRate UInt64, SrcAddr UInt32, DstAddr UInt32, Bytes UInt64, DstPort UInt16) ENGINE = Memory",
		"INSERT INTO sampled SELECT toDateTime(1592697600 + number * 10), if(number = 0, 0, 100), 167772160 + number % 3, 134744072, 7, 53 FROM numbers(360)")
	q := everyMinute()
	found, err := p[0].engine(t, "sampled").Find(t.Context(), q)
	require.NoError(t, err)
	require.Len(t, found.List, 1)
	f := found.List[0]
	require.EqualValues(t, 359*100+1, f.Flows)
	require.EqualValues(t, 7*(359*100+1), f.Bytes)
	require.Equal(t, []beacon.PortCount{{Port: 53, Flows: 359*100 + 1}}, f.Day.Ports)
	require.Equal(t, shape.Count{Index: day(0) / 6e10, Calls: 501}, f.Day.Series.Counts[0])
	require.EqualValues(t, 360, found.Totals.Flows)
	require.Len(t, found.Warnings, 1)
	require.Contains(t, found.Warnings[0].Text, "flows are sampled, one packet in up to 100")
	require.Equal(t, "ask for fewer slots: --slots 55", found.Warnings[0].Hint)
}

// TestSpan holds flows that last long, one past the end of time, times before 1970 and names to
// the other engine.
func TestSpan(t *testing.T) {
	p := twoShards(t)
	var csv strings.Builder
	csv.WriteString("timestamp,src_ip,dst_ip,dst_port,bytes,duration,name\n")
	for i := range 400 {
		start := []string{"1969-12-31 23:%02d:07.25", "1970-01-01 00:%02d:59.999999"}[i%2]
		fmt.Fprintf(&csv, start+",10.0.0.%d,8.8.8.%d,443,%d,%d.5,%s\n", i%60, i%9, i%7, i, i*37%5000, []string{"", "b.example", "a.example"}[i%3])
	}
	csv.WriteString("2261-06-21 00:00:02,10.0.0.1,8.8.8.8,443,1,999999999,\n")
	path := writeText(t, "span.csv", csv.String())
	e := p[0].engine(t, "span")
	_, err := e.Load(t.Context(), openLog(t, noOptions, path), LoadOptions{})
	require.NoError(t, err)
	for _, span := range []bool{false, true} {
		for _, bucket := range []func(*beacon.Query){func(*beacon.Query) {}, func(q *beacon.Query) { q.Bucket, q.Cycle, q.Slots = 7e9, 7e11, 50 }} {
			q := everyMinute()
			q.Span, q.Slots, q.Want = span, 30, flow.All
			bucket(&q)
			want := comparable(arrow(t, path, q))
			found, err := e.Find(t.Context(), q)
			require.NoError(t, err)
			require.Equal(t, want, comparable(found))
			require.NotEmpty(t, found.List)
		}
	}
}
