package all

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/stretchr/testify/require"
)

// Real logs, read where they stand: BEACON_SHARED names the folder that holds
// them. What is in them is in its PROVENANCE.md.
var corpus = []struct {
	file, want string
	err        string
}{
	{file: "zeek-tsv/vast-conn.log.gz", want: "zeek rows 8462 other 0 bad 0\n"},
	{file: "zeek-tsv/vast-m57-conn.log.gz", want: "zeek rows 23 other 0 bad 0\n"},
	{file: "zeek-json/vast-zeek.json", want: "zeek-json rows 2 other 32 bad 0\n"},
	{file: "suricata-eve/vast-eve.json", want: "eve rows 3 other 4 bad 0\n"},
	{file: "suricata-eve/vast-m57-eve.json.gz", want: "eve rows 21 other 1162 bad 0\n"},
	{file: "nfdump/m57-nfdump-1.7.1-legacy.csv", want: "nfdump rows 79 other 0 bad 0\n"},
	{file: "nfdump/m57-nfdump-1.7.8.csv", want: "nfdump rows 78 other 0 bad 0\n"},
	{file: "nfdump/m57-nfdump-1.7.8-csv-fast.csv", want: "nfdump rows 78 other 0 bad 0\n"},
	{file: "nfdump/m57-nfdump-1.7.8.json", want: "nfdump-json rows 78 other 0 bad 0\n"},
	{file: "nfdump/m57-nfdump-1.7.8.ndjson", want: "nfdump-json rows 78 other 0 bad 0\n"},
	{file: "nfdump/m57-nfdump-1.7.8-line.txt", err: "nfdump's output for people"},
	{file: "argus/m57-ra-default-time.csv", err: "times of day without their date"},
	{file: "argus/m57-ra-epoch.csv", want: "argus rows 233 other 0 bad 0\n"},
	{file: "argus/vast-argus-M57-10k-pkts.csv.gz", want: "argus rows 1786 other 1203 bad 0\n"},
	{file: "binetflow/ctu13-style.binetflow", want: "argus rows 233 other 0 bad 0\n"},
	{file: "pcap/vast-example.pcap.gz", want: "pcap rows 1000 other 0 bad 0\n"},
	{file: "pcap/vast-example.pcapng.gz", want: "pcapng rows 1000 other 0 bad 0\n"},
	{file: "pcap/vast-vlan.pcap.gz", want: "pcapng rows 1000 other 0 bad 0\n"},
	{file: "nfcapd/m57-nfdump-1.7.1.nfcapd", err: "an nfcapd file of nfdump"},
	{file: "nfcapd/m57-nfdump-1.7.8.nfcapd", err: "an nfcapd file of nfdump"},
	{file: "goflow2/readme-sample.json", want: "goflow2 rows 1 other 0 bad 0\n"},
}

func TestCorpus(t *testing.T) {
	shared := os.Getenv("BEACON_SHARED")
	if shared == "" {
		t.Skip("BEACON_SHARED names no folder")
	}
	for _, c := range corpus {
		t.Run(c.file, func(t *testing.T) {
			for _, columns := range []flow.Column{flow.Base, flow.All} {
				_, report, err := logtest.ReadFlows(filepath.Join(shared, "corpus", c.file), flowlog.Options{Now: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)}, columns, 2)
				if c.err != "" {
					require.ErrorContains(t, err, c.err)
					continue
				}
				require.NoError(t, err)
				require.Equal(t, c.want, logtest.Counts(report))
			}
		})
	}
}
