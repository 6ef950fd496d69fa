package flowlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/cespare/xxhash/v2"

	"beacon/internal/flow"
)

// Log is the inputs of one run, which are one log in their order.
type Log struct {
	Inputs  []*Input
	Skipped []error // files of a directory that are no flow logs

	// Progress, if set, is told now and then how far a reading is.
	// It is called by one goroutine at a time and must be quick.
	Progress func(Progress)

	opt Options
}

// Progress is how far a reading is.
type Progress struct {
	Flows       int64 // read so far
	Done, Total int64 // bytes of the inputs as stored; Total is 0 where one of them is a pipe
}

// Open finds the inputs that the arguments name and what each of them is; - is
// stdin. Several formats in one log are fine.
func Open(args []string, stdin io.Reader, opt Options) (*Log, error) {
	inputs, skipped, err := expand(args, stdin, &opt)
	if err != nil {
		return nil, err
	}
	opt.Now = opt.Present()
	l := &Log{opt: opt, Skipped: skipped}
	var known headers
	for _, in := range inputs {
		in.maxUnpacked = opt.MaxInput
		err := in.recognise(&opt, &known)
		in.forget()
		if err == nil {
			l.Inputs = append(l.Inputs, in)
			continue
		}
		in.Close()
		if !in.listed || tooManyFiles(err) {
			l.Close()
			return nil, err
		}
		l.Skipped = append(l.Skipped, err)
	}
	if len(l.Inputs) == 0 {
		return nil, errors.Join(l.Skipped...)
	}
	return l, nil
}

// Bound leaves out the flows that don't start in [from, to), in ns since the Unix epoch,
// instead of those that the options leave out. Both 0 is no bound.
func (l *Log) Bound(from, to int64) { l.opt.From, l.opt.To = from, to }

// Bounds returns the bounds of time: flows that don't start in [from, to) are left out.
func (l *Log) Bounds() (from, to int64) { return l.opt.From, l.opt.To }

// Check looks at the inputs after the last reading. It returns an error that names
// the first file that was cut short, rewritten or replaced while it was read, for
// then the answer may be a mixture, and a warning for each file that grew.
func (l *Log) Check() (warnings []string, err error) {
	for _, in := range l.Inputs {
		if in.file == nil {
			continue
		}
		warning, err := in.file.Check()
		if err != nil {
			return warnings, in.Place(WithoutPath(err))
		}
		if warning != "" {
			warnings = append(warnings, in.Name+": "+warning)
		}
	}
	return warnings, nil
}

// Close closes the inputs, and removes what was kept of pipes.
func (l *Log) Close() error {
	var errs []error
	for _, in := range l.Inputs {
		errs = append(errs, in.Close())
	}
	return errors.Join(errs...)
}

// Spooled returns the bytes that temporary files hold of pipes, compressed.
func (l *Log) Spooled() (n int64) {
	for _, in := range l.Inputs {
		if in.pipe != nil {
			n += in.pipe.Stored()
		}
	}
	return n
}

// Identity tells a log from others: the same inputs, read in the same way, have
// the same. It is made of the inputs' beginnings and sizes, not of their names.
func (l *Log) Identity() uint64 {
	h := xxhash.New()
	for _, in := range l.Inputs {
		fmt.Fprintln(h, in.Beginning, in.Size, in.Format.Name)
	}
	o := &l.opt
	fmt.Fprintln(h, o.From, o.To, o.Location(), o.TimeFormat, o.Year, o.Outer, o.Answered)
	for _, key := range slices.Sorted(maps.Keys(o.Map)) {
		fmt.Fprintf(h, "%q=%q\n", key, o.Map[key])
	}
	return h.Sum64()
}

// Pass is one reading of a log.
type Pass struct {
	Workers int                 // goroutines; with 1 the batches come in the order of the log
	Columns flow.Column         // of the batches, besides flow.Base
	Hosts   *flow.Hosts         // shared by the workers
	Sink    func() Sink         // one for each worker
	Skip    func(part int) bool // parts not to read, nil for none
	Until   int                 // parts before it are read; 0 is all
	Tap     *LineTap            // takes lines with picked flows, with one worker; nil for none
	Limit   int64               // read no more flows than this, with one worker; 0 is no limit
	Last    bool                // no reading follows, so that pipes needn't be kept
}

// Sink takes what one worker reads.
type Sink interface {
	// Begin says that the batches that follow are of this part. Parts are
	// numbered from 0 in the order of the log, the same in every reading.
	Begin(part int)
	// Batch takes the next flows of the part. The batch is the sink's until it
	// returns. An error ends the reading.
	Batch(b *flow.Batch) error
}

// Read reads the log once.
func (l *Log) Read(ctx context.Context, p Pass) (*Report, error) {
	opt := l.opt
	opt.Columns = p.Columns | flow.Base
	if opt.Answered {
		opt.Columns |= flow.Failed
	}
	opt.inputs = l.Inputs
	r := &reading{ctx: ctx, log: l, pass: &p, opt: &opt, ahead: ahead{inputs: l.Inputs, opt: &opt}}
	for _, in := range l.Inputs {
		if p.Last && in.pipe != nil {
			in.pipe.LastReading()
		}
		r.inputs = append(r.inputs, InputReport{Input: in, Reasons: map[string]int64{}, Unknown: map[string]int64{}, Notes: map[Note]int64{}, First: math.MaxInt64, Last: math.MinInt64})
		if opt.Answered {
			r.inputs[len(r.inputs)-1].Notes[failedNote] = 0 // said even where nothing is left out
		}
	}
	var wg sync.WaitGroup
	for range max(1, p.Workers) {
		sink := p.Sink()
		wg.Go(func() { r.work(sink) })
	}
	wg.Wait()
	if r.reader != nil {
		if err := r.reader.Close(); err != nil && r.err == nil {
			r.err = err
		}
	}
	r.ahead.close()
	report := r.report()
	return report, r.finish(report)
}

// reading is one Read in progress.
type reading struct {
	ctx  context.Context
	log  *Log
	pass *Pass
	opt  *Options

	ahead   ahead
	mu      sync.Mutex
	reader  Reader // of the current input
	input   int    // index of the current input
	part    int    // number of the next part
	inputs  []InputReport
	first   []int   // part that each input begins with
	lines   []int64 // by part
	samples []sampledRecord
	doubts  []sampledRecord
	parsed  int64
	bad     int64
	err     error // of the lowest part that failed
	errPart int
	ended   bool
}

type sampledRecord struct {
	part, input int
	record      BadRecord
}

// work reads parts until none is left.
func (r *reading) work(sink Sink) {
	w := newWorker(r.opt, r.pass, sink)
	for {
		part, number, input, left := r.claim()
		if part == nil {
			return
		}
		w.begin(input, left)
		w.sink.Begin(number)
		err := readPart(part, w)
		r.done(number, w, err)
	}
}

// readPart reads a part.
func readPart(part Part, w *Worker) (err error) {
	defer guard(&err)
	if err := part.Read(w); err != nil {
		return err
	}
	return w.Flush()
}

// nextPart is the reader's next part.
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

// claim is the next part to read, nil at the end or after an error.
func (r *reading) claim() (part Part, number, input int, left int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		if r.ended || r.err != nil {
			return nil, 0, 0, 0
		}
		if err := r.ctx.Err(); err != nil {
			r.fail(r.part, err)
			return nil, 0, 0, 0
		}
		if r.pass.Until > 0 && r.part >= r.pass.Until {
			r.ended = true
			continue
		}
		if r.reader == nil && !r.open() {
			continue
		}
		next, err := nextPart(r.reader)
		switch {
		case err == io.EOF:
			err = r.reader.Close()
			r.reader = nil
			r.input++
			if err != nil {
				r.fail(r.part, r.place(r.input-1, err))
			}
		case err != nil && r.passOver(r.input, r.part, err):
			r.reader.Close()
			r.reader = nil
			r.input++
		case err != nil:
			r.fail(r.part, r.place(r.input, err))
		default:
			number = r.part
			r.part++
			r.lines = append(r.lines, 0)
			if r.pass.Skip != nil && r.pass.Skip(number) {
				continue
			}
			if r.pass.Limit > 0 {
				left = r.pass.Limit - r.rows()
			}
			return next, number, r.input, left
		}
	}
}

// open begins the reading of the next input; false where there is none.
func (r *reading) open() bool {
	if r.input == len(r.inputs) {
		r.ended = true
		return false
	}
	in := r.inputs[r.input].Input
	r.first = append(r.first, r.part)
	reader, err := r.ahead.open(r.input)
	switch {
	case err == nil:
		r.reader = reader
		return true
	case in.listed && r.passOver(r.input, r.part, err):
		r.input++
	default:
		r.fail(r.part, r.place(r.input, err))
	}
	return false
}

func (r *reading) rows() (n int64) {
	for i := range r.inputs {
		n += r.inputs[i].Rows
	}
	return n
}

// place says in which input an error is.
func (r *reading) place(input int, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return r.inputs[input].Input.Place(err)
}

// fail keeps the error of the lowest part: parts are claimed in order, so every
// part before it is read, and the error is the same whatever the workers did.
func (r *reading) fail(part int, err error) {
	if r.err == nil || part < r.errPart {
		r.err, r.errPart = err, part
	}
}

// progress returns how far the reading is: the inputs before the current one, and the
// place in this one where it was read last.
func (r *reading) progress() Progress {
	p := Progress{Flows: r.parsed}
	piped := false
	for i := range r.inputs {
		in := r.inputs[i].Input
		size := in.Size
		switch {
		case in.file == nil && in.pipe != nil:
			piped = true
			if i <= r.input {
				p.Done += in.pipe.Read()
			}
			continue
		case i == r.input && in.file != nil:
			size = min(in.file.At(), in.Size)
		}
		p.Total += in.Size
		if i <= r.input {
			p.Done += size
		}
	}
	if piped {
		p.Total = 0
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
	in.Other += p.Other
	in.BadRows += p.Bad
	in.parsed += p.parsed
	for reason, n := range p.Reasons {
		in.Reasons[reason] += n
	}
	for column, n := range p.Unknown {
		in.Unknown[column] += n
	}
	for note, n := range p.Notes {
		in.Notes[note] += n
	}
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
