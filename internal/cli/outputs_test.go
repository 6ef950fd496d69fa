package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/cli"
	"beacon/internal/report/machine"
)

// TestSharedOutputs asks for the cases of outputs in every format: the beacon, the
// rotation with each of its addresses, and the name that --names gives.
func TestSharedOutputs(t *testing.T) {
	shared := os.Getenv("BEACON_SHARED")
	if shared == "" {
		t.Skip("BEACON_SHARED is not set")
	}
	in := func(name string) string { return filepath.Join(shared, "cases", "outputs", name) }
	for _, o := range machine.Outputs() {
		ask := func(args ...string) string {
			var stdout, stderr bytes.Buffer
			args = append([]string{"detect", "-q", "--rule", "rhythm", "-f", o.Name}, args...)
			require.Zero(t, cli.Main(args, strings.NewReader(""), &stdout, &stderr), "%s", &stderr)
			return stdout.String()
		}
		alone, rotation := ask("--names", in("rhythm-names.csv"), in("rhythm-outputs.csv")), ask(in("rotation.csv"))
		if o.Name == "csv" { // the sources alone
			require.Equal(t, "ip\n10.1.0.5\n", alone)
			require.Equal(t, "ip\n10.0.0.5\n", rotation)
			continue
		}
		if o.Name == "parquet" { // compressed: package machine reads it back
			continue
		}
		require.Contains(t, alone, "192.0.2.7", o.Name)
		require.Contains(t, alone, "c2.example.com", o.Name)
		require.Contains(t, alone, "beacon", o.Name)
		for _, host := range strings.Fields("10 14 18 22 26 30 34 38 42 46") {
			require.Contains(t, rotation, "203.0.113."+host, o.Name)
		}
	}
}
