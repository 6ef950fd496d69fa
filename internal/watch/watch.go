package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"beacon/internal/beacon"
	"beacon/internal/flowlog"
)

// Options holds what is watched, and what is done with the answers.
type Options struct {
	Args   []string  // files, directories, patterns, or - for standard input
	Stdin  io.Reader // of -
	State  string    // directory of the checkpoint
	Ignore []string  // files that are never read: those that this run writes

	Window time.Duration // how far back from the latest flow the answer reaches
	Every  time.Duration // from one answer to the next
	Once   bool          // read what there is, answer once and return

	Log flowlog.Options // how the logs are read

	// Answer answers the question for the flows of a log, within its bounds.
	Answer func(ctx context.Context, log *flowlog.Log) (*beacon.Findings, error)
	// Publish writes the outputs and the events.
	Publish func(a *Answer) error
	// Holds are the verdicts of findings that events tell of.
	Holds []beacon.Verdict
	// Note says something to people.
	Note func(format string, args ...any)

	Poll   time.Duration    // from one look at the files to the next; 0 is DefaultPoll
	Settle time.Duration    // how long a file must be left alone before it counts as whole; 0 is DefaultSettle
	Clock  func() time.Time // the present; nil is the system's
}

// Default times.
const (
	DefaultPoll   = time.Second
	DefaultSettle = 10 * time.Second
)

// commitEvery is the shortest time between two checkpoints, so that a busy log isn't slowed
// down by syncing.
const commitEvery = time.Second

// Watcher follows logs.
type Watcher struct {
	opt   Options
	ctx   context.Context
	count counts

	mu          sync.Mutex // of what follows: reading and answering take turns
	st          *state
	files       map[fileKey]*file
	open        map[fileKey]*os.File // text files that are followed
	dirty       map[string]*os.File  // spools that were written to since the last commit
	stale       []string             // spools to remove after the next commit
	grown       bool                 // since the last answer
	told        bool                 // st.Told isn't in its file yet
	uncommitted error                // of the last checkpoint, nil where it was written
	oldest      int64                // files last written before it aren't looked at, ns
	encoder     *zstd.Encoder
	room        []byte
	frame       []byte

	asked  chan struct{} // an answer is wanted at once
	stream *stream       // nil without standard input
	noted  map[string]bool
}

// New returns a watcher that goes on from the checkpoint, if there is one. The caller
// closes it.
func New(opt Options) (w *Watcher, held io.Closer, err error) {
	if opt.Clock == nil {
		opt.Clock = time.Now
	}
	opt.Poll, opt.Settle = cmp.Or(opt.Poll, DefaultPoll), cmp.Or(opt.Settle, DefaultSettle)
	h, err := hold(opt.State)
	if err != nil {
		return nil, nil, fmt.Errorf("the state directory: %w", err)
	}
	defer func() {
		if err != nil {
			h.Close()
		}
	}()
	w = &Watcher{opt: opt, asked: make(chan struct{}, 1), files: map[fileKey]*file{}, open: map[fileKey]*os.File{}, dirty: map[string]*os.File{}, noted: map[string]bool{}}
	st, problems, err := load(opt.State)
	if err != nil {
		return nil, nil, err
	}
	w.st = st
	for _, m := range st.Files {
		w.files[m.key()] = m
	}
	for _, p := range problems {
		w.note("%s", p)
	}
	if err := w.checkArgs(); err != nil {
		return nil, nil, err
	}
	w.encoder, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	for _, arg := range opt.Args {
		if arg == stdinName && w.stream == nil {
			w.stream = newStream(opt.Stdin)
		}
	}
	w.grown, w.told = len(st.Sources) > 0, true
	return w, h, err
}

// hold makes the state directory and keeps other processes away from it.
func hold(dir string) (io.Closer, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	held, err := lock(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return held, nil
}

// Ask asks for an answer at once, whether anything has come since the last or not.
func (w *Watcher) Ask() {
	select {
	case w.asked <- struct{}{}:
	default: // it has been asked for
	}
}

var errLocked = errors.New("another beacon watch uses this state")

func (w *Watcher) now() time.Time { return w.opt.Clock() }

func (w *Watcher) note(format string, args ...any) { w.opt.Note(format, args...) }

// noteOnce says something once.
func (w *Watcher) noteOnce(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !w.noted[text] {
		w.noted[text] = true
		w.note("%s", text)
	}
}

// fault counts something that went wrong and will be tried again, and says so once.
func (w *Watcher) fault(err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		w.count.faults.Add(1)
		w.noteOnce("%v", err)
	}
}

// answerGrace is how long an answer that is being written may take when the context ends: an
// output may be a FIFO that nobody reads.
const answerGrace = 500 * time.Millisecond

// Run follows the logs until the context ends, or all there is has been read and no more
// can come. Then the checkpoint holds what was read, and Run returns nil, or the context's
// error where that ended it before the answer of Once.
func (w *Watcher) Run(ctx context.Context) error {
	w.ctx = ctx
	defer func() {
		for key := range w.open {
			w.keep(w.files[key], nil)
		}
	}()
	answered := make(chan error, 1)
	answering, err := w.follow(ctx, answered)
	if err != nil {
		return errors.Join(err, w.commit())
	}
	if answering {
		w.fault(await(ctx, answered))
	}
	err = ctx.Err()
	if err == nil {
		go func() { answered <- w.answer(ctx) }()
		if err = await(ctx, answered); err != nil && ctx.Err() == nil {
			return err
		}
		if w.opt.Once && err == nil && len(w.st.Sources) == 0 {
			w.note("nothing to answer: no flow was found")
		}
	}
	if !w.opt.Once {
		err = nil
	}
	return cmp.Or(w.commit(), err)
}

// await waits for an answer, and not for long once the context has ended.
func await(ctx context.Context, answered <-chan error) error {
	select {
	case err := <-answered:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-answered:
		return err
	case <-time.After(answerGrace):
		return ctx.Err()
	}
}

// follow reads until the context ends or all there is has been read. Answers that it asks
// for come through answered; answering says that one is still to come.
func (w *Watcher) follow(ctx context.Context, answered chan error) (answering bool, err error) {
	ticker := time.NewTicker(w.opt.Every)
	defer ticker.Stop()
	due, caughtUp, committed, polled := false, false, time.Time{}, time.Time{}
	for ctx.Err() == nil {
		more, err := w.step(&polled)
		if err != nil {
			return answering, err
		}
		ended := !more && (w.opt.Once && (w.stream == nil || w.stream.ended) || w.stream != nil && w.stream.ended && len(w.opt.Args) == 1)
		if ended || !more && !caughtUp || w.now().Sub(committed) >= commitEvery {
			w.fault(w.commit())
			committed = w.now()
		}
		if ended {
			break
		}
		due = due || !more && !caughtUp
		caughtUp = caughtUp || !more
		if due && !answering && !w.opt.Once {
			answering, due = true, false
			go func() { answered <- w.answer(ctx) }()
		}
		wait := time.Duration(0)
		if !more {
			wait = w.opt.Poll
		}
		select {
		case <-ctx.Done():
		case err := <-answered:
			answering = false
			w.fault(err)
		case <-ticker.C:
			due = true
		case <-w.asked:
			w.again()
			due = true
		case block, ok := <-w.blocks():
			w.receive(block, ok)
		case <-time.After(wait):
		}
	}
	return answering, nil
}

// step reads what is new. more says that there is more to read at once.
func (w *Watcher) step(polled *time.Time) (more bool, err error) {
	more, err = w.drain()
	if err != nil {
		return false, err
	}
	if now := w.now(); more && now.Sub(*polled) < w.opt.Poll {
		return true, nil
	}
	*polled = w.now()
	seen := map[fileKey]bool{}
	for _, f := range w.scan() {
		if w.ctx.Err() != nil {
			return false, nil
		}
		again, err := w.look(f)
		w.fault(err)
		more = more || again
		seen[keyOf(f.info)] = true
	}
	w.fault(w.finish(seen))
	w.prune(seen)
	return more, nil
}

// blocks returns what standard input comes from, nil where nothing will, or as much as is
// taken at once waits to be kept.
func (w *Watcher) blocks() chan []byte {
	if w.stream == nil || w.stream.ended || len(w.stream.text) >= pullText {
		return nil
	}
	return w.stream.blocks
}

// again makes the next answer one even if nothing has come since the last.
func (w *Watcher) again() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.grown = true
}

// prune forgets the files that the window has left behind: if they are still there, they
// are too old to be looked at. A source is kept as long as one of its files may come back
// under another name.
func (w *Watcher) prune(seen map[fileKey]bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.oldest <= math.MinInt64/2 {
		return
	}
	used := map[int]bool{}
	kept := w.st.Files[:0]
	for _, m := range w.st.Files {
		if !seen[m.key()] && w.open[m.key()] == nil && m.Mod < w.oldest {
			delete(w.files, m.key())
			continue
		}
		used[m.Source] = true
		kept = append(kept, m)
	}
	w.st.Files = kept
	sources := w.st.Sources[:0]
	for _, s := range w.st.Sources {
		if s.Spool != "" || used[s.ID] || w.stream != nil && w.stream.source == s {
			sources = append(sources, s)
		}
	}
	w.st.Sources = sources
}
