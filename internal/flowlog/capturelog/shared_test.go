package capturelog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/stretchr/testify/require"
)

// Small captures with a known right answer, read where they stand: BEACON_SHARED names
// the folder that holds them.
func TestSharedCaptures(t *testing.T) {
	shared := os.Getenv("BEACON_SHARED")
	if shared == "" {
		t.Skip("BEACON_SHARED names no folder")
	}
	for _, c := range []struct {
		file   string
		rows   int
		format string
		flow   string // that each row is, after its time
		note   string
	}{
		{"m20_netflow9_late_template.pcap", 12, "netflow-pcap", "10.0.0.5\t203.0.113.9\t0\t443\t6\t1200", "sets of NetFlow records that came before their template, and were read when it came: 7"},
		{"w18_vxlan_mirror.pcap", 20, "pcap", "10.0.0.5\t203.0.113.9\t50000\t443\t6\t40", "packets read from inside tunnels (VXLAN); --outer reads the tunnels' own packets: 20"},
		{"w19_sflow.pcap", 10, "sflow-pcap", "10.0.0.5\t203.0.113.9\t50000\t443\t6\t40", "flows that are packets sampled by sFlow, one of every 1,000: 10"},
	} {
		t.Run(c.file, func(t *testing.T) {
			flows, report, err := logtest.ReadFlows(filepath.Join(shared, "cases", "formats", c.file), flowlog.Options{}, flow.All, 2)
			require.NoError(t, err)
			require.EqualValues(t, c.rows, report.Rows())
			in := report.Inputs[0]
			require.Equal(t, c.format, in.Input.Format.Name)
			require.Zero(t, in.BadRows)
			require.Equal(t, []string{c.note}, flowlog.NoteTexts(in.Notes))
			for line := range strings.Lines(flows) {
				require.Contains(t, line, c.flow)
			}
		})
	}
}
