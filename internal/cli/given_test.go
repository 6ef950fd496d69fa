package cli_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/cli"
)

// givenLog is a log with a known right answer. What is left out is that 10.0.0.5 calls
// 203.0.113.9 at port 443 once a minute from 2020-06-21 00:00:02 UTC, three times.
type givenLog struct {
	file    string
	format  string // as inspect names it
	refused string // the error, where the log is not read
	hint    string
	warned  string // of the warning, where there is one
	rows    int
	times   []string // of the flows, where they are not steps from the first
	first   string
	step    time.Duration
	dst     string
	port    string // "0" where the log has none
	bytes   string // of the first flow, "" not compared
	last    string // duration of the first flow, "" not compared
	name    string // of the destination
	args    []string
	anyTime bool     // out of order, at the second of each minute
	ends    []string // source and destination by row, where they change
}

var givenLogs = []givenLog{
	{file: "a01_json_names_unknown.json", format: "sysmon", port: "0"},
	{file: "a02_bad_port_counted.json", format: "zeek-json", rows: 2, first: "2020-06-21 00:00:02.1", step: 100 * time.Millisecond, warned: "src_port in 1"},
	{file: "a03_eve_netflow_only.json", format: "eve-netflow", bytes: "300"},
	{file: "a04_zeek_rows_grepped.tsv", format: "zeek", first: "2020-06-21 00:00:02.892702", bytes: "1200", last: "1.500000"},
	{file: "a05_tshark_hint_tunnel.csv", refused: "several values in one field", hint: "-E occurrence=f"},
	{file: "elasticdump.json", format: "ecs", rows: 12, first: "2024-06-15 00:00:01", dst: "203.0.113.7"},
	{file: "eve-netflow.json", format: "eve-netflow", rows: 12, first: "2024-06-15 00:00:01", dst: "203.0.113.7", bytes: "500", last: "1.000000"},
	{file: "fortigate.log", format: "fortigate", rows: 2, first: "2020-06-21 08:11:00", ends: []string{"10.0.0.5 192.0.2.7", "10.0.0.6 192.0.2.7"}, bytes: "520", last: "60.000000"},
	{file: "m01_zeek_scope_sep.log", format: "zeek", rows: 1, first: "2020-06-21 00:00:02.892702"},
	{file: "m02_zeek_conn_long.log", format: "zeek-open", rows: 1, first: "2020-06-21 00:00:02.892702"},
	{file: "m03_zeek_http_stream.json", format: "zeek-json", rows: 1, port: "80", first: "2020-06-21 00:00:02.500000", name: "a.example"},
	{file: "m04_fortigate.log", format: "fortigate", bytes: "1200", last: "5.000000"},
	{file: "m05_cisco_asa.log", format: "cisco-asa", bytes: "1200", last: "30.000000"},
	{file: "m06_panos_traffic.csv", format: "panos", bytes: "1200", last: "5.000000"},
	{file: "m08_ufw.log", format: "netfilter", first: "2024-06-21 00:00:02"},
	{file: "m09_squid_access.log", format: "squid", first: "2020-06-21 00:00:02.769", last: "0.123000", name: "a.example"},
	{file: "m10_proxy_w3c.log", format: "w3c", bytes: "1200", name: "a.example"},
	{file: "m11_cef.log", format: "cef", bytes: "1200"},
	{file: "m13_defender_network_events.csv", format: "defender", first: "2020-06-21 00:00:02.892", name: "a.example"},
	{file: "m14_kibana_export.csv", format: "csv", first: "2020-06-21 00:00:02.892", bytes: "1200"},
	{file: "m15_elastic_source_wrapped.ndjson", format: "ecs", bytes: "1200"},
	{file: "m16_elastic_hits.json", format: "ecs", bytes: "1200"},
	{file: "m17_splunk_result.json", format: "json"},
	{file: "m18_sysmon_event3.csv", format: "sysmon", first: "2020-06-21 00:00:02.892"},
	{file: "m20_netflow9_late_template.pcap", format: "netflow-pcap", rows: 12, anyTime: true, warned: "came before their template"},
	{file: "m21_pmacct.json", format: "pmacct", first: "2020-06-21 00:00:02.892702", bytes: "1200"},
	{file: "m23_nfstream.csv", format: "nfstream", first: "2020-06-21 00:00:02.892", bytes: "1200", last: "5.000000"},
	{file: "m25_source_destination.csv", format: "csv"},
	{file: "m26_datetime_column.csv", format: "csv"},
	{file: "m27_date_and_time.csv", format: "csv"},
	{file: "m29_space_before_offset.csv", format: "csv", first: "2020-06-20 22:00:02"},
	{file: "m30_utf16.csv", format: "csv"},
	{file: "m31_comments_first.csv", format: "csv"},
	{file: "m32_tshark_ek.json", format: "tshark", first: "2020-06-21 00:00:02.892"},
	{file: "m34_cloudwatch_events.json", format: "aws-vpc", bytes: "1200", last: "5.000000"},
	{file: "m35_loganalytics_tables.json", format: "json", port: "0"},
	{file: "m37_headerless_5tuple.csv", format: "csv", bytes: "1200"},
	{file: "m41_decimal.parquet", format: "parquet", rows: 200, first: "2020-06-21 00:00:02.892702", bytes: "1200"},
	{file: "pmacct.json", format: "pmacct", rows: 12, first: "2024-06-15 00:00:01", dst: "203.0.113.7", bytes: "500"},
	{file: "polars-stringview.arrow", format: "arrow", ends: []string{"10.0.0.1 192.0.2.7", "10.0.0.1 192.0.2.7", "10.0.0.2 198.51.100.9"}, first: "2024-05-06 00:00:01", bytes: "10"},
	{file: "splunk-export.json", format: "json", rows: 12, first: "2024-06-15 00:00:01", dst: "203.0.113.7"},
	{file: "w01_pfsense_filter.log", format: "filterlog", rows: 61, first: "2024-06-21 00:00:02"},
	{file: "w01_pfsense_filter.log", format: "filterlog", rows: 61, first: "2019-06-21 00:00:02", args: []string{"--year", "2019"}},
	{file: "w02_aws_v5_no_header.log", format: "aws-vpc", rows: 61, bytes: "1200", last: "5.000000"},
	{file: "w04_unsw_raw.csv", format: "csv", rows: 61},
	{file: "w06_ocsf_mixed_units.json", format: "ocsf", times: []string{"2020-06-21 00:00:02.892", "2020-06-21 00:01:02", "2020-06-21 00:02:02.5"}},
	{file: "w07_cicflowmeter_seconds.csv", format: "cicflowmeter", rows: 1, last: "120.000000"},
	{file: "w08_reporter_host.csv", format: "csv", rows: 61},
	{file: "w09_aws_second_header.log", format: "aws-vpc", rows: 2},
	{file: "w11_packetbeat_interim.ndjson", format: "packetbeat", rows: 1, bytes: "4800", last: "40.000000"},
	{file: "w12_date_as_seconds.csv", refused: "without a time of day", hint: "--time-format compact"},
	{file: "w13_filetime.csv", format: "csv", rows: 2, first: "2020-06-21 00:00:02.892"},
	{file: "w15_wireshark_relative.csv", refused: "relative to the beginning of the capture", hint: "UTC Date and Time of Day"},
	{file: "w18_vxlan_mirror.pcap", format: "pcap", rows: 20, warned: "VXLAN"},
	{file: "w19_sflow.pcap", format: "sflow-pcap", rows: 10, warned: "sampled by sFlow, one of every 1,000"},
}

// TestGivenLogs holds the reading of the given logs, one of each kind, to what is known
// of them: convert's flows, and the format's name that inspect gives.
func TestGivenLogs(t *testing.T) {
	shared := os.Getenv("BEACON_SHARED")
	if shared == "" {
		t.Skip("BEACON_SHARED is not set")
	}
	folder := filepath.Join(shared, "cases", "formats")
	known := map[string]bool{}
	for _, g := range givenLogs {
		known[g.file] = true
		t.Run(g.file, func(t *testing.T) {
			g.check(t, filepath.Join(folder, g.file))
		})
	}
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	for _, f := range files {
		require.True(t, known[f.Name()], "%s is not in the table", f.Name())
	}
}

func (g *givenLog) check(t *testing.T, path string) {
	var stdout, stderr bytes.Buffer
	status := cli.Main(append([]string{"convert", path, "--now=2024-12-01", "-f", "csv", "-o", "-"}, g.args...), strings.NewReader(""), &stdout, &stderr)
	if g.refused != "" {
		require.NotZero(t, status)
		require.Contains(t, stderr.String(), g.refused)
		require.Contains(t, stderr.String(), g.hint)
		return
	}
	require.Zero(t, status, "%s", &stderr)
	if g.warned == "" {
		require.NotContains(t, stderr.String(), "warning")
	}
	require.Contains(t, stderr.String(), g.warned)
	rows, err := csv.NewReader(&stdout).ReadAll()
	require.NoError(t, err)
	g.checkFlows(t, rows[1:])

	stdout.Reset()
	require.Zero(t, cli.Main([]string{"inspect", path}, strings.NewReader(""), &stdout, &stderr), "%s", &stderr)
	require.Regexp(t, `format +`+g.format+`\b`, stdout.String())
}

func (g *givenLog) checkFlows(t *testing.T, rows [][]string) {
	or := func(text, other string) string {
		if text == "" {
			return other
		}
		return text
	}
	first, err := time.Parse("2006-01-02 15:04:05", or(g.first, "2020-06-21 00:00:02"))
	require.NoError(t, err)
	step, count := g.step, g.rows
	if step == 0 {
		step = time.Minute
	}
	if count == 0 {
		count = 3
	}
	require.Len(t, rows, count)
	for i, row := range rows {
		at := first.Add(time.Duration(i) * step)
		if g.times != nil {
			at, err = time.Parse("2006-01-02 15:04:05", g.times[i])
			require.NoError(t, err)
		}
		if g.anyTime {
			require.Regexp(t, `^2020-06-21 00:\d\d:01`, row[0])
		} else {
			require.Equal(t, at.Format("2006-01-02 15:04:05.000000"), row[0])
		}
		ends := "10.0.0.5 " + or(g.dst, "203.0.113.9")
		if g.ends != nil {
			ends = g.ends[i]
		}
		require.Equal(t, ends, row[1]+" "+row[2])
		require.Equal(t, or(g.port, "443"), row[4])
		require.Equal(t, g.name, row[9])
	}
	if g.bytes != "" {
		require.Equal(t, g.bytes, rows[0][6])
	}
	if g.last != "" {
		require.Equal(t, g.last, rows[0][8])
	}
}
