package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/earlier"
	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/stats"
	"beacon/internal/timespan"
)

// Answer is an answer about the window.
type Answer struct {
	Findings *beacon.Findings
	Log      *flowlog.Log // that was read, closed after Publish
	Events   []earlier.Event
	From, To int64 // of the window, ns since the Unix epoch: To is the latest flow
}

// answer answers the question about the window, unless nothing has come since the last
// answer.
func (w *Watcher) answer(ctx context.Context) error {
	w.mu.Lock()
	if !w.grown {
		w.mu.Unlock()
		return nil
	}
	w.grown = false
	sources := append([]*source{}, w.st.Sources...)
	w.mu.Unlock()
	begun := time.Now()
	for _, s := range sources {
		if err := w.measure(ctx, s); err != nil {
			w.again()
			return err
		}
	}
	a, err := w.window(ctx)
	if err == nil && a == nil {
		return nil
	}
	if err != nil {
		w.again()
		w.count.failing.Store(true)
		return err
	}
	defer a.Log.Close()
	if err := w.publish(ctx, a); err != nil {
		w.again()
		w.count.failing.Store(true)
		return err
	}
	w.count.answer(a, time.Since(begun))
	a.Findings.Close()
	return w.commit()
}

// window moves the window to the latest flow and opens what lies in it; nil for nothing.
func (w *Watcher) window(ctx context.Context) (*Answer, error) {
	w.mu.Lock()
	latest := w.opt.Log.Latest()
	span := w.st.span(latest)
	w.mu.Unlock()
	if span.First > span.Last {
		return nil, nil
	}
	a := &Answer{From: span.Last - int64(w.opt.Window), To: span.Last}
	if err := w.slide(a.From, a.To); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	opt := w.opt.Log
	opt.From, opt.To = a.From, beacon.MaxTime
	log, err := flowlog.Open([]string{filepath.Join(w.opt.State, spools)}, nil, opt)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, s := range w.st.Sources {
		names[s.Spool] = s.Name
	}
	log.Inputs = slices.DeleteFunc(log.Inputs, func(in *flowlog.Input) bool {
		name, ok := names[filepath.Base(in.Name)]
		if !ok { // what it holds has moved to another, and it will be removed
			in.Close()
		}
		in.Name = name
		return !ok
	})
	for i, err := range log.Skipped {
		var placed *flowlog.InputError
		if errors.As(err, &placed) {
			log.Skipped[i] = named(err, names[filepath.Base(placed.Input)])
		}
	}
	a.Log = log
	return a, nil
}

// publish answers, compares with the answer before, and hands both out.
func (w *Watcher) publish(ctx context.Context, a *Answer) (err error) {
	if a.Findings, err = w.opt.Answer(ctx, a.Log, a.From); err != nil {
		return err
	}
	var held []beacon.Earlier
	var before []beacon.Earlier
	gone := slices.DeleteFunc(slices.Clone(w.st.Ended), func(e ended) bool { return e.At < a.From })
	for _, e := range gone {
		before = append(before, e.Earlier)
	}
	a.Events, held = earlier.Events(a.Findings, w.st.Held, before, w.opt.Holds)
	for _, e := range a.Events {
		if e.Earlier != nil {
			gone = append(gone, ended{*e.Earlier, e.At})
		}
	}
	if err := cmp.Or(a.Findings.Err(), w.opt.Publish(a)); err != nil {
		a.Findings.Close()
		return err
	}
	w.mu.Lock()
	w.st.Held, w.st.Ended = held, gone
	w.mu.Unlock()
	return nil
}

// measure counts the flows of a spool by day.
func (w *Watcher) measure(ctx context.Context, s *source) error {
	w.mu.Lock()
	if s.Spool == "" || s.Measured == s.Size {
		w.mu.Unlock()
		return nil
	}
	spool, size := s.Spool, s.Size
	log, err := flowlog.Open([]string{w.spoolPath(s)}, nil, w.opt.Log)
	w.mu.Unlock()
	var tallies []*tally
	if err == nil {
		defer log.Close()
		_, err = log.Read(ctx, flowlog.Pass{Hosts: flow.NewHosts(nil), Last: true, Workers: runtime.GOMAXPROCS(0), Sink: func() flowlog.Sink {
			tallies = append(tallies, &tally{source{Days: map[int64]day{}}})
			return tallies[len(tallies)-1]
		}})
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		w.fault(named(err, s.Name))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.Spool != spool {
		return nil
	}
	s.Measured, s.Flows, s.Days = size, 0, map[int64]day{}
	for _, t := range tallies {
		for n, d := range t.Days {
			s.add(n, d)
			s.Flows += d.Flows
		}
	}
	return nil
}

// add counts flows of a day.
func (s *source) add(n int64, d day) {
	if o, ok := s.Days[n]; ok {
		d = day{d.Flows + o.Flows, min(d.First, o.First), max(d.Last, o.Last)}
	}
	s.Days[n] = d
}

// tally is a sink that counts flows by day.
type tally struct{ source }

// Begin implements flowlog.Sink.
func (*tally) Begin(int) {}

// Batch implements flowlog.Sink.
func (t *tally) Batch(b *flow.Batch) error {
	low, high := b.Time[0], b.Time[0]
	for _, at := range b.Time {
		low, high = min(low, at), max(high, at)
	}
	if n := stats.FloorDiv(low, int64(timespan.DayLength)); n == stats.FloorDiv(high, int64(timespan.DayLength)) { // Fast path
		t.add(n, day{int64(b.Len()), low, high})
		return nil
	}
	for _, at := range b.Time {
		t.add(stats.FloorDiv(at, int64(timespan.DayLength)), day{1, at, at})
	}
	return nil
}

// slide lets go of the spools whose flows all start before from, and of the beginnings of
// others once they are more than half of them. The latest flow is at end.
func (w *Watcher) slide(from, end int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.st.Sources {
		if s.Spool == "" || s.Measured == 0 {
			continue
		}
		last := s.last(end)
		if s.Measured == s.Size && last < from {
			w.drop(s)
			continue
		}
		if n := len(s.Marks); n == 0 || s.Marks[n-1].Size < s.Measured {
			s.Marks = append(s.Marks, mark{s.Measured, last})
		}
		gone := 0
		for gone < len(s.Marks) && s.Marks[gone].Last < from {
			gone++
		}
		if gone > 0 && !s.Whole && s.Marks[gone-1].Size > s.Size/2 {
			if err := w.compact(s, s.Marks[gone-1].Size); err != nil {
				return fmt.Errorf("making room: %w", err)
			}
		}
	}
	return nil
}

// compact moves what follows the first bytes of a spool to a new one, below the lines that
// name its columns.
func (w *Watcher) compact(s *source, first int64) error {
	old, err := os.Open(w.spoolPath(s))
	if err != nil {
		return err
	}
	defer old.Close()
	rest := io.NewSectionReader(old, first, s.Size-first)
	before := *s
	s.Gen++
	s.Spool, s.Size = s.spoolName(), 0
	if len(s.Header) > 0 {
		err = w.write(s, w.encoder.EncodeAll(s.Header, nil))
	}
	buf := make([]byte, 1<<20)
	for err == nil {
		var n int
		if n, err = rest.Read(buf); n > 0 {
			err = errors.Join(w.write(s, buf[:n]), err)
		}
	}
	if !errors.Is(err, io.EOF) {
		w.stale = append(w.stale, s.Spool)
		s.Spool, s.Size = before.Spool, before.Size
		return err
	}
	if f := w.dirty[before.Spool]; f != nil {
		f.Close()
		delete(w.dirty, before.Spool)
	}
	w.stale = append(w.stale, before.Spool)
	s.Measured, s.Marks = 0, slices.DeleteFunc(s.Marks, func(m mark) bool { return m.Size <= first })
	for i := range s.Marks {
		s.Marks[i].Size += s.Size - before.Size
	}
	return nil
}
