package watch

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/flow"
	"beacon/internal/flowlog"
	_ "beacon/internal/flowlog/all"
)

// bench is a watcher under test, with a clock that the test moves.
type bench struct {
	*testing.T
	*Watcher
	opt    Options
	lock   io.Closer
	clock  time.Time
	flows  []string // of the last answer, sorted
	notes  []string
	polled time.Time
}

func newBench(t *testing.T, args ...string) *bench {
	b := &bench{T: t, clock: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)}
	b.opt = Options{Args: args, State: t.TempDir(), Window: 48 * time.Hour, Every: time.Hour, Poll: time.Second, Settle: DefaultSettle,
		Clock:   func() time.Time { return b.clock },
		Note:    func(format string, args ...any) { b.notes = append(b.notes, fmt.Sprintf(format, args...)) },
		Holds:   []beacon.Verdict{beacon.VerdictBeacon},
		Publish: func(*Answer) error { return nil },
		Answer: func(ctx context.Context, log *flowlog.Log) (*beacon.Findings, error) {
			var err error
			b.flows, err = flowsOf(ctx, log)
			return &beacon.Findings{}, err
		},
	}
	return b
}

// start begins a run, as after a crash: what the run before did since its last commit is
// gone.
func (b *bench) start() {
	if b.lock != nil {
		for _, f := range b.open {
			f.Close()
		}
		b.lock.Close()
	}
	var err error
	b.Watcher, b.lock, err = New(b.opt)
	require.NoError(b, err)
	b.ctx = b.Context()
}

// read looks at the files until there is nothing more to read.
func (b *bench) read() {
	for {
		more, err := b.step(&b.polled)
		require.NoError(b, err)
		if !more {
			return
		}
	}
}

func (b *bench) answered() []string {
	require.NoError(b, b.commit())
	b.again()
	b.flows = nil
	require.NoError(b, b.answer(b.Context()))
	return b.flows
}

// flowsOf returns the flows of a log as texts, sorted, and an error where not all can be read.
func flowsOf(ctx context.Context, log *flowlog.Log) ([]string, error) {
	hosts := flow.NewHosts(nil)
	sink := &collector{hosts: hosts}
	report, err := log.Read(ctx, flowlog.Pass{Workers: 1, Hosts: hosts, Columns: flow.Port, Sink: func() flowlog.Sink { return sink }})
	if err != nil {
		return nil, err
	}
	for _, in := range report.Inputs {
		if in.BadRows > 0 || in.Damage != nil {
			err = errors.Join(err, fmt.Errorf("%s: %d bad records, %v, %v", in.Input.Name, in.BadRows, in.Damage, report.Bad))
		}
	}
	slices.Sort(sink.list)
	return sink.list, errors.Join(append(log.Skipped, err)...)
}

// sameFlows compares sorted flows. It shows the first difference only, for there may be many.
func sameFlows(t *testing.T, want, got []string) {
	t.Helper()
	for i := range min(len(want), len(got)) {
		require.Equal(t, want[i], got[i], "%d of %d flows, %d wanted", i, len(got), len(want))
	}
	require.Equal(t, len(want), len(got))
}

type collector struct {
	hosts *flow.Hosts
	list  []string
}

func (*collector) Begin(int) {}

func (c *collector) Batch(b *flow.Batch) error {
	for i := range b.Len() {
		c.list = append(c.list, flowText(b.Time[i], c.hosts.Addr(b.Src[i]).String(), c.hosts.Addr(b.Dst[i]).String(), int(b.Port[i])))
	}
	return nil
}

func flowText(at int64, src, dst string, port int) string {
	return fmt.Sprintf("%d %s %s %d", at, src, dst, port)
}

// logger writes a log of one format with flows that differ from each other.
type logger struct {
	format string
	r      *rand.Rand
	n      int
	at     time.Time
	want   []string
}

func (l *logger) header() string {
	switch l.format {
	case "csv":
		return "timestamp,src_ip,dst_ip,dst_port\n"
	case "zeek":
		return "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#open\t2026-05-04-12-00-00\n" +
			"#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n#types\ttime\tstring\taddr\tport\taddr\tport\tenum\n"
	}
	return ""
}

func (l *logger) line() string {
	l.n++
	l.at = l.at.Add(time.Duration(l.r.IntN(3000)) * time.Millisecond)
	src, dst, port := fmt.Sprintf("10.0.0.%d", 1+l.r.IntN(9)), fmt.Sprintf("198.51.100.%d", 1+l.r.IntN(200)), 1+l.n%60000
	l.want = append(l.want, flowText(l.at.UnixNano(), src, dst, port))
	seconds := fmt.Sprintf("%d.%03d000", l.at.Unix(), l.at.Nanosecond()/1e6)
	switch l.format {
	case "csv":
		return fmt.Sprintf("%s,%s,%s,%d\n", seconds, src, dst, port)
	case "zeek":
		return fmt.Sprintf("%s\tC%d\t%s\t40000\t%s\t%d\ttcp\n", seconds, l.n, src, dst, port)
	}
	return fmt.Sprintf(`{"ts":%s,"uid":"C%d","id.orig_h":"%s","id.orig_p":40000,"id.resp_h":"%s","id.resp_p":%d,"proto":"tcp"}`+"\n", seconds, l.n, src, dst, port)
}

// rotator does to a log what writers and rotating programs do, cutting it anywhere.
type rotator struct {
	*bench
	*logger
	dir, path string
	rotated   int
	pending   string // of a line, not written yet
}

func (r *rotator) append(text string) {
	f, err := os.OpenFile(r.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(r, err)
	_, err = f.WriteString(text)
	require.NoError(r, err)
	require.NoError(r, f.Close())
}

// write writes lines, the last perhaps not to its end.
func (r *rotator) write() {
	text := r.pending
	if info, err := os.Stat(r.path); err != nil || info.Size() == 0 {
		text = r.header() + text
	}
	for range r.logger.r.IntN(40) {
		text += r.line()
	}
	cut := len(text)
	if r.logger.r.IntN(2) == 0 {
		cut = r.logger.r.IntN(len(text) + 1)
	}
	r.append(text[:cut])
	r.pending = text[cut:]
}

// end writes the rest of what was begun.
func (r *rotator) end() {
	r.append(r.pending)
	r.pending = ""
}

func (r *rotator) next(ending string) string {
	r.rotated++
	return filepath.Join(r.dir, fmt.Sprintf("conn.%03d.log%s", r.rotated, ending))
}

func (r *rotator) compress(from, to string) {
	text, err := os.ReadFile(from)
	require.NoError(r, err)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err = z.Write(text)
	require.NoError(r, err)
	require.NoError(r, z.Close())
	half := r.logger.r.IntN(packed.Len())
	require.NoError(r, os.WriteFile(to, packed.Bytes()[:half], 0o600))
	r.sometimesRead()
	require.NoError(r, os.WriteFile(to, packed.Bytes(), 0o600))
	require.NoError(r, os.Remove(from))
}

func (r *rotator) copyTruncate() {
	text, err := os.ReadFile(r.path)
	require.NoError(r, err)
	to := r.next("")
	half := r.logger.r.IntN(len(text) + 1)
	require.NoError(r, os.WriteFile(to, text[:half], 0o600))
	r.sometimesRead()
	require.NoError(r, os.WriteFile(to, text, 0o600))
	r.sometimesRead()
	require.NoError(r, os.Truncate(r.path, 0))
}

func (r *rotator) sometimesRead() {
	if r.logger.r.IntN(2) == 0 {
		r.clock = r.clock.Add(time.Duration(r.logger.r.IntN(5000)) * time.Millisecond)
		r.read()
	}
	if r.logger.r.IntN(3) == 0 {
		require.NoError(r, r.commit())
	}
}

// act does one thing at random.
func (r *rotator) act() {
	switch r.logger.r.IntN(12) {
	default:
		r.write()
	case 0: // renamed
		r.end()
		if _, err := os.Stat(r.path); err == nil {
			require.NoError(r, os.Rename(r.path, r.next("")))
		}
	case 1: // renamed, then packed
		r.end()
		if _, err := os.Stat(r.path); err == nil {
			to := r.next("")
			require.NoError(r, os.Rename(r.path, to))
			r.sometimesRead()
			r.compress(to, to+".gz")
		}
	case 2:
		r.end()
		if _, err := os.Stat(r.path); err == nil {
			r.copyTruncate()
		}
	case 3: // rewritten in place; what nobody has read is gone
		r.end()
		r.read()
		require.NoError(r, r.commit())
		if _, err := os.Stat(r.path); err == nil {
			require.NoError(r, os.WriteFile(r.path, nil, 0o600))
			r.write()
		}
	case 4, 5:
		r.start()
	case 6:
		r.clock = r.clock.Add(time.Duration(r.logger.r.IntN(30)) * time.Second)
	}
}

// Whatever becomes of a log, and whenever the watcher is killed, each flow is read once.
func TestEachFlowOnce(t *testing.T) {
	seeds := uint64(20)
	if testing.Short() {
		seeds = 3
	}
	for _, format := range []string{"csv", "zeek", "zeek-json"} {
		for seed := range seeds {
			t.Run(fmt.Sprintf("%s/%d", format, seed), func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 7))
				dir := t.TempDir()
				b := newBench(t, dir)
				r := &rotator{bench: b, dir: dir, path: filepath.Join(dir, "conn.log"),
					logger: &logger{format: format, r: random, at: time.Date(2026, 5, 4, 11, 0, 0, 0, time.UTC)}}
				b.start()
				for range 60 {
					r.act()
					r.sometimesRead()
				}
				r.end()
				for range 3 {
					b.clock = b.clock.Add(DefaultSettle)
					b.read()
				}
				slices.Sort(r.want)
				got := b.answered()
				sameFlows(t, r.want, got)
			})
		}
	}
}
