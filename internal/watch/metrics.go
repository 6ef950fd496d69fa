package watch

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/earlier"
)

// counts holds what the metrics are made of.
type counts struct {
	bytes, lines, faults atomic.Int64
	committed            atomic.Int64 // ns since the Unix epoch, 0 for never
	failing              atomic.Bool  // the last answer could not be given
	full                 atomic.Bool  // what was read last could not be kept

	mu       sync.Mutex
	answers  int64
	took     time.Duration // the last answer
	from, to int64
	flows    int64 // in the window
	findings map[beacon.Verdict]int
	events   map[earlier.EventKind]int64
}

// answer counts an answer.
func (c *counts) answer(a *Answer, took time.Duration) {
	c.failing.Store(false)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers++
	c.took, c.from, c.to, c.flows = took, a.From, a.To, a.Findings.Totals.Flows
	c.findings = map[beacon.Verdict]int{}
	for _, v := range beacon.Verdicts() {
		c.findings[v] = a.Findings.Count(v)
	}
	if c.events == nil {
		c.events = map[earlier.EventKind]int64{}
	}
	for _, e := range a.Events {
		c.events[e.Kind]++
	}
}

// Handler returns what serves /metrics, in the text format of Prometheus, and /healthz.
//
// Note: prometheus/client_golang made the binary 2.4 MB larger than this, for numbers that
// are kept anyway.
func (w *Watcher) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		w.writeMetrics(out)
	})
	mux.HandleFunc("GET /healthz", func(out http.ResponseWriter, _ *http.Request) {
		if problem := w.problem(); problem != "" {
			http.Error(out, problem, http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(out, "ok")
	})
	return mux
}

// Serve serves Handler at an address until what it returns is closed.
func (w *Watcher) Serve(address string) (io.Closer, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, listenCause(err)
	}
	server := &http.Server{Handler: w.Handler(), ReadHeaderTimeout: headerTimeout}
	go server.Serve(listener) // until it is closed
	return server, nil
}

// listenCause returns why nothing can listen at an address, without what the library says
// around it.
func listenCause(err error) error {
	var call *os.SyscallError
	var address *net.AddrError
	var lookup *net.DNSError
	switch {
	case errors.As(err, &call):
		return call.Err
	case errors.As(err, &address):
		return errors.New(address.Err)
	case errors.As(err, &lookup):
		return errors.New(lookup.Err)
	}
	return err
}

// headerTimeout is how long a client may take to say what it wants.
const headerTimeout = 10 * time.Second

// lateCommits is how many checkpoints may be due before the watcher counts as stuck. One
// is written at least with every look at the files.
const lateCommits = 60

// problem says what is wrong, "" for nothing.
func (w *Watcher) problem() string {
	last := w.count.committed.Load()
	switch {
	case w.count.failing.Load():
		return "the last answer failed"
	case w.count.full.Load():
		return "what is read can't be kept"
	case last == 0:
		return "" // it has just begun
	case w.now().Sub(time.Unix(0, last)) > lateCommits*max(commitEvery, w.opt.Poll):
		return "no checkpoint since " + time.Unix(0, last).UTC().Format(time.RFC3339)
	}
	return ""
}

// writeMetrics writes the metrics.
func (w *Watcher) writeMetrics(out io.Writer) {
	metric := func(name, kind, help string, lines ...string) {
		fmt.Fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
		for _, line := range lines {
			fmt.Fprintf(out, "%s%s\n", name, line)
		}
	}
	value := func(v any) string { return fmt.Sprintf(" %v", v) }
	seconds := func(ns int64) string { return value(float64(ns) / float64(time.Second)) }
	c := &w.count
	c.mu.Lock()
	defer c.mu.Unlock()
	var findings, events []string
	for _, v := range beacon.Verdicts() {
		findings = append(findings, fmt.Sprintf("{verdict=%q} %d", v, c.findings[v]))
	}
	for _, k := range earlier.EventKinds() {
		events = append(events, fmt.Sprintf("{event=%q} %d", k, c.events[k]))
	}
	sources, spooled := w.kept()
	metric("beacon_watch_read_bytes_total", "counter", "Bytes of the logs that were read.", value(c.bytes.Load()))
	metric("beacon_watch_read_lines_total", "counter", "Lines of the logs that were read.", value(c.lines.Load()))
	metric("beacon_watch_errors_total", "counter", "Times that something failed and will be tried again.", value(c.faults.Load()))
	metric("beacon_watch_answers_total", "counter", "Answers given about the window.", value(c.answers))
	metric("beacon_watch_answer_seconds", "gauge", "Time that the last answer took.", value(c.took.Seconds()))
	metric("beacon_watch_window_flows", "gauge", "Flows in the window of the last answer.", value(c.flows))
	metric("beacon_watch_window_start_timestamp_seconds", "gauge", "Beginning of that window.", seconds(c.from))
	metric("beacon_watch_window_end_timestamp_seconds", "gauge", "Latest flow of that window.", seconds(c.to))
	metric("beacon_watch_findings", "gauge", "Findings of the last answer.", findings...)
	metric("beacon_watch_events_total", "counter", "Events told.", events...)
	metric("beacon_watch_sources", "gauge", "Logs in the window.", value(sources))
	metric("beacon_watch_spool_bytes", "gauge", "Bytes that are kept of them on disk.", value(spooled))
	metric("beacon_watch_checkpoint_timestamp_seconds", "gauge", "Time of the last checkpoint.", seconds(c.committed.Load()))
}

// kept returns the number of logs with a spool, and the bytes of the spools.
func (w *Watcher) kept() (sources int, size int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.st.Sources {
		if s.Spool != "" {
			sources++
			size += s.Size
		}
	}
	return sources, size
}
