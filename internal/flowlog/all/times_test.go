package all

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"
)

// Small logs with a known right answer, read where they stand: BEACON_SHARED names
// the folder that holds them.
var readCases = []struct {
	file   string
	format string // --time-format
	rows   int    // flows, 0 where the log is refused
	first  string // the first: time, source, destination, ports, protocol, bytes
	err    string // the error, or its hint
}{
	{file: "times/time-kibana.csv", rows: 61, first: "2024-06-15T00:00:01Z 10.0.0.5 203.0.113.7 0 0 0 0"},
	{file: "times/time-us-am-pm.csv", rows: 61, first: "2024-06-15T00:00:01Z 10.0.0.5 203.0.113.7 0 0 0 0"},
	{file: "times/time-no-seconds.csv", rows: 61, first: "2024-06-15T00:00:00Z 10.0.0.5 203.0.113.7 0 0 0 0"},
	{file: "times/time-comma-millis.csv", rows: 61, first: "2024-06-15T00:00:01.403Z 10.0.0.5 203.0.113.7 0 0 0 0"},
	{file: "times/time-day-first.csv", err: "--time-format '%d/%m/%Y %H:%M:%S'"},
	{file: "times/time-day-first.csv", format: "%d/%m/%Y %H:%M:%S", rows: 61, first: "2024-06-15T00:00:01Z 10.0.0.5 203.0.113.7 0 0 0 0"},
	{file: "times/time-day-first.csv", format: "02/01/2006 15:04:05", rows: 61, first: "2024-06-15T00:00:01Z 10.0.0.5 203.0.113.7 0 0 0 0"},
	{file: "times/time-excel-serial.csv", rows: 61, first: "2024-06-15T00:00:01Z 10.0.0.5 203.0.113.7 0 0 0 0"},
	{file: "times/time-excel-rounded-ms.csv", err: "a spreadsheet has rounded"},
	{file: "formats/w02_aws_v5_no_header.log", rows: 61, first: "2020-06-21T00:00:02Z 10.0.0.5 203.0.113.9 50000 443 6 1200"},
	{file: "formats/w04_unsw_raw.csv", rows: 61, first: "2020-06-21T00:00:02Z 10.0.0.5 203.0.113.9 50000 443 6 0"},
	{file: "formats/w06_ocsf_mixed_units.json", rows: 3, first: "2020-06-21T00:00:02.892Z 10.0.0.5 203.0.113.9 0 443 0 0"},
	{file: "formats/w08_reporter_host.csv", rows: 61, first: "2020-06-21T00:00:02Z 10.0.0.5 203.0.113.9 0 443 0 0"},
	{file: "formats/w12_date_as_seconds.csv", err: "without a time of day"},
	{file: "formats/w12_date_as_seconds.csv", format: "compact", rows: 2, first: "2020-06-21T00:00:00Z 10.0.0.5 203.0.113.9 0 443 0 0"},
	{file: "formats/w13_filetime.csv", rows: 2, first: "2020-06-21T00:00:02.892Z 10.0.0.5 203.0.113.9 0 443 0 0"},
	{file: "formats/m14_kibana_export.csv", rows: 3, first: "2020-06-21T00:00:02.892Z 10.0.0.5 203.0.113.9 50000 443 0 1200"},
	{file: "formats/m25_source_destination.csv", rows: 3, first: "2020-06-21T00:00:02Z 10.0.0.5 203.0.113.9 0 443 0 0"},
	{file: "formats/m26_datetime_column.csv", rows: 3, first: "2020-06-21T00:00:02Z 10.0.0.5 203.0.113.9 0 443 0 0"},
	{file: "formats/m27_date_and_time.csv", rows: 3, first: "2020-06-21T00:00:02Z 10.0.0.5 203.0.113.9 0 443 0 0"},
	{file: "formats/m29_space_before_offset.csv", rows: 3, first: "2020-06-20T22:00:02Z 10.0.0.5 203.0.113.9 0 443 0 0"},
	{file: "formats/m37_headerless_5tuple.csv", rows: 3, first: "2020-06-21T00:00:02Z 10.0.0.5 203.0.113.9 50000 443 6 1200"},
	{file: "formats/a02_bad_port_counted.json", rows: 2, first: "2020-06-21T00:00:02.1Z 10.0.0.5 203.0.113.9 0 443 6 0"},
	{file: "formats/a04_zeek_rows_grepped.tsv", rows: 3, first: "2020-06-21T00:00:02.892702Z 10.0.0.5 203.0.113.9 50000 443 6 1200"},
	{file: "odd/bytes-scaled.csv", rows: 120, first: "2024-06-15T00:00:01Z 10.0.0.5 203.0.113.7 0 443 0 0"},
	{file: "odd/port-name.csv", rows: 120, first: "2024-06-15T00:00:01Z 10.0.0.5 203.0.113.7 0 0 0 500"},
}

func TestTimesAndCells(t *testing.T) {
	shared := os.Getenv("BEACON_SHARED")
	if shared == "" {
		t.Skip("BEACON_SHARED names no folder")
	}
	for _, c := range readCases {
		t.Run(c.file+c.format, func(t *testing.T) {
			opt := flowlog.Options{TimeFormat: c.format, Now: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)}
			flows, report, err := logtest.ReadFlows(filepath.Join(shared, "cases", c.file), opt, flow.All, 2)
			if c.err != "" {
				var input *flowlog.InputError
				require.ErrorAs(t, err, &input)
				require.Contains(t, err.Error()+" "+input.Hint, c.err)
				return
			}
			require.NoError(t, err)
			require.EqualValues(t, c.rows, report.Rows())
			require.Equal(t, c.first, firstFlow(t, flows))
			require.Zero(t, report.Inputs[0].BadRows)
		})
	}
}

// firstFlow returns the first flow of logtest.ReadFlows with its time for people.
func firstFlow(t *testing.T, flows string) string {
	fields := strings.Split(strings.SplitN(flows, "\n", 2)[0], "\t")
	ns, err := time.ParseDuration(fields[0] + "ns")
	require.NoError(t, err)
	return time.Unix(0, int64(ns)).UTC().Format(time.RFC3339Nano) + " " + strings.Join(fields[1:7], " ")
}

// CICFlowMeter's durations are in seconds or in microseconds, by version.
func TestCICDurations(t *testing.T) {
	const names = "src_ip,dst_ip,src_port,dst_port,protocol,timestamp,flow_duration,flow_pkts_s,tot_fwd_pkts,tot_bwd_pkts\n"
	for _, cell := range []string{"120.0", "120000000"} {
		text := names + "10.0.0.5,203.0.113.9,50000,443,6,2020-06-21 00:00:02," + cell + ",0.1,6,6\n"
		flows, _, err := logtest.ReadFlows(logtest.WriteFile(t, "log", []byte(text)), flowlog.Options{}, flow.All, 1)
		require.NoError(t, err)
		require.Contains(t, flows, "\t120000000000\t", cell)
	}
}

// A time that is not plausible is counted, and told with its record.
func TestOddTimes(t *testing.T) {
	path := logtest.WriteFile(t, "log.csv", []byte("timestamp,src_ip,dst_ip\n2024-06-15 00:00:05,10.0.0.5,203.0.113.7\n2042-07-14 03:04:00,10.0.0.5,198.51.100.9\n1989-12-31 23:59:59,10.0.0.6,203.0.113.7\n"))
	opt := flowlog.Options{Now: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)}
	_, report, err := logtest.ReadFlows(path, opt, flow.Base, 2)
	require.NoError(t, err)
	require.EqualValues(t, 3, report.Rows())
	require.EqualValues(t, 2, report.Inputs[0].OddTimes)
	require.Len(t, report.Doubts, 2)
	require.Equal(t, "2042-07-14T03:04:00Z, 10.0.0.5 to 198.51.100.9", report.Doubts[0].Text)
}

// A table without a header is read by what its values are, or not at all.
func TestHeaderless(t *testing.T) {
	for _, c := range []struct {
		name, line string
		first      string // what the first line is read as
		err        string
	}{
		{"account id before the time", "123456789012 {t} 10.0.0.5 203.0.113.9", "2020-06-21T00:00:02Z 10.0.0.5 203.0.113.9 0 0 0 0", ""},
		{"duration before the time", "10.0.0.5,50000,203.0.113.9,443,udp,0.25,{t}.5", "2020-06-21T00:00:02.5Z 10.0.0.5 203.0.113.9 50000 443 17 0", ""},
		{"addresses, then ports", "{t},10.0.0.5,203.0.113.9,50000,443,6,10,1200", "2020-06-21T00:00:02Z 10.0.0.5 203.0.113.9 50000 443 6 1200", ""},
		{"port and bytes", "{t}000,10.0.0.5,203.0.113.9,443,302", "2020-06-21T00:00:02Z 10.0.0.5 203.0.113.9 0 443 0 302", ""},
		{"no port", "{t},10.0.0.5,100000,203.0.113.9,200000", "2020-06-21T00:00:02Z 10.0.0.5 203.0.113.9 0 0 0 0", ""},
		{"no time", "7,10.0.0.5,50000,203.0.113.9,443,tcp", "", "--map timestamp=COLUMN --map src_ip=2 --map dst_ip=4"},
		{"four addresses", "{t},10.0.0.5,192.0.2.1,203.0.113.9,203.0.113.1", "", "--map timestamp=1 --map src_ip=4 --map dst_ip=5"},
		{"two times", "{u},10.0.0.5,203.0.113.9,{t}", "", "--map timestamp=4 --map src_ip=2 --map dst_ip=3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var text strings.Builder
			for i := range 40 {
				text.WriteString(strings.NewReplacer("{t}", strconv.Itoa(1592697602+60*i), "{u}", strconv.Itoa(1592697602+100*(i%2)+60*i)).Replace(c.line) + "\n")
			}
			flows, _, err := logtest.ReadFlows(logtest.WriteFile(t, "log", []byte(text.String())), flowlog.Options{}, flow.All, 1)
			if c.err != "" {
				var input *flowlog.InputError
				require.ErrorAs(t, err, &input)
				require.Contains(t, input.Hint, c.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.first, firstFlow(t, flows))
		})
	}
}
