package watch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/flow"
	"beacon/internal/flowlog"
)

// within returns the flows that start in a window that ends with the latest.
func within(flows []string, window time.Duration) (list []string) {
	at := func(text string) int64 {
		n, _ := strconv.ParseInt(strings.Fields(text)[0], 10, 64)
		return n
	}
	last := int64(0)
	for _, f := range flows {
		last = max(last, at(f))
	}
	for _, f := range flows {
		if at(f) >= last-int64(window) {
			list = append(list, f)
		}
	}
	slices.Sort(list)
	return list
}

// The window holds what detect --from would read of a log that grows for ever, and what is
// kept on disk and in the checkpoint stays small.
func TestWindowSlides(t *testing.T) {
	for _, format := range []string{"csv", "zeek", "zeek-json"} {
		t.Run(format, func(t *testing.T) {
			dir := t.TempDir()
			b := newBench(t, dir)
			b.opt.Window = 10 * time.Minute
			l := &logger{format: format, r: rand.New(rand.NewPCG(3, 4)), at: time.Date(2026, 5, 4, 2, 0, 0, 0, time.UTC)}
			r := &rotator{bench: b, dir: dir, path: filepath.Join(dir, "conn.log"), logger: l}
			b.start()
			r.append(l.header())
			largest := int64(0)
			for i := range 60 {
				text := ""
				for range 100 {
					text += l.line()
				}
				r.append(text)
				b.clock = b.clock.Add(time.Minute)
				b.read()
				sameFlows(t, within(l.want, b.opt.Window), b.answered())
				if i%7 == 3 {
					b.start()
				}
				_, size := b.kept()
				largest = max(largest, size)
			}
			require.Greater(t, b.st.Sources[0].Gen, 3, "the spool must have been made smaller several times")
			entries, err := os.ReadDir(filepath.Join(b.opt.State, spools))
			require.NoError(t, err)
			require.Len(t, entries, 1)
			text, err := os.ReadFile(r.path)
			require.NoError(t, err)
			require.Less(t, largest, int64(len(text))/2)
			require.Less(t, len(b.st.Sources[0].Marks), 20)
		})
	}
}

// Hourly files that the window has left behind are neither kept nor remembered.
func TestOldFilesAreForgotten(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, dir)
	b.opt.Window = 3 * time.Hour
	l := &logger{format: "csv", r: rand.New(rand.NewPCG(3, 4)), at: time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)}
	b.start()
	for hour := range 12 {
		text := l.header()
		l.at = time.Date(2026, 5, 4, hour, 0, 0, 0, time.UTC)
		for range 50 {
			text += l.line()
		}
		path := filepath.Join(dir, fmt.Sprintf("conn.%02d.log", hour))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		end := time.Date(2026, 5, 4, hour+1, 0, 0, 0, time.UTC)
		require.NoError(t, os.Chtimes(path, end, end))
		b.clock = end.Add(time.Minute)
		b.read()
		sameFlows(t, within(l.want, b.opt.Window), b.answered())
	}
	b.clock = b.clock.Add(time.Minute)
	b.read()
	require.Less(t, len(b.st.Sources), 7)
	require.Less(t, len(b.st.Files), 7)

	b.opt.State = t.TempDir() // a first run looks at no more
	b.start()
	b.read()
	sameFlows(t, within(l.want, b.opt.Window), b.answered())
	require.Len(t, b.st.Sources, 5)
}

// A stray time neither moves the window nor keeps the disk full.
func TestStrayTimes(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, dir)
	b.opt.Window = time.Hour
	text := "timestamp,src_ip,dst_ip,dst_port\n2024-09-09 00:00:00,10.0.0.1,192.0.2.1,80\n2042-01-01 00:00:00,10.0.0.1,192.0.2.1,80\n"
	for i := range 100 {
		text += fmt.Sprintf("2020-06-21 0%d:%02d:00,10.0.0.1,192.0.2.1,80\n", i/60, i%60)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.csv"), []byte(text), 0o600))
	b.start()
	b.read()
	require.Len(t, b.answered(), 61, "an hour and a minute")
	require.Equal(t, []string{filepath.Join(dir, "a.csv") + ": flows are dated later than all others, or than the present, such as 2024-09-09 00:00:00 UTC: they don't count until the window gets there"}, b.notes)
}

// A flow that is dated later than the present counts once the present gets there. Where all
// flows are, they are dated in another zone.
func TestDatedAhead(t *testing.T) {
	for ahead, hours := range map[time.Duration]int{0: 50, 3 * time.Hour: 3} { // 50 are longer than a time is plausible ahead
		dir := t.TempDir()
		b := newBench(t, dir)
		b.opt.Window = time.Hour
		write := func(name string, stray time.Duration) {
			text := "timestamp,src_ip,dst_ip,dst_port\n"
			for i := range 120 { // the two hours up to the present
				text += b.clock.Add(ahead-time.Duration(i)*time.Minute).Format(time.DateTime) + ",10.0.0.1,192.0.2.1,80\n"
			}
			if stray != 0 {
				text += b.clock.Add(ahead+stray).Format(time.DateTime) + ",10.0.0.1,192.0.2.2,80\n"
			}
			path := filepath.Join(dir, name)
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
			require.NoError(t, os.Chtimes(path, b.clock, b.clock))
		}
		write("a.csv", 40*time.Minute)
		b.start()
		for i := range hours {
			b.read()
			flows := b.answered()
			strays := len(slices.DeleteFunc(slices.Clone(flows), func(f string) bool { return !strings.Contains(f, "192.0.2.2") }))
			if ahead == 0 {
				require.Equal(t, map[bool]int{true: 1}[i == 1], strays, "hour %d", i)
				require.GreaterOrEqual(t, len(flows), 61)
			}
			require.Len(t, within(flows, b.opt.Window), len(flows))
			b.clock = b.clock.Add(time.Hour)
			write(fmt.Sprintf("b%02d.csv", i), 0)
		}
	}
}

// A log that can only be read whole takes the place of what it was.
func TestWholeFiles(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, dir)
	sample := func(name string) {
		text, err := os.ReadFile("../flowlog/testdata/" + name)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, filepath.Base(name)), text, 0o600))
	}
	samples, err := filepath.Glob("../flowlog/testdata/pcap/*.pcap")
	require.NoError(t, err)
	require.NotEmpty(t, samples)
	sample("pcap/" + filepath.Base(samples[0]))
	b.start()
	b.read()
	require.Empty(t, b.st.Sources, "it may be written to still")
	b.clock = b.clock.Add(DefaultSettle)
	b.read()
	first := b.answered()
	require.NotEmpty(t, first)
	path := filepath.Join(dir, filepath.Base(samples[0]))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path+".new", append(text, text[24:]...), 0o600)) // its packets once more, of the same flows
	require.NoError(t, os.Rename(path+".new", path))
	for range 2 {
		b.clock = b.clock.Add(DefaultSettle)
		b.read()
	}
	require.Len(t, b.answered(), len(first))
	require.Len(t, b.st.Sources, 1)
}

// Half a line isn't read before it has an end, a document not before it is whole.
func TestHalves(t *testing.T) {
	for _, test := range []struct{ name, half, rest string }{
		{"line", "timestamp,src_ip,dst_ip,dst_port\n2026-05-04 10:00:00,10.0.0.1,192.0.2.1,80\n2026-05-04 10:00:01,10.0.0.1,192.0.2.1,8", "0\n"},
		{"document", `[{"ts":1777888800,"id.orig_h":"10.0.0.1","id.orig_p":1,"id.resp_h":"192.0.2.1","id.resp_p":80},` + "\n" + `{"ts":1777888801,"id.orig_h":"10.0.0.1",`,
			`"id.orig_p":1,"id.resp_h":"192.0.2.1","id.resp_p":80}]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log")
			require.NoError(t, os.WriteFile(path, []byte(test.half), 0o600))
			b := newBench(t, path)
			b.start()
			b.read()
			require.Less(t, len(b.answered()), 2)
			require.NoError(t, os.WriteFile(path, []byte(test.half+test.rest), 0o600))
			for range 2 {
				b.clock = b.clock.Add(DefaultSettle)
				b.read()
			}
			got := b.answered()
			require.Len(t, got, 2)
			require.True(t, strings.HasSuffix(got[1], " 80"))
		})
	}
}

// A last line without an end is read once it has been left alone for an hour.
func TestTail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.csv")
	require.NoError(t, os.WriteFile(path, []byte("timestamp,src_ip,dst_ip,dst_port\n2026-05-04 10:00:00,10.0.0.1,192.0.2.1,80\n2026-05-04 10:00:01,10.0.0.1,192.0.2.1,80"), 0o600))
	b := newBench(t, path)
	b.start()
	b.read()
	require.Len(t, b.answered(), 1)
	b.clock = b.clock.Add(tailIdle - time.Second)
	b.read()
	require.Len(t, b.answered(), 1)
	b.clock = b.clock.Add(time.Second)
	b.read()
	require.Len(t, b.answered(), 2)
}

// A file that an argument names is read to its end when it is renamed, also if that happened
// while nobody watched, and what isn't its continuation is left alone.
func TestOneFileRotates(t *testing.T) {
	for _, dead := range []bool{false, true} {
		for _, packed := range []bool{false, true} {
			t.Run(fmt.Sprintf("dead=%v packed=%v", dead, packed), func(t *testing.T) {
				dir := t.TempDir()
				path := filepath.Join(dir, "conn.log")
				b := newBench(t, path)
				l := &logger{format: "csv", r: rand.New(rand.NewPCG(5, 6)), at: time.Date(2026, 5, 4, 2, 0, 0, 0, time.UTC)}
				r := &rotator{bench: b, dir: dir, path: path, logger: l}
				lines := func(n int) (text string) {
					for range n {
						text += l.line()
					}
					return text
				}
				other := &logger{format: "csv", r: l.r, at: l.at}
				require.NoError(t, os.WriteFile(filepath.Join(dir, "conn.old"), []byte(other.header()+other.line()), 0o600))
				r.append(l.header() + lines(20))
				b.start()
				b.read()
				require.NoError(t, b.commit())
				r.append(lines(20))
				require.NoError(t, os.Rename(path, path+".1"))
				if packed && dead {
					r.compress(path+".1", path+".1.gz")
				}
				r.append(l.header() + lines(20))
				if dead {
					b.start()
				}
				for range 3 {
					b.clock = b.clock.Add(DefaultSettle)
					b.read()
				}
				slices.Sort(l.want)
				sameFlows(t, l.want, b.answered())
			})
		}
	}
}

// Standard input is read in whole lines; one that begins as one that was read before goes
// on from there.
func TestStream(t *testing.T) {
	l := &logger{format: "csv", r: rand.New(rand.NewPCG(5, 6)), at: time.Date(2026, 5, 4, 2, 0, 0, 0, time.UTC)}
	text := l.header()
	for range 3000 {
		text += l.line()
	}
	slices.Sort(l.want)
	b := newBench(t, stdinName)
	for _, n := range []int{1 + strings.LastIndexByte(text[:len(text)/3], '\n'), 1 + strings.LastIndexByte(text[:len(text)/2], '\n'), len(text) - 1} {
		b.opt.Stdin = strings.NewReader(text[:n])
		b.opt.Every = time.Hour
		b.start()
		require.NoError(t, b.Watcher.Run(t.Context()))
		require.Len(t, b.flows, strings.Count(text[:n], "\n")-1+(n+1)/len(text))
	}
	sameFlows(t, l.want, b.flows)

	b.opt.Stdin, b.opt.State = strings.NewReader("no log\nat all\n"), t.TempDir()
	b.start()
	require.ErrorContains(t, b.Watcher.Run(t.Context()), "standard input")
	b.opt.Stdin, b.opt.State = strings.NewReader("\x1f\x8b\x08"), t.TempDir()
	b.start()
	require.ErrorIs(t, b.Watcher.Run(t.Context()), errPacked)
}

// The first answer comes as soon as all there is has been read, the next ones at intervals,
// and an end of the context ends the run without an error.
func TestRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.csv")
	require.NoError(t, os.WriteFile(path, []byte("timestamp,src_ip,dst_ip,dst_port\n2026-05-04 10:00:00,10.0.0.1,192.0.2.1,80\n"), 0o600))
	b := newBench(t, path)
	b.opt.Clock, b.opt.Poll, b.opt.Every = nil, time.Millisecond, 5*time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	answers := 0
	b.opt.Answer = func(_ context.Context, log *flowlog.Log) (*beacon.Findings, error) {
		answers++
		switch answers {
		case 1:
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			if err == nil {
				_, err = f.WriteString("2026-05-04 10:00:01,10.0.0.1,192.0.2.1,80\n")
			}
			return &beacon.Findings{}, errors.Join(err, f.Close())
		case 2:
			b.Ask()
		case 3:
			defer cancel()
			var err error
			b.flows, err = flowsOf(t.Context(), log)
			return &beacon.Findings{}, err
		}
		return &beacon.Findings{}, nil
	}
	b.start()
	require.NoError(t, b.Watcher.Run(ctx))
	require.Equal(t, 3, answers)
	require.Len(t, b.flows, 2)
	require.FileExists(t, filepath.Join(b.opt.State, checkpoint))
	_, _, err := New(b.opt)
	require.ErrorIs(t, err, errLocked)
}

func TestMetrics(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.csv")
	require.NoError(t, os.WriteFile(path, []byte("timestamp,src_ip,dst_ip,dst_port\n2026-05-04 10:00:00,10.0.0.1,192.0.2.1,80\n"), 0o600))
	b := newBench(t, path)
	b.opt.Answer = func(context.Context, *flowlog.Log) (*beacon.Findings, error) {
		return &beacon.Findings{Totals: beacon.Totals{Flows: 1}, List: []beacon.Finding{{Verdict: beacon.VerdictBeacon, Scope: beacon.ScopeSchedule, Schedule: &beacon.Schedule{}}}}, nil
	}
	b.start()
	get := func(path string) (int, string) {
		rec := httptest.NewRecorder()
		b.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
		text, err := io.ReadAll(rec.Result().Body)
		require.NoError(t, err)
		return rec.Code, string(text)
	}
	b.read()
	b.answered()
	code, text := get("/metrics")
	require.Equal(t, http.StatusOK, code)
	require.Contains(t, text, "# TYPE beacon_watch_findings gauge\nbeacon_watch_findings{verdict=\"beacon\"} 1\n")
	require.Contains(t, text, "\nbeacon_watch_events_total{event=\"new\"} 1\n")
	require.Contains(t, text, "\nbeacon_watch_window_flows 1\n")
	require.Contains(t, text, "\nbeacon_watch_read_lines_total 2\n")
	code, _ = get("/healthz")
	require.Equal(t, http.StatusOK, code)
	b.clock = b.clock.Add(time.Hour)
	code, text = get("/healthz")
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Contains(t, text, "no checkpoint since 2026-05-04")
	code, _ = get("/")
	require.Equal(t, http.StatusNotFound, code)
}

func TestTallyCountsByHour(t *testing.T) {
	midnight := time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC).UnixNano()
	tally := &tally{source{Hours: map[int64]hour{}}}
	require.NoError(t, tally.Batch(&flow.Batch{Time: []int64{midnight, midnight - 1, midnight + 5}}))
	require.NoError(t, tally.Batch(&flow.Batch{Time: []int64{midnight + 9, midnight + 2}}))
	n := midnight / int64(time.Hour)
	require.Equal(t, map[int64]hour{n - 1: {1, midnight - 1, midnight - 1}, n: {4, midnight, midnight + 9}}, tally.Hours)
}
