package flowlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime/debug"
	"sync"

	"beacon/internal/flowlog/ahead"
	"beacon/internal/flowlog/stored"
)

// reading is one Read in progress.
type reading struct {
	ctx  context.Context
	log  *Log
	pass *Pass
	opt  *Options

	ahead   ahead.List[opened] // opens the next inputs while the current one is read
	mu      sync.Mutex
	reader  Reader          // of the current input
	input   int             // index of the current input
	passed  int64           // bytes of the inputs before it, as stored, but for pipes
	pipes   []*stored.Spool // before it
	total   int64           // bytes of all inputs, as stored; 0 where one is a pipe
	parts   []numbering     // of the inputs that are begun, or read ahead of their turn
	reserve bool            // the parts of packed inputs may be numbered ahead of their turn
	inputs  []InputReport
	lines   map[int]int64 // by part
	samples []sampledRecord
	doubts  []sampledRecord
	rows    int64 // of all inputs, as are the next two
	parsed  int64
	bad     int64
	err     error // of the lowest part that failed
	errPart int
	ended   bool
}

func newReading(ctx context.Context, l *Log, p *Pass, opt *Options) *reading {
	r := &reading{ctx: ctx, log: l, pass: p, opt: opt, lines: map[int]int64{}}
	r.ahead = ahead.List[opened]{Len: len(l.Inputs), Do: r.openAhead, Batch: func(from int) (n int, early bool) {
		n, early = batch(l.Inputs[from:])
		return n, early && opt.layout == nil
	}}
	r.inputs = make([]InputReport, 0, len(l.Inputs))
	piped := false
	for _, in := range l.Inputs {
		if p.Last && in.pipe != nil {
			in.pipe.LastReading()
		}
		report := InputReport{Input: in, First: math.MaxInt64, Last: math.MinInt64}
		if opt.Answered {
			report.Notes = map[Note]int64{failedNote: 0} // said even where nothing is left out
		}
		r.inputs = append(r.inputs, report)
		piped = piped || in.piped()
		r.total += in.Size
	}
	if piped {
		r.total = 0
	}
	r.reserve = reservable(l.Inputs)
	return r
}

type sampledRecord struct {
	part, input int
	record      BadRecord
}

// work reads parts until none is left.
func (r *reading) work(sink Sink) {
	w := newWorker(r.opt, r.pass, sink)
	var parts []claimedPart
	for {
		var left int64
		if parts, left = r.claim(parts[:0]); len(parts) == 0 {
			return
		}
		for _, p := range parts {
			w.begin(p.input, left)
			w.sink.Begin(p.number)
			err := readPart(p.part, w)
			r.done(p.number, w, err)
		}
		clear(parts)
	}
}

// claimedPart is a part that one worker is to read.
type claimedPart struct {
	part          Part
	number, input int
}

// maxClaimed is how many small inputs a worker claims at once: workers wait for each other
// and for what opens inputs that much less often.
const maxClaimed = 16

// readPart reads a part.
func readPart(part Part, w *Worker) (err error) {
	defer guard(&err)
	if err := part.Read(w); err != nil {
		return err
	}
	return w.Flush()
}

// nextPart returns the reader's next part.
func nextPart(r Reader) (part Part, err error) {
	defer guard(&err)
	return r.Next()
}

// guard, deferred, makes a decoder's panic on a corrupt file an error.
func guard(err *error) {
	if p := recover(); p != nil {
		if ShowPanics {
			debug.PrintStack()
		}
		*err = fmt.Errorf("corrupt, or not what it seems: %v", p)
	}
}

// ShowPanics prints the stack of a recovered panic; tests set it.
var ShowPanics bool

// claim returns the next part to read, or those of the next few inputs where these are
// small; none at the end or after an error. left is the number of flows that may still be
// read, 0 for any.
func (r *reading) claim(parts []claimedPart) (list []claimedPart, left int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		if r.ended || r.err != nil && r.errPart <= r.part() {
			return parts, 0
		}
		if err := r.ctx.Err(); err != nil {
			r.fail(r.part(), err)
			return parts, 0
		}
		if r.pass.Until > 0 && r.part() >= r.pass.Until {
			r.ended = true
			continue
		}
		if r.reader == nil && (len(parts) == maxClaimed || len(parts) > 0 && !r.ahead.Ready()) {
			return parts, 0
		}
		if r.reader == nil && !r.open() {
			continue
		}
		if part, ok := r.early(); ok {
			return append(parts, part), 0
		}
		next, err := r.nextOf(r.input, r.reader)
		switch {
		case err == io.EOF:
			err = r.reader.Close()
			r.advance()
			if err != nil {
				r.fail(r.part(), r.place(r.input-1, err))
			}
		case err != nil && r.passOver(r.input, r.part(), err):
			r.reader.Close()
			r.advance()
		case err != nil:
			r.fail(r.part(), r.place(r.input, err))
		default:
			number := r.number(r.input)
			if r.pass.Skip != nil && r.pass.Skip(number) {
				continue
			}
			parts = append(parts, claimedPart{next, number, r.input})
			if r.pass.Limit > 0 {
				return parts, r.pass.Limit - r.rows
			}
			if r.pass.Tap != nil || !isDetached(r.reader) || len(parts) == maxClaimed {
				return parts, 0
			}
		}
	}
}

// advance leaves the current input.
func (r *reading) advance() {
	if in := r.inputs[r.input].Input; in.piped() {
		r.pipes = append(r.pipes, in.pipe)
	} else {
		r.passed += in.Size
	}
	r.reader = nil
	r.input++
}

// open begins the reading of the next input; false where there is none.
func (r *reading) open() bool {
	if r.input == len(r.inputs) {
		r.ended = true
		return false
	}
	in := r.inputs[r.input].Input
	next := r.ahead.Next()
	r.begin(r.input, next.reader)
	switch {
	case next.err == nil:
		r.reader = next.reader
		return true
	case in.listed && r.passOver(r.input, r.part(), next.err):
		r.advance()
	default:
		r.fail(r.part(), r.place(r.input, next.err))
	}
	return false
}

// opened is an input that was opened for a reading.
type opened struct {
	reader Reader
	err    error
}

func (r *reading) openAhead(input int) (o opened) {
	o.reader, o.err = r.inputs[input].Input.openReader(r.opt)
	if s, ok := streamOf(o.reader); ok {
		s.start()
	}
	return o
}

// closeRest closes the readers whose turn never came.
func (r *reading) closeRest() {
	for _, o := range r.ahead.Rest() {
		if o.reader != nil {
			o.reader.Close()
		}
	}
}

// place says in which input an error is.
func (r *reading) place(input int, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return r.inputs[input].Input.Place(err)
}

// fail keeps the error of the lowest part: every part before it is read, so the error is
// the same whatever the workers did.
func (r *reading) fail(part int, err error) {
	if r.err == nil || part < r.errPart {
		r.err, r.errPart = err, part
	}
}

// progress returns how far the reading is: the inputs before the current one, and the
// place in this one where it was read last.
func (r *reading) progress() Progress {
	p := Progress{Flows: r.parsed, Done: r.passed, Total: r.total}
	for _, pipe := range r.pipes {
		p.Done += pipe.Read()
	}
	if r.input == len(r.inputs) {
		return p
	}
	switch in := r.inputs[r.input].Input; {
	case in.piped():
		p.Done += in.pipe.Read()
	case in.file != nil:
		p.Done += min(in.file.At(), in.Size)
	}
	return p
}

// done takes the account of a part that was read.
func (r *reading) done(part int, w *Worker, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := &w.part
	in := &r.inputs[p.input]
	in.Rows += p.rows
	r.rows += p.rows
	in.Other += p.Other
	in.BadRows += p.Bad
	in.parsed += p.parsed
	addCounts(&in.Reasons, p.Reasons)
	addCounts(&in.Unknown, p.Unknown)
	addCounts(&in.Notes, p.Notes)
	in.OddTimes += p.OddTimes
	in.First, in.Last = min(in.First, p.first), max(in.Last, p.last)
	r.lines[part] = p.Lines
	r.parsed += p.parsed
	r.bad += p.Bad
	if r.log.Progress != nil {
		r.log.Progress(r.progress())
	}
	for _, s := range p.samples {
		r.samples = append(r.samples, sampledRecord{part, p.input, s})
	}
	for _, s := range p.doubts {
		r.doubts = append(r.doubts, sampledRecord{part, p.input, s})
	}
	if len(r.samples)+len(r.doubts) > 8*maxSamples {
		r.trim()
	}
	switch {
	case err == errLimit:
		r.ended = true
	case err != nil && !errors.Is(err, errStrict) && w.sinkErr == nil && r.passOver(p.input, part, err):
	case err != nil:
		r.fail(part, r.place(p.input, err))
	}
}

// addCounts adds counts to others, which are nil where there are none.
func addCounts[K comparable](to *map[K]int64, counts map[K]int64) {
	if *to == nil && len(counts) > 0 {
		*to = map[K]int64{}
	}
	for key, n := range counts {
		(*to)[key] += n
	}
}
