package cli_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/cli"
)

var rotations = flag.Int("rotations", 16, "changes of logs while they are read")

// rotatedFlows is the number of flows of each log that TestRotation reads.
const rotatedFlows = 60_000

// rotationChanges are what may happen to a log while it is read. next is another log.
var rotationChanges = map[string]func(path string, next []byte) error{
	"another renamed over it": func(path string, next []byte) error {
		if err := os.WriteFile(path+".new", next, 0o600); err != nil {
			return err
		}
		return os.Rename(path+".new", path)
	},
	"removed": func(path string, _ []byte) error { return os.Remove(path) },
	"renamed away and begun anew": func(path string, next []byte) error {
		if err := os.Rename(path, path+".1"); err != nil {
			return err
		}
		return os.WriteFile(path, next, 0o600)
	},
	"copied away and truncated": func(path string, _ []byte) error { return os.Truncate(path, 0) },
	"cut short":                 func(path string, next []byte) error { return os.Truncate(path, int64(len(next)/2)) },
	"truncated and grown again": func(path string, next []byte) error { return os.WriteFile(path, slices.Concat(next, next), 0o600) },
	"rewritten":                 func(path string, next []byte) error { return os.WriteFile(path, next, 0o600) },
	"appended to": func(path string, next []byte) error {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = f.Write(next)
		return err
	},
}

// TestRotation changes a log at moments all over its reading, in every way that a rotation
// may: the answer is that of one log, whole, or there is an error or a warning with its name,
// never a mixture of two.
func TestRotation(t *testing.T) {
	dir := t.TempDir()
	write := func(name, destination string) string {
		path := filepath.Join(dir, name)
		f, err := os.Create(path)
		require.NoError(t, err)
		w := bufio.NewWriter(f)
		fmt.Fprintln(w, "timestamp,src_ip,dst_ip,dst_port,bytes")
		for i := range rotatedFlows {
			fmt.Fprintf(w, "%d,10.0.0.%d,%s,443,%d\n", 1577836800+i, i%200, destination, i%1000)
		}
		require.NoError(t, w.Flush())
		require.NoError(t, f.Close())
		return path
	}
	first, second := write("first.csv", "192.0.2.1"), write("second.csv", "192.0.2.2")
	changes := slices.Sorted(maps.Keys(rotationChanges))
	formats := []string{"csv", "ndjson", "parquet", "arrow"}
	done := map[string]int{}
	runs := *rotations
	if testing.Short() {
		runs = min(runs, len(changes))
	}
	for i := range runs {
		format, change := formats[i/len(changes)%len(formats)], changes[i%len(changes)]
		before, next := converted(t, first, format), converted(t, second, format)
		path := filepath.Join(dir, "log")
		rule := []string{"every-minute", "every-minute,rhythm"}[i%2]
		require.NoError(t, os.WriteFile(path, before, 0o600))
		begin := time.Now()
		_, flows, stderr := flowsByDestination(path, rule)
		length := time.Since(begin)
		require.Equal(t, map[string]int{"192.0.2.1": rotatedFlows}, flows, stderr)
		after := time.Duration(rand.Int64N(int64(length) * 5 / 4))
		changed := make(chan error)
		go func() {
			time.Sleep(after)
			changed <- rotationChanges[change](path, next)
		}()
		status, flows, stderr := flowsByDestination(path, rule)
		require.NoError(t, <-changed)
		what := fmt.Sprintf("%s, %s, %s, after %s of %s: status %d, %v\n%s", format, rule, change, after, length, status, flows, stderr)
		done[rotationOutcome(t, what, change, status, flows, stderr)]++
		os.Remove(path + ".1")
	}
	t.Logf("%d changes: %v", runs, done)
}

// rotationOutcome checks what a reading came to.
func rotationOutcome(t *testing.T, what, change string, status int, flows map[string]int, stderr string) string {
	a, b := flows["192.0.2.1"], flows["192.0.2.2"]
	warned := strings.Contains(stderr, "while it was read")
	switch {
	case status != 0:
		require.Equal(t, 1, status, what)
		require.Contains(t, stderr, "log: ", what)
		return "errors"
	case change == "appended to" && a == rotatedFlows: // opened before, or after
		require.True(t, b == 0 || b == rotatedFlows || warned, what)
	case change == "truncated and grown again" && a == 0 && b == 2*rotatedFlows: // before it was opened
	default:
		require.True(t, a == 0 || b == 0, "a mixture: %s", what)
		require.True(t, a+b == rotatedFlows || warned, "a part in silence: %s", what)
	}
	if warned {
		return "warnings"
	}
	return "whole"
}

// converted returns a log in another format.
func converted(t *testing.T, path, format string) []byte {
	out := strings.TrimSuffix(path, ".csv") + "." + format
	if _, err := os.Stat(out); err != nil {
		var stderr bytes.Buffer
		require.Zero(t, cli.Main([]string{"convert", "-q", path, "-o", out}, nil, &stderr, &stderr), &stderr)
	}
	text, err := os.ReadFile(out)
	require.NoError(t, err)
	return text
}

// flowsByDestination returns the flows to each destination that is flagged.
func flowsByDestination(path, rule string) (status int, flows map[string]int, stderr string) {
	var out, messages bytes.Buffer
	status = cli.Main([]string{"detect", "-q", "--internal", "10.0.0.0/8", "--rule", rule, "-f", "ndjson", path}, nil, &out, &messages)
	flows = map[string]int{}
	for line := range strings.Lines(out.String()) {
		var f struct {
			Scope        string
			Destinations []struct{ IP string }
			Flows        int
		}
		if json.Unmarshal([]byte(line), &f) == nil && f.Scope == "destination" {
			flows[f.Destinations[0].IP] = f.Flows
		}
	}
	return status, flows, messages.String()
}
