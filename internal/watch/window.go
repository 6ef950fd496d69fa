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
	end, ok := w.st.end(w.now())
	for _, s := range w.st.Sources {
		if at, odd := s.ahead(end); ok && odd {
			w.noteOnce("%s: flows are dated later than all others, or than the present, such as %s UTC: they don't count until the window gets there", s.Name, time.Unix(0, at).UTC().Format(time.DateTime))
		}
	}
	w.mu.Unlock()
	if !ok {
		return nil, nil
	}
	a := &Answer{From: end - int64(w.opt.Window), To: end}
	if err := w.slide(a.From, a.To); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	opt := w.reading()
	opt.From, opt.To = a.From, a.To+1
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
	if a.Findings, err = w.opt.Answer(ctx, a.Log); err != nil {
		return err
	}
	var told []earlier.Told
	a.Events, told = earlier.Events(a.Findings, w.st.Told, w.opt.Window, w.opt.Holds)
	if err := cmp.Or(a.Findings.Err(), w.opt.Publish(a)); err != nil {
		a.Findings.Close()
		return err
	}
	w.mu.Lock()
	w.st.Told, w.told = told, true
	w.mu.Unlock()
	return nil
}

// reading returns how logs are read at present.
func (w *Watcher) reading() flowlog.Options {
	opt := w.opt.Log
	opt.Now = w.now()
	return opt
}

// measure counts the flows of a spool by hour.
func (w *Watcher) measure(ctx context.Context, s *source) error {
	w.mu.Lock()
	if s.Spool == "" || s.Measured == s.Size {
		w.mu.Unlock()
		return nil
	}
	spool, size := s.Spool, s.Size
	log, err := flowlog.Open([]string{w.spoolPath(s)}, nil, w.reading())
	w.mu.Unlock()
	var tallies []*tally
	if err == nil {
		defer log.Close()
		_, err = log.Read(ctx, flowlog.Pass{Hosts: flow.NewHosts(nil), Last: true, Workers: runtime.GOMAXPROCS(0), Sink: func() flowlog.Sink {
			tallies = append(tallies, &tally{source{Hours: map[int64]hour{}}})
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
	s.Measured, s.Flows, s.Hours = size, 0, map[int64]hour{}
	for _, t := range tallies {
		for n, h := range t.Hours {
			s.add(n, h)
			s.Flows += h.Flows
		}
	}
	return nil
}

// add counts flows of an hour.
func (s *source) add(n int64, h hour) {
	if o, ok := s.Hours[n]; ok {
		h = hour{h.Flows + o.Flows, min(h.First, o.First), max(h.Last, o.Last)}
	}
	s.Hours[n] = h
}

// tally is a sink that counts flows by hour.
type tally struct{ source }

// Begin implements flowlog.Sink.
func (*tally) Begin(int) {}

// Batch implements flowlog.Sink.
func (t *tally) Batch(b *flow.Batch) error {
	low, high := b.Time[0], b.Time[0]
	for _, at := range b.Time {
		low, high = min(low, at), max(high, at)
	}
	if n := stats.FloorDiv(low, int64(time.Hour)); n == stats.FloorDiv(high, int64(time.Hour)) { // Fast path
		t.add(n, hour{int64(b.Len()), low, high})
		return nil
	}
	for _, at := range b.Time {
		t.add(stats.FloorDiv(at, int64(time.Hour)), hour{1, at, at})
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
		last := s.last(end, w.opt.Window)
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
