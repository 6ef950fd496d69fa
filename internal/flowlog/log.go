package flowlog

import (
	"context"
	"errors"
	"io"
	"sync"

	"beacon/internal/flow"
	"beacon/internal/flowlog/ahead"
	"beacon/internal/flowlog/stored"
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
	for _, in := range inputs {
		in.maxUnpacked = opt.MaxInput
	}
	var known kinds
	probes := ahead.List[error]{Len: len(inputs), Do: func(i int) error { return inputs[i].probe() }, Batch: func(from int) (int, bool) { return batch(inputs[from:]) }}
	for _, in := range inputs {
		first, err := true, probes.Next()
		if err == nil {
			first, err = in.recognise(&opt, &known)
		}
		in.Marked = err == nil && opt.Marks != nil && (len(in.wraps) > 0 || opt.Marks(in.Format, in.Head))
		in.forget(!first)
		if err == nil {
			l.Inputs = append(l.Inputs, in)
			continue
		}
		in.Close()
		if !in.listed || stored.EndsAll(err) {
			probes.Rest()
			for _, in := range inputs {
				in.Close()
			}
			return nil, err
		}
		l.Skipped = append(l.Skipped, err)
	}
	if len(l.Inputs) == 0 {
		return nil, errors.Join(l.Skipped...)
	}
	return l, nil
}

// Hosts returns the records that tell which host had an address, as a log: the source of a
// flow is the address, and its Name the host's. It is of the inputs of l that can be read
// again, and closed with them. Objects of a store are left out unless they are asked for.
// It returns nil where no input tells hosts.
func (l *Log) Hosts(objects bool) *Log {
	h := &Log{Progress: l.Progress, opt: l.opt}
	for _, in := range l.Inputs {
		if in.Format.Hosts != nil && !in.piped() && (objects || in.object == nil) {
			h.Inputs = append(h.Inputs, in)
		}
	}
	if len(h.Inputs) == 0 {
		return nil
	}
	h.opt.hosts, h.opt.Strict, h.opt.Answered = true, false, false
	return h
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
	for in, c := range together(l.Inputs, func(in *Input) (c checked) {
		if in.file != nil {
			c.warning, c.err = in.file.Check()
		}
		return c
	}) {
		if c.err != nil {
			return warnings, in.Place(WithoutPath(c.err))
		}
		if c.warning != "" {
			warnings = append(warnings, in.Name+": "+c.warning)
		}
	}
	return warnings, nil
}

// checked is what became of a file.
type checked struct {
	warning string
	err     error
}

// Close closes the inputs, and removes what was kept of pipes.
func (l *Log) Close() error {
	var errs []error
	for _, err := range together(l.Inputs, (*Input).Close) {
		errs = append(errs, err)
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
	r := newReading(ctx, l, &p, &opt)
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
	r.closeRest()
	report := r.report()
	return report, r.finish(report)
}
