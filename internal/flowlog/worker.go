package flowlog

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"time"

	"beacon/internal/flow"
	"beacon/internal/flowlog/addr"
	"beacon/internal/flowlog/clocks"
)

// Worker reads parts for one goroutine. It holds a batch that is being filled, the
// tables that the workers share, and counts of what could not be read.
//
// A fast reader fills up to flow.BatchRows rows of w.Columns itself and calls Emit;
// any other calls Add for each flow.
type Worker struct {
	*flow.Columns
	Hosts *flow.Hosts

	opt        *Options
	sink       Sink
	tap        *LineTap // nil without one
	probe      *Worker  // that parses lines again for the tap
	Addrs      addr.Cache
	later      addr.Later
	longAddrs  *addr.LongCache   // nil before the first long one
	names      map[string]uint32 // ids of hosts by a text that names them: see named
	shortNames *addr.NameCache   // nil before the first text
	block      []byte            // room for a text part
	Filled     int               // rows of Columns that Add filled
	limit      int64             // rows that may still be read, in a reading that ends early
	latest     int64             // plausible start of a flow, ns
	part       Counts
	sinkErr    error // of the sink, which ends the reading whatever the input is
}

// Flow is one flow, as Add takes it.
type Flow struct {
	Time          int64 // ns since the Unix epoch
	Src, Dst      uint32
	SrcPort, Port uint16
	Proto         uint8
	Bytes         int64
	SrcBytes      int64
	Duration      int64
	Failed        uint8 // see flow.Failed
	Name          uint32
}

// NewWorker returns a worker outside any reading of a log. It passes the flows that
// are added to it to sink, in batches of the pass's columns.
func NewWorker(p Pass, sink Sink) *Worker {
	w := newWorker(&Options{Columns: p.Columns}, &p, sink)
	w.Reset()
	return w
}

func newWorker(opt *Options, p *Pass, sink Sink) *Worker {
	return &Worker{Columns: flow.NewColumns(opt.Columns), Hosts: p.Hosts, opt: opt, sink: sink, latest: opt.Latest(), tap: p.Tap}
}

// Counts returns what the worker has counted in its part so far.
func (w *Worker) Counts() *Counts { return &w.part }

// Reset clears the worker's counts and its batch, but not its cache of addresses.
func (w *Worker) Reset() { w.begin(0, 0) }

// Counts holds what a worker found in one part.
type Counts struct {
	input       int
	Lines       int64 // lines of text, or records where the format has no lines
	parsed      int64 // flows that could be read
	rows        int64 // of these, within the bounds of time
	Other       int64
	Bad         int64
	first, last int64 // start times; first > last where rows is 0
	Reasons     map[string]int64
	samples     []BadRecord
	Unknown     map[string]int64 // values that could not be read, of records that were kept, by column
	OddTimes    int64            // rows at a time that is not plausible
	doubts      []BadRecord      // the first few of both
	Notes       map[Note]int64   // records that each note is about
}

// BadRecord is a record that could not be read.
type BadRecord struct {
	Input  string
	Line   int64  // 1-based line, or record where the format has no lines
	Text   string // the record, cut to 120 bytes
	Reason string
}

const (
	maxSamples    = 5   // bad records of a reading that are shown
	MaxSampleText = 120 // bytes of one that are shown
)

// Why a record is bad: the reasons that readers of several formats give.
const (
	NoAddress  = "no address" // the record is passed over
	BadTime    = "unreadable time"
	BadAddress = "unreadable address"
	BadNumber  = "unreadable number"
	BadName    = "unreadable name"
	TooFew     = "too few columns"
)

// errStrict ends a strict reading at its first bad record.
var errStrict = errors.New("bad record")

// errLimit ends a reading that has read Pass.Limit rows.
var errLimit = errors.New("enough rows")

// Add appends one flow to the batch and passes the batch on when it is full.
func (w *Worker) Add(f *Flow) error {
	i := w.Filled
	w.Time[i], w.Src[i], w.Dst[i] = f.Time, f.Src, f.Dst
	if w.SrcPort != nil {
		w.SrcPort[i] = f.SrcPort
	}
	if w.Port != nil {
		w.Port[i] = f.Port
	}
	if w.Proto != nil {
		w.Proto[i] = f.Proto
	}
	if w.Bytes != nil {
		w.Bytes[i] = f.Bytes
	}
	if w.SrcBytes != nil {
		w.SrcBytes[i] = f.SrcBytes
	}
	if w.Duration != nil {
		w.Duration[i] = f.Duration
	}
	if w.Failed != nil {
		w.Failed[i] = f.Failed
	}
	if w.Name != nil {
		w.Name[i] = f.Name
	}
	w.Filled = i + 1
	if w.Filled == flow.BatchRows {
		return w.Flush()
	}
	return nil
}

// Flush passes on the flows that were added since the last batch.
func (w *Worker) Flush() error {
	n := w.Filled
	w.Filled = 0
	if n == 0 {
		return nil
	}
	return w.Emit(n)
}

// Emit passes the first n rows of the columns to the sink; then they may be
// overwritten. A reader returns its error at once.
func (w *Worker) Emit(n int) error {
	w.part.parsed += int64(n)
	if w.opt.Bounded() || w.opt.Answered {
		n = w.clip(n)
	}
	if n == 0 {
		return nil
	}
	p := &w.part
	first, last := p.first, p.last
	for _, t := range w.Time[:n] {
		first, last = min(first, t), max(last, t)
	}
	p.first, p.last = first, last
	if first < clocks.Earliest || last > w.latest {
		w.noteTimes(n)
	}
	if w.limit > 0 && p.rows+int64(n) >= w.limit {
		n = int(w.limit - p.rows)
		p.rows += int64(n)
		if err := w.hand(n); err != nil {
			return err
		}
		return errLimit
	}
	p.rows += int64(n)
	return w.hand(n)
}

// hand passes the first n rows to the sink.
func (w *Worker) hand(n int) error {
	w.sinkErr = w.sink.Batch(w.Columns.Batch(n))
	return w.sinkErr
}

// noteTimes counts the first n rows whose times are not plausible.
func (w *Worker) noteTimes(n int) {
	for i, t := range w.Time[:n] {
		if t >= clocks.Earliest && t <= w.latest {
			continue
		}
		if w.part.OddTimes++; w.part.OddTimes <= maxSamples {
			text := fmt.Sprintf("%s, %v to %v", time.Unix(0, t).UTC().Format(time.RFC3339Nano), w.Hosts.Addr(w.Src[i]), w.Hosts.Addr(w.Dst[i]))
			w.part.doubts = append(w.part.doubts, BadRecord{Text: text, Reason: oddTime})
		}
	}
}

// failedNote is about flows that Options.Answered leaves out.
var failedNote = Note{Text: "attempts that were never answered, left out"}

const oddTime = "a flow starts before 1990 or later than tomorrow"

// Unknown counts a value that can't be read in a record that is kept: the value is
// left 0, which stands for unknown. text is the record. As for Bad, Lines must have
// counted the lines before it.
func (w *Worker) Unknown(text []byte, r Role) {
	p := &w.part
	if p.Unknown == nil {
		p.Unknown = map[string]int64{}
	}
	name := RoleName(r)
	if p.Unknown[name]++; p.Unknown[name] <= maxSamples {
		p.doubts = append(p.doubts, BadRecord{Line: p.Lines + 1, Text: string(text[:min(len(text), MaxSampleText)]), Reason: "unreadable " + name})
	}
}

// clip moves the rows within Options.From and To, and of Options.Answered, to the front
// and returns their number.
func (w *Worker) clip(n int) int {
	k, rows := 0, w.Batch(n)
	for i, t := range w.Time[:n] {
		if w.opt.Bounded() && (t < w.opt.From || t >= w.opt.To) {
			continue
		}
		if w.opt.Answered && w.Failed[i] != 0 {
			w.Note(1, failedNote)
			continue
		}
		if k != i {
			w.Copy(k, rows, i)
		}
		k++
	}
	return k
}

// Lines adds n to the lines of text that have been read, or to the records where the
// format has no lines. Bad reports the place of a record by this count.
func (w *Worker) Lines(n int64) { w.part.Lines += n }

// Other counts a record of another kind, or one without addresses.
func (w *Worker) Other() { w.part.Other++ }

// Bad counts a record that can't be read and keeps the first few as samples. Lines
// must have counted the lines before it; reason is one of a few fixed sentences. An
// error ends the reading.
func (w *Worker) Bad(text []byte, reason string) error {
	p := &w.part
	p.Bad++
	if p.Reasons == nil {
		p.Reasons = map[string]int64{}
	}
	p.Reasons[reason]++
	if len(p.samples) < maxSamples {
		p.samples = append(p.samples, BadRecord{Line: p.Lines + 1, Text: string(text[:min(len(text), MaxSampleText)]), Reason: reason})
	}
	if w.opt.Strict {
		return errStrict
	}
	return nil
}

// Addr returns the host id of an address in text, false if the text is no address.
func (w *Worker) Addr(text []byte) (uint32, bool) {
	if len(text) > 15 {
		return w.LongAddrs().Lookup(w.Hosts, text)
	}
	return w.Addrs.Lookup(w.Hosts, addr.KeyOf(text))
}

// LongAddrs returns the worker's cache of addresses of 16 bytes or more.
func (w *Worker) LongAddrs() *addr.LongCache {
	if w.longAddrs == nil {
		w.longAddrs = new(addr.LongCache)
	}
	return w.longAddrs
}

// AddrLater is Addr for one of many addresses, and puts the id at its place in ids, or has
// ResolveAddrs put it there.
func (w *Worker) AddrLater(text []byte, ids []uint32, place int) (ok bool) {
	if len(text) > 15 {
		return w.LongAddrs().LookupLater(w.Hosts, text, ids, place)
	}
	return w.later.Lookup(w.Hosts, &w.Addrs, addr.KeyOf(text), ids, place)
}

// ResolveAddrs interns the addresses that wait since AddrLater was called for ids.
func (w *Worker) ResolveAddrs(ids []uint32) {
	w.later.Resolve(w.Hosts, &w.Addrs, ids)
	if w.longAddrs != nil {
		w.longAddrs.Resolve(w.Hosts, ids)
	}
}

// NetAddr returns the host id of an address.
func (w *Worker) NetAddr(addr netip.Addr) uint32 { return w.Hosts.Intern(addr) }

func (w *Worker) begin(input int, limit int64) {
	w.part = Counts{input: input, first: math.MaxInt64, last: math.MinInt64}
	w.limit = limit
	w.Filled = 0
}

// Optional tells whether columns other than time, source and destination are read.
func (w *Worker) Optional() bool {
	return w.SrcPort != nil || w.Port != nil || w.Proto != nil || w.Bytes != nil || w.SrcBytes != nil || w.Duration != nil || w.Failed != nil || w.Name != nil
}

// Zero clears n rows, from row on, of the columns that not every log has.
func (w *Worker) Zero(row, n int) {
	if w.SrcPort != nil {
		clear(w.SrcPort[row:][:n])
	}
	if w.Port != nil {
		clear(w.Port[row:][:n])
	}
	if w.Proto != nil {
		clear(w.Proto[row:][:n])
	}
	if w.Bytes != nil {
		clear(w.Bytes[row:][:n])
	}
	if w.SrcBytes != nil {
		clear(w.SrcBytes[row:][:n])
	}
	if w.Duration != nil {
		clear(w.Duration[row:][:n])
	}
	if w.Failed != nil {
		clear(w.Failed[row:][:n])
	}
	if w.Name != nil {
		clear(w.Name[row:][:n])
	}
}
