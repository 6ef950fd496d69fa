package cli_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// networked are the packages that may use the network, each for what its arguments name: a
// table, an object, certificates of either, the address of --metrics.
var networked = []string{"beacon/internal/clickhouse", "beacon/internal/clickhouse/client", "beacon/internal/clickhouse/schema", "beacon/internal/objstore", "beacon/internal/trust", "beacon/internal/watch"}

// networking matches the packages through which Go programs reach a network.
var networking = regexp.MustCompile(`^(net|net/(http|rpc|smtp|textproto)(/.*)?|crypto/tls|log/syslog|golang\.org/x/net/(http2|proxy|websocket)|github\.com/(minio|ClickHouse)/.*|google\.golang\.org/grpc.*)$`)

// What reads logs and judges them can't reach a network: it doesn't import what could.
func TestNetworkImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "beacon/cmd/...", "beacon/internal/...").Output()
	require.NoError(t, err)
	var found []string
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		if slices.ContainsFunc(words[1:], networking.MatchString) {
			found = append(found, words[0])
		}
	}
	require.Equal(t, networked, found)
}

// offline are commands without a URL, in the order in which they are run: later ones read
// what earlier ones wrote. LOG is a log.
var offline = []string{
	"simulate beacons --hosts 5 --beacons 2 --kinds cdn-5,dns-labels --days 1 -o names.csv --truth t.csv",
	"detect LOG --internal 120.0.0.0/8,corp.example --exclude .example.com,multicast --evidence e.ndjson --report r.html --plot p.png -o o.csv",
	"detect names.csv --rule every-minute,rhythm -f ndjson -o old.ndjson",
	"known add old.ndjson --rank 1 --reason backup -o known.toml",
	"detect names.csv --rule rhythm --known known.toml --intel intel.txt --names names.txt --baseline old.ndjson -f stix",
	"inspect names.csv",
	"explain 80.155.115.153 LOG --internal 120.0.0.0/8",
	"show 80.155.115.153 LOG -o shown.csv",
	"convert LOG -o flows.parquet --sort",
	"diff old.ndjson old.ndjson",
	"config",
	"formats",
	"licenses",
	"version",
	"help rhythm",
}

// A command without a URL makes no socket: no look-up of a name, no question whether there
// is a new version. Commands with one show that a socket would be seen.
func TestNoNetwork(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs every command under strace")
	}
	strace, err := exec.LookPath("strace")
	dir := t.TempDir()
	if err == nil {
		err = exec.Command(strace, "-f", "--seccomp-bpf", "-o", "/dev/null", "true").Run()
	}
	if err != nil {
		require.NotEqual(t, "required", os.Getenv("BEACON_STRACE"), "strace is not installed, or may not trace: %v", err)
		t.Skip("strace is not installed, or may not trace")
	}
	self, err := os.Executable()
	require.NoError(t, err)
	sockets := func(command string) (calls, said string, err error) {
		trace := filepath.Join(dir, "trace")
		args := append([]string{"-f", "--seccomp-bpf", "-qq", "-e", "signal=none", "-e", "trace=%network", "-o", trace, self}, strings.Fields(strings.ReplaceAll(command, "LOG", sampleLog(t)))...)
		c := exec.Command(strace, args...)
		c.Dir = dir
		c.Env = append(os.Environ(), "BEACON_TEST_MAIN=1", "XDG_CONFIG_HOME="+dir, "GODEBUG=asyncpreemptoff=1") // strace stops at each signal
		out, err := c.CombinedOutput()
		for line := range strings.Lines(read(t, trace)) {
			if !strings.Contains(line, "???(") { // a thread that has ended while strace asked for its call
				calls += line
			}
		}
		return calls, fmt.Sprintf("%s: %s", command, out), err
	}
	for _, command := range []string{"detect clickhouse://127.0.0.1:9/db/t", "inspect s3://logs/a.csv --endpoint http://127.0.0.1:9 --timeout 1ms"} {
		calls, said, err := sockets(command)
		require.Error(t, err, said)
		require.Contains(t, calls, "socket(", said)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "intel.txt"), []byte("c2.example.com\n203.0.113.9:443\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "names.txt"), []byte("203.0.113.9 c2.example.com\n"), 0o600))
	for _, command := range offline {
		calls, said, err := sockets(command)
		require.NoError(t, err, said)
		require.Empty(t, calls, said)
	}
}
