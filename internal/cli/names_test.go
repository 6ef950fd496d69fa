package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/cli"
	"beacon/internal/simulate"
)

// namedFinding is what these tests read of a finding.
type namedFinding struct {
	Verdict, Explanation string
	Destinations         []struct {
		IP, Name  string
		Addresses []string
		Labels    int
	}
	Calls int
}

// detectNames runs detect by the rhythm rule and returns the findings.
func detectNames(t *testing.T, args ...string) (list []namedFinding) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	require.Zero(t, cli.Main(append([]string{"detect", "-q", "--rule", "rhythm", "-f", "json"}, args...), strings.NewReader(""), &stdout, &stderr), "%s", &stderr)
	require.NoError(t, json.Unmarshal(stdout.Bytes(), &list))
	return list[1:]
}

// TestNamesAmongBackground looks for C2 behind a content delivery network, and for C2 that
// only asks for random names, in days of people who use the same network: each is one
// finding, by its name or domain, and nothing else is a beacon.
func TestNamesAmongBackground(t *testing.T) {
	for seed := range uint64(3) {
		cfg := simulate.DefaultBeacons()
		cfg.Seed, cfg.Hosts, cfg.Beacons = seed+1, 30, 8
		cfg.Kinds = []string{"cdn-5", "cdn-20", "cdn-100", "dns-labels"}
		path := filepath.Join(t.TempDir(), "names.csv")
		f, err := os.Create(path)
		require.NoError(t, err)
		truth, err := simulate.WriteBeacons(cfg, simulate.NewCSVWriter(f, true))
		require.NoError(t, err)
		require.NoError(t, f.Close())
		planted := map[string]simulate.Rhythmic{}
		for _, r := range truth {
			if r.Beacon > 0 {
				planted[r.Name] = r
			}
		}
		require.Len(t, planted, cfg.Beacons)
		for _, f := range detectNames(t, path) {
			for _, d := range f.Destinations {
				if r, ok := planted[d.Name]; ok {
					require.Equal(t, "beacon", f.Verdict, r.Kind)
					require.Len(t, f.Destinations, 1, r.Kind)
					if r.Kind == "dns-labels" {
						require.Equal(t, r.Rows, d.Labels)
					} else {
						require.NotEmpty(t, d.Addresses, r.Kind)
					}
					delete(planted, d.Name)
					continue
				}
				require.NotEqual(t, "beacon", f.Verdict, "%s%s", d.IP, d.Name)
			}
		}
		require.Empty(t, planted)
	}
}
