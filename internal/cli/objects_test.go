package cli

import (
	"bytes"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/stretchr/testify/require"
)

// store is an object store on loopback.
type store struct {
	backend        *s3mem.Backend
	handler        http.Handler
	url            string
	requests, sent atomic.Int64 // requests, and bytes of the answers
}

// ServeHTTP implements http.Handler.
func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.requests.Add(1)
	s.handler.ServeHTTP(sentBytes{w, &s.sent}, r)
}

// sentBytes counts the bytes of an answer.
type sentBytes struct {
	http.ResponseWriter
	sent *atomic.Int64
}

func (w sentBytes) Write(p []byte) (int, error) {
	w.sent.Add(int64(len(p)))
	return w.ResponseWriter.Write(p)
}

// newStore starts a store with a bucket logs, and sets what of the environment leads there.
func newStore(t testing.TB) *store {
	t.Setenv("HOME", t.TempDir())
	s := &store{backend: s3mem.New()}
	s.handler = gofakes3.New(s.backend).Server()
	require.NoError(t, s.backend.CreateBucket("logs"))
	server := httptest.NewUnstartedServer(s)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // gofakes3 writes some headers twice
	server.StartTLS()
	t.Cleanup(server.Close)
	s.url = server.URL
	authority := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_CA_BUNDLE": authority, "HTTP_PROXY": server.URL, "HTTPS_PROXY": server.URL, "ALL_PROXY": server.URL,
		"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "very secret", "AWS_REGION": "", "AWS_PROFILE": "",
	} {
		t.Setenv(name, value)
	}
	return s
}

// BenchmarkObjects compares a log in a store with the same log on disk: the time, and of the
// store its requests and how much of the object it sends.
func BenchmarkObjects(b *testing.B) {
	store := newStore(b)
	dir := b.TempDir()
	run := func(args ...string) string {
		var out, err bytes.Buffer
		require.Zero(b, Main(args, strings.NewReader(""), &out, &err), err.String())
		return out.String()
	}
	file := filepath.Join(dir, "flows.parquet")
	run("simulate", "office", "--scale", "0.25", "-o", file)
	for _, name := range []string{"flows.parquet", "flows.arrow", "flows.csv"} {
		file := filepath.Join(dir, name)
		if name != "flows.parquet" {
			run("convert", filepath.Join(dir, "flows.parquet"), "-o", file)
		}
		content, err := os.ReadFile(file)
		require.NoError(b, err)
		_, err = store.backend.PutObject("logs", name, map[string]string{"Last-Modified": time.Now().UTC().Format(http.TimeFormat)}, bytes.NewReader(content), int64(len(content)), nil)
		require.NoError(b, err)
		want := ""
		for _, input := range []string{file, "s3://logs/" + name} {
			b.Run(strings.TrimPrefix(input, dir+"/"), func(b *testing.B) {
				store.requests.Store(0)
				store.sent.Store(0)
				for b.Loop() {
					got := run("detect", input, "-q", "-f", "csv")
					require.True(b, want == "" || got == want)
					want = got
				}
				b.ReportMetric(float64(store.requests.Load())/float64(b.N), "requests/op")
				b.ReportMetric(float64(store.sent.Load())/float64(b.N)/1e6, "MB/op")
				b.ReportMetric(float64(len(content))/1e6, "MB-object")
			})
		}
	}
}

// Only a URL of an object store makes beacon ask one.
func TestObjects(t *testing.T) {
	store := newStore(t)
	run := func(args ...string) (string, string) {
		var out, err bytes.Buffer
		require.Zero(t, Main(args, strings.NewReader(""), &out, &err), err.String())
		require.NotContains(t, out.String()+err.String(), "very secret")
		return out.String(), err.String()
	}
	flows := filepath.Join(t.TempDir(), "flows.csv")
	run("simulate", "beacons", "--hosts", "20", "--days", "1", "-o", flows)
	want, _ := run("detect", flows, "-q", "-f", "csv")
	require.Zero(t, store.requests.Load(), "a file needs no store")

	_, said := run("convert", flows, "-o", "s3://logs/day=2024-06-15/flows.parquet")
	require.Contains(t, said, "flows written to s3://logs/day=2024-06-15/flows.parquet as parquet")
	require.Positive(t, store.requests.Load())
	for _, input := range []string{"s3://logs/day=2024-06-15/flows.parquet", "s3://logs/", "s3://logs/*/flows.parquet"} {
		got, _ := run("detect", input, "-q", "-f", "csv")
		require.Equal(t, want, got)
	}
	described, _ := run("inspect", "s3://logs/", "--endpoint", store.url)
	require.Contains(t, described, "s3://logs/day=2024-06-15/flows.parquet")
	run("show", "10.0.0.0/8", "s3://logs/", "-o", "s3://logs/shown/flows.csv")

	// The newest key says which objects may hold the last flows.
	for _, day := range []string{"2024-02-20", "2024-03-03", "2024-03-04"} {
		run("convert", flows, "-o", "s3://logs/last/day="+day+"/flows.csv")
	}
	for _, bound := range [][]string{{"--last", "12h"}, {"--from", "-12h"}} {
		got, said := run(append([]string{"detect", "s3://logs/last/", "-f", "csv"}, bound...)...)
		require.Contains(t, said, "2 of 3 objects are read; by their keys, the others are too old; the newest key is of 2024-03-04")
		require.NotContains(t, said, "all objects are read")
		want, _ := run(append([]string{"detect", flows, "-q", "-f", "csv"}, bound...)...)
		require.Equal(t, want, got)
	}
	_, said = run("detect", "s3://logs/last/", "-f", "csv", "--to", "-1h")
	require.NotContains(t, said, "objects are read")

	// Objects without a flow of their day don't hide the last flows.
	for _, day := range []string{"2024-03-10", "2024-03-11"} {
		none := "time,src,dst\n"
		_, err := store.backend.PutObject("logs", "last/day="+day+"/flows.csv", map[string]string{"Last-Modified": time.Now().UTC().Format(http.TimeFormat)}, strings.NewReader(none), int64(len(none)), nil)
		require.NoError(t, err)
	}
	for _, bound := range [][]string{{"--last", "12h"}, {"--from", "-12h"}} {
		got, said := run(append([]string{"detect", "s3://logs/last/", "-f", "csv"}, bound...)...)
		require.Contains(t, said, "the last flow is much older than the newest key: all objects are read")
		want, _ := run(append([]string{"detect", flows, "-q", "-f", "csv"}, bound...)...)
		require.Equal(t, want, got)
	}

	// Side files can be objects as well.
	side := map[string]string{"names.csv": "ip,name\n192.0.2.1,nobody.example\n", "allowed.txt": "192.0.2.0/24\n", "intel.csv": "192.0.2.1\n"}
	for name, text := range side {
		_, err := store.backend.PutObject("logs", "side/"+name, map[string]string{"Last-Modified": time.Now().UTC().Format(http.TimeFormat)}, strings.NewReader(text), int64(len(text)), nil)
		require.NoError(t, err)
	}
	run("detect", flows, "-q", "-f", "ndjson", "-o", "s3://logs/side/findings.ndjson")
	got, _ := run("detect", flows, "-q", "-f", "csv", "--names", "s3://logs/side/names.csv", "--exclude", "s3://logs/side/allowed.txt",
		"--intel", "s3://logs/side/intel.csv", "--baseline", "s3://logs/side/findings.ndjson")
	require.Equal(t, want, got)
	var out, err bytes.Buffer
	require.Equal(t, statusFailed, Main([]string{"detect", flows, "--names", "s3://logs/side/none.csv"}, strings.NewReader(""), &out, &err))
	require.Contains(t, err.String(), "s3://logs/side/none.csv: no object matches")
	err.Reset()
	require.Equal(t, statusFailed, Main([]string{"detect", flows, "--exclude", "s3://logs/side/"}, strings.NewReader(""), &out, &err))
	require.Contains(t, err.String(), "--exclude s3://logs/side/: the URL names a prefix, not one object")
	err.Reset()
	require.Equal(t, statusUsage, Main([]string{"convert", "s3://logs/shown/flows.csv", "-o", "s3://logs/shown/flows.csv"}, strings.NewReader(""), &out, &err))
	require.Contains(t, err.String(), "would overwrite the input s3://logs/shown/flows.csv")
}
