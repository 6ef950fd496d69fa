package objstore

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/stretchr/testify/require"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	_ "beacon/internal/flowlog/all"
	"beacon/internal/flowlog/stored"
	"beacon/internal/flowlog/write"
)

// fake is a store on loopback that can be told to fail.
type fake struct {
	*Store
	url     string
	backend *s3mem.Backend

	mu       sync.Mutex
	requests int
	sent     int64
	notes    []string
	fault    func(n int, w http.ResponseWriter, r *http.Request) bool // reports whether it has answered request n
	cut      int64                                                    // bytes after which an answer breaks, 0 for never
}

func newFake(t *testing.T) *fake {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "very secret")
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_SESSION_TOKEN"} {
		t.Setenv(name, "")
	}
	backend := s3mem.New()
	require.NoError(t, backend.CreateBucket("logs"))
	handler := gofakes3.New(backend).Server()
	f := &fake{backend: backend}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.requests++
		n, fault, cut := f.requests, f.fault, f.cut
		f.mu.Unlock()
		if fault != nil && fault(n, w, r) {
			return
		}
		if r.Method != http.MethodGet || strings.Count(r.URL.Path, "/") < 2 {
			cut = 0
		}
		handler.ServeHTTP(&cutter{ResponseWriter: w, fake: f, left: cut, cuts: cut > 0}, r)
	}))
	t.Cleanup(server.Close)
	f.url = server.URL
	authority := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
	t.Setenv("AWS_CA_BUNDLE", authority)
	f.Store = &Store{Context: t.Context(), Endpoint: server.URL, Note: func(text string) { f.notes = append(f.notes, text) }}
	return f
}

// cutter breaks an answer off.
type cutter struct {
	http.ResponseWriter
	fake *fake
	left int64
	cuts bool
}

func (c *cutter) Write(p []byte) (int, error) {
	if c.cuts && int64(len(p)) > c.left {
		c.ResponseWriter.Write(p[:c.left])
		c.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	c.left -= int64(len(p))
	c.fake.mu.Lock()
	c.fake.sent += int64(len(p))
	c.fake.mu.Unlock()
	return c.ResponseWriter.Write(p)
}

func (f *fake) put(t *testing.T, key string, content []byte) {
	t.Helper()
	_, err := f.backend.PutObject("logs", key, map[string]string{"Last-Modified": time.Now().UTC().Format(http.TimeFormat)}, bytes.NewReader(content), int64(len(content)), nil)
	require.NoError(t, err)
}

// flows returns the flows that inputs hold, as CSV.
func (f *fake) flows(t *testing.T, opt flowlog.Options, args ...string) (string, error) {
	t.Helper()
	opt.Store = f.Store
	return flows(t, opt, args...)
}

func flows(t *testing.T, opt flowlog.Options, args ...string) (string, error) {
	t.Helper()
	log, err := flowlog.Open(args, strings.NewReader(""), opt)
	if err != nil {
		return "", err
	}
	defer log.Close()
	var out bytes.Buffer
	_, err = write.Convert(t.Context(), log, write.Options{Format: "csv", Memory: 64 << 20}, &out)
	return out.String(), err
}

// csvLog returns a log of n flows, one a second from a day on.
func csvLog(day string, n int) []byte { return steppedLog(day, time.Second, n) }

func steppedLog(day string, step time.Duration, n int) []byte {
	begin, _ := time.Parse(time.DateOnly, day)
	var b bytes.Buffer
	b.WriteString("timestamp,src_ip,dst_ip,dst_port,protocol,bytes\n")
	for i := range n {
		fmt.Fprintf(&b, "%s,10.0.%d.%d,203.0.113.%d,443,tcp,%d\n", begin.Add(time.Duration(i)*step).Format(time.RFC3339), i/250%250, i%250, i*7919%250, i*i%100003)
	}
	return b.Bytes()
}

// formats returns one log as CSV, as gzip and in other formats, by the names of its files.
func formats(t *testing.T, n int, others ...string) map[string][]byte {
	t.Helper()
	text := csvLog("2024-06-15", n)
	path := filepath.Join(t.TempDir(), "flows.csv")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write(text)
	z.Close()
	files := map[string][]byte{"flows.csv": text, "flows.csv.gz": packed.Bytes()}
	for _, format := range others {
		log, err := flowlog.Open([]string{path}, strings.NewReader(""), flowlog.Options{})
		require.NoError(t, err)
		var out bytes.Buffer
		_, err = write.Convert(t.Context(), log, write.Options{Format: format, Memory: 64 << 20}, &out)
		require.NoError(t, err)
		files["flows."+format] = out.Bytes()
	}
	return files
}

// A log is the same from a store as from a disk, in any format, whatever breaks on the way.
func TestSameFlows(t *testing.T) {
	faults := map[string]func(f *fake){
		"no fault":          func(*fake) {},
		"broken each 40 KB": func(f *fake) { f.cut = 40_001 },
		"broken each 300KB": func(f *fake) { f.cut = 300_007 },
		"busy each third": func(f *fake) {
			f.fault = func(n int, w http.ResponseWriter, _ *http.Request) bool {
				if n%3 == 0 {
					refuse(w, http.StatusServiceUnavailable, "SlowDown")
				}
				return n%3 == 0
			}
		},
		"connection lost each fourth": func(f *fake) {
			f.fault = func(n int, _ http.ResponseWriter, _ *http.Request) bool {
				if n%4 == 0 {
					panic(http.ErrAbortHandler)
				}
				return false
			}
		},
	}
	files := formats(t, 20_000, "parquet", "arrow", "ndjson", "zeek")
	want := map[string]string{}
	for file, content := range files {
		path := filepath.Join(t.TempDir(), file)
		require.NoError(t, os.WriteFile(path, content, 0o600))
		var err error
		want[file], err = flows(t, flowlog.Options{}, path)
		require.NoError(t, err)
	}
	for name, break_ := range faults {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			for name, content := range files {
				f.put(t, name, content)
			}
			break_(f)
			for file := range files {
				got, err := f.flows(t, flowlog.Options{}, "s3://logs/"+file)
				require.NoError(t, err, file)
				require.True(t, want[file] == got, file)
			}
		})
	}
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>the store's own words</Message></Error>", code)
}

// One object is read by few requests, and of a Parquet file only the columns that are
// needed.
func TestRequests(t *testing.T) {
	f := newFake(t)
	content := formats(t, 200_000, "parquet")["flows.parquet"]
	f.put(t, "flows.parquet", content)
	f.requests, f.sent = 0, 0
	log, err := flowlog.Open([]string{"s3://logs/flows.parquet"}, nil, flowlog.Options{Store: f.Store})
	require.NoError(t, err)
	defer log.Close()
	_, err = log.Read(t.Context(), flowlog.Pass{Workers: 2, Hosts: flow.NewHosts(nil), Sink: func() flowlog.Sink { return discard{} }})
	require.NoError(t, err)
	t.Logf("%d bytes of %d, %d requests", f.sent, len(content), f.requests)
	require.Less(t, f.sent, int64(len(content))*4/5, "ports, protocols and bytes are not read")
	require.LessOrEqual(t, f.requests, 16)
}

func TestThousandKeys(t *testing.T) {
	f := newFake(t)
	const keys = 1234
	var want strings.Builder
	for i := range keys {
		f.put(t, fmt.Sprintf("many/%04d.csv", i), fmt.Appendf(nil, "timestamp,src_ip,dst_ip\n2024-06-15T00:00:00Z,10.0.0.5,203.0.%d.%d\n", i/250, i%250))
		fmt.Fprintf(&want, "203.0.%d.%d\n", i/250, i%250)
	}
	f.put(t, "many/_SUCCESS", []byte("x"))
	f.put(t, "many/_delta/log.json", []byte("x"))
	f.put(t, "many/.hidden", []byte("x"))
	f.put(t, "manyother.csv", []byte("x"))
	for _, url := range []string{"s3://logs/many/", "s3://logs/many", "S3://logs/many/*.csv"} {
		got, err := f.flows(t, flowlog.Options{}, url)
		require.NoError(t, err)
		var destinations strings.Builder
		for _, line := range strings.Split(strings.TrimSpace(got), "\n")[1:] {
			destinations.WriteString(strings.Split(line, ",")[2] + "\n")
		}
		require.Equal(t, want.String(), destinations.String(), url)
	}
	got, err := f.flows(t, flowlog.Options{}, "s3://logs/many/000[12].csv")
	require.NoError(t, err)
	require.Equal(t, 3, strings.Count(got, "\n"))
}

func TestErrors(t *testing.T) {
	f := newFake(t)
	f.put(t, "flows.csv", csvLog("2024-06-15", 10))
	for url, want := range map[string]string{
		"s3://logs/missing.csv":  "no object matches",
		"s3://logs/missing/":     "no object matches",
		"s3://logs/missing*":     "no object matches",
		"s3://logs/flows[.csv":   "a bracket isn't closed",
		"s3://nobody/flows.csv":  "there is no such bucket",
		"s3://":                  "the URL names no bucket",
		"s3:///flows.csv":        "the URL names no bucket",
		"s3://key:secret@logs/x": "the URL names no bucket",
	} {
		_, err := f.flows(t, flowlog.Options{}, url)
		require.ErrorContains(t, err, want, url)
		require.Equal(t, 1, strings.Count(err.Error(), url), err)
	}
	for code, want := range map[string]string{
		"AccessDenied": "access denied", "InvalidAccessKeyId": "doesn't know the access key", "SignatureDoesNotMatch": "the secret key isn't that of the access key",
		"ExpiredToken": "the credentials have expired", "InvalidObjectState": "the object is archived", "Strange": "the store answered Strange (HTTP status 403)",
	} {
		f.fault = func(_ int, w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodHead {
				return false // has no room for a code
			}
			refuse(w, http.StatusForbidden, code)
			return true
		}
		_, err := f.flows(t, flowlog.Options{}, "s3://logs/flows.csv")
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "own words", "a store's texts aren't ours")
		require.NotContains(t, err.Error(), "very secret")
	}
}

// A listing that begins again and again ends, and keys are left out that weren't asked for.
func TestListings(t *testing.T) {
	f := newFake(t)
	f.put(t, "logs/flows.csv", csvLog("2024-06-15", 10))
	for more, want := range map[bool]string{true: "s3://logs/logs/: the store's listing begins again and again", false: ""} {
		f.fault = func(_ int, w http.ResponseWriter, r *http.Request) bool {
			if !r.URL.Query().Has("list-type") {
				return false
			}
			w.Header().Set("Content-Type", "application/xml")
			fmt.Fprintf(w, "<ListBucketResult><IsTruncated>%v</IsTruncated><NextContinuationToken>t</NextContinuationToken>", more)
			for _, key := range []string{"a", "b", "c", "log", "logs/flows.csv", "z"} {
				fmt.Fprintf(w, "<Contents><Key>%s</Key><LastModified>2024-06-15T00:00:00Z</LastModified></Contents>", key)
			}
			fmt.Fprint(w, "</ListBucketResult>")
			return true
		}
		found, err := f.Find("s3://logs/logs/", stored.Wanted{})
		if want != "" {
			require.ErrorContains(t, err, want)
			continue
		}
		require.NoError(t, err)
		require.Len(t, found.Objects, 1)
	}
}

// A store that hangs when it is asked whether a listing is empty can be interrupted.
func TestInterruptedEmptyListing(t *testing.T) {
	f := newFake(t)
	ctx, cancel := context.WithCancel(t.Context())
	f.Context = ctx
	f.fault = func(_ int, _ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("max-keys") != "1" {
			return false
		}
		cancel()
		<-r.Context().Done()
		return true
	}
	_, err := f.Find("s3://logs/none/", stored.Wanted{})
	require.ErrorIs(t, err, context.Canceled)
}

// The answer to HEAD has no room for a reason, which is asked for then.
func TestReasons(t *testing.T) {
	f := newFake(t)
	for code, want := range map[string]string{
		"InvalidAccessKeyId": "s3://logs/x: the store doesn't know the access key", "SignatureDoesNotMatch": "s3://logs/x: the secret key isn't that of the access key",
		"AuthorizationHeaderMalformed": "s3://logs/x: the bucket is in another region",
	} {
		f.fault = func(_ int, w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("X-Amz-Bucket-Region", "eu-west-1")
			if w.WriteHeader(http.StatusForbidden); r.Method != http.MethodHead {
				fmt.Fprintf(w, "<Error><Code>%s</Code></Error>", code)
			}
			return true
		}
		_, err := f.Find("s3://logs/x", stored.Wanted{})
		require.ErrorContains(t, err, want)
		var placed *flowlog.InputError
		require.ErrorAs(t, err, &placed)
		require.NotEmpty(t, placed.Hint)
		require.NotContains(t, placed.Hint, "REGION=REGION", "the store tells which")
	}
}

// What answers otherwise than a store does, or not at all, is told as that, whatever was asked for.
func TestOtherAnswers(t *testing.T) {
	f := newFake(t)
	f.put(t, "flows.csv", csvLog("2024-06-15", 10_000))
	f.cut = 300_007
	for _, other := range []struct {
		want, url string
		answer    func(w http.ResponseWriter, r *http.Request) (done bool)
	}{
		{"the store's answer makes no sense", "s3://logs/", func(w http.ResponseWriter, _ *http.Request) bool {
			fmt.Fprint(w, "<html><body>Log in</body></html>")
			return true
		}},
		{"the store's answer makes no sense", "s3://logs/flows.csv", func(_ http.ResponseWriter, r *http.Request) bool {
			r.Header.Del("Range") // after a break, the whole object would be read where its rest was asked for
			return false
		}},
		{"the store is still busy", "s3://logs/flows.csv", func(w http.ResponseWriter, _ *http.Request) bool {
			refuse(w, http.StatusServiceUnavailable, "SlowDown")
			return true
		}},
		{"the store can't be reached", "s3://logs/flows.csv", func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }},
	} {
		f.fault = func(_ int, w http.ResponseWriter, r *http.Request) bool { return other.answer(w, r) }
		_, err := f.flows(t, flowlog.Options{}, other.url)
		require.ErrorContains(t, err, other.url+": "+other.want)
	}
}

// An answer that stops in its middle is asked for again, and ends the reading at last.
func TestHungInTheMiddle(t *testing.T) {
	f := newFake(t)
	f.stall = 50 * time.Millisecond
	log := csvLog("2024-06-15", 10_000)
	f.put(t, "flows.csv", log)
	want, err := f.flows(t, flowlog.Options{}, "s3://logs/flows.csv")
	require.NoError(t, err)
	hung := 0
	hang := func(most int) {
		f.fault = func(_ int, w http.ResponseWriter, r *http.Request) bool {
			f.mu.Lock()
			defer f.mu.Unlock()
			if r.Method != http.MethodGet || hung == most {
				return false
			}
			hung++
			w.Header().Set("ETag", fmt.Sprintf("\"%x\"", md5.Sum(log)))
			w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
			w.Header().Set("Content-Range", strings.Replace(r.Header.Get("Range"), "=", " ", 1)+"/*")
			w.WriteHeader(http.StatusPartialContent)
			w.(http.Flusher).Flush()
			f.mu.Unlock()
			<-r.Context().Done()
			f.mu.Lock()
			return true
		}
	}
	hang(2)
	got, err := f.flows(t, flowlog.Options{}, "s3://logs/flows.csv")
	require.NoError(t, err)
	require.True(t, want == got)
	require.Equal(t, 2, hung)
	hang(1000)
	_, err = f.flows(t, flowlog.Options{}, "s3://logs/flows.csv")
	require.ErrorContains(t, err, "s3://logs/flows.csv: ")
	require.NotErrorIs(t, err, context.Canceled)
}

// What a store doesn't give any more is not left out of the answer, below a prefix either.
func TestNoPartialAnswer(t *testing.T) {
	f := newFake(t)
	for _, key := range []string{"day/1.csv", "day/2.csv"} {
		f.put(t, key, csvLog("2024-06-15", 5_000))
	}
	for code, want := range map[string]string{"ExpiredToken": "s3://logs/day/2.csv: the credentials have expired", "SlowDown": "s3://logs/day/2.csv: the store is still busy", "InvalidObjectState": ""} {
		f.fault = func(_ int, w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/logs/day/2.csv" || code != "InvalidObjectState" && r.Header.Get("Range") == "bytes=0-65535" { // the head
				return false
			}
			refuse(w, http.StatusForbidden, code)
			return true
		}
		_, err := f.flows(t, flowlog.Options{}, "s3://logs/day/")
		if want == "" {
			require.NoError(t, err, "it is told, as a file is that may not be read")
			continue
		}
		require.ErrorContains(t, err, want)
	}
}

// An object that is replaced while it is read is an error, and so is one that is removed.
func TestReplaced(t *testing.T) {
	for name, change := range map[string]func(f *fake){
		"another object took its place": func(f *fake) { f.put(t, "flows.csv", csvLog("2024-06-16", 20_000)) },
		"there is no such object": func(f *fake) {
			_, err := f.backend.DeleteObject("logs", "flows.csv")
			require.NoError(t, err)
		},
	} {
		f := newFake(t)
		f.put(t, "flows.csv", csvLog("2024-06-15", 20_000))
		log, err := flowlog.Open([]string{"s3://logs/flows.csv"}, nil, flowlog.Options{Store: f.Store})
		require.NoError(t, err)
		change(f)
		_, err = log.Read(t.Context(), flowlog.Pass{Workers: 1, Hosts: flow.NewHosts(nil), Sink: func() flowlog.Sink { return discard{} }})
		require.ErrorContains(t, err, name)
		log.Close()
	}
}

// An output is there whole or not at all.
func TestWrite(t *testing.T) {
	f := newFake(t)
	content := bytes.Repeat([]byte("0123456789abcde\n"), partSize/8) // two parts
	require.NoError(t, f.Write("s3://logs/out.csv", func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}))
	found, err := f.Find("s3://logs/out.csv", stored.Wanted{})
	require.NoError(t, err)
	r := found.Objects[0].Range(0, found.Objects[0].Size())
	got, err := io.ReadAll(r)
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, got))
	r.Close()

	broken := errors.New("the log is damaged")
	for _, size := range []int{10, partSize + 10} {
		err = f.Write("s3://logs/half.csv", func(w io.Writer) error {
			w.Write(content[:size])
			return broken
		})
		require.ErrorIs(t, err, broken)
	}
	f.fault = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut {
			refuse(w, http.StatusForbidden, "AccessDenied")
		}
		return r.Method == http.MethodPut
	}
	err = f.Write("s3://logs/half.csv", func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
	require.ErrorContains(t, err, "s3://logs/half.csv: access denied")
	f.fault = nil
	ctx, cancel := context.WithCancel(t.Context())
	f.Context = ctx
	require.ErrorIs(t, f.Write("s3://logs/half.csv", func(w io.Writer) error {
		w.Write(content[:100])
		cancel()
		_, err := w.Write(content)
		return err
	}), context.Canceled)
	f.Context = t.Context()
	_, err = f.Find("s3://logs/half.csv", stored.Wanted{})
	require.ErrorContains(t, err, "no object matches")
	require.ErrorContains(t, f.Write("s3://logs/dir/", nil), "names no object")
}

func TestEndpoint(t *testing.T) {
	for _, endpoint := range []string{"minio:9000", "ftp://minio", "http://", "http://key:secret@minio", "http://minio/path", "::"} {
		_, err := (&Store{Context: t.Context(), Endpoint: endpoint}).Find("s3://logs/x", stored.Wanted{})
		require.ErrorContains(t, err, "--endpoint: not the URL of an object store", endpoint)
	}
}

func TestUntrusted(t *testing.T) {
	f := newFake(t)
	t.Setenv("AWS_CA_BUNDLE", "")
	_, err := f.Find("s3://logs/x", stored.Wanted{})
	require.ErrorContains(t, err, "s3://logs/x: the server's certificate is signed by an authority that isn't trusted here")
	other := &Store{Context: t.Context(), Endpoint: f.url}
	t.Setenv("AWS_CA_BUNDLE", "/nowhere.pem")
	_, err = other.Find("s3://logs/x", stored.Wanted{})
	require.ErrorContains(t, err, "AWS_CA_BUNDLE /nowhere.pem: no such file")
	other = &Store{Context: t.Context(), Endpoint: f.url, Authorities: "/elsewhere.pem"}
	_, err = other.Find("s3://logs/x", stored.Wanted{})
	require.ErrorContains(t, err, "--ca-file /elsewhere.pem: no such file")
}
