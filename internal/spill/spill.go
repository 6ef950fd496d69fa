// Package spill sorts values of which more may come than fit into memory: what is past the
// memory allowed lies in a temporary file, in runs that are merged when they are read.
package spill

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"slices"

	"beacon/internal/scratch"
)

// Kind holds what a Sorter has to know about its values.
type Kind[T any] struct {
	Compare func(a, b *T) int            // the order; values that are equal come in the order in which they were added
	Append  func(to []byte, v *T) []byte // appends a value as bytes
	Decode  func(from []byte) *T         // returns the value of such bytes, which it doesn't keep
	Size    func(v *T) int64             // about how many bytes a value takes in memory
}

// Sorter sorts values. Its methods are called by one goroutine at a time.
type Sorter[T any] struct {
	kind  Kind[T]
	room  int64 // bytes in memory; 0 is no limit
	held  []*T
	bytes int64 // of held
	most  int64 // of the largest value
	n     int
	file  *scratch.File
	size  int64 // of the file
	runs  []run
}

// run is a sorted part of the file.
type run struct{ at, size int64 }

// The bounds of what is read of a run at a time, in bytes: room is shared out to the runs.
const (
	leastRead = 4 << 10
	mostRead  = 64 << 10
)

// New returns a sorter that holds so many bytes of values in memory; 0 is no limit.
func New[T any](kind Kind[T], room int64) *Sorter[T] { return &Sorter[T]{kind: kind, room: room} }

// Len returns how many values were added.
func (s *Sorter[T]) Len() int { return s.n }

// Spilled tells whether values lie in a file.
func (s *Sorter[T]) Spilled() bool { return len(s.runs) > 0 }

// Add adds a value, which then belongs to the sorter.
func (s *Sorter[T]) Add(v *T) error {
	s.held = append(s.held, v)
	size := s.kind.Size(v)
	s.bytes, s.most = s.bytes+size, max(s.most, size)
	s.n++
	if s.room <= 0 || s.bytes <= s.room {
		return nil
	}
	return s.spill()
}

// spill writes what is held as a run.
func (s *Sorter[T]) spill() (err error) {
	if len(s.held) == 0 {
		return nil
	}
	if s.file == nil {
		if s.file, err = scratch.Create("beacon-sort"); err != nil {
			return fmt.Errorf("keeping findings past the memory allowed: %w", err)
		}
	}
	s.sort()
	r, err := s.write(func(yield func(*T, error) bool) {
		for i, v := range s.held {
			if s.held[i] = nil; !yield(v, nil) {
				return
			}
		}
	})
	s.runs = append(s.runs, r)
	s.held, s.bytes = s.held[:0], 0
	return err
}

// write writes sorted values as a run.
func (s *Sorter[T]) write(values iter.Seq2[*T, error]) (run, error) {
	from := s.size
	w := bufio.NewWriterSize(s.file, mostRead)
	var buf, head []byte
	for v, err := range values {
		if err != nil {
			return run{}, err
		}
		buf = s.kind.Append(buf[:0], v)
		head = binary.AppendUvarint(head[:0], uint64(len(buf)))
		s.size += int64(len(head) + len(buf))
		_, _ = w.Write(head)
		if _, err := w.Write(buf); err != nil { // also the first error of those before
			return run{}, fmt.Errorf("keeping findings past the memory allowed: %w", err)
		}
	}
	if err := w.Flush(); err != nil {
		return run{}, fmt.Errorf("keeping findings past the memory allowed: %w", err)
	}
	return run{from, s.size - from}, nil
}

// join joins runs that follow each other, until there are so few that one value of each,
// and what is read of it at a time, fits into the room.
func (s *Sorter[T]) join() error {
	atOnce := int(max(leastRuns, s.room/(s.most+leastRead)))
	for len(s.runs) > atOnce {
		var joined []run
		for some := range slices.Chunk(s.runs, atOnce) {
			r, err := s.write(func(yield func(*T, error) bool) { s.merge(some, yield) })
			if err != nil {
				return err
			}
			joined = append(joined, r)
		}
		s.runs = joined
	}
	return nil
}

// leastRuns is how many runs are merged at once, however large their values are.
const leastRuns = 8

func (s *Sorter[T]) sort() { slices.SortStableFunc(s.held, s.kind.Compare) }

// All yields the values in order. Where some were spilled, each is made anew; otherwise
// they are those that were added. No value is added any more.
func (s *Sorter[T]) All() iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		if len(s.runs) == 0 {
			s.sort()
			for _, v := range s.held {
				if !yield(v, nil) {
					return
				}
			}
			return
		}
		if err := s.spill(); err != nil {
			yield(nil, err)
			return
		}
		s.held = nil
		if err := s.join(); err != nil {
			yield(nil, err)
			return
		}
		s.merge(s.runs, yield)
	}
}

// cursor reads one run.
type cursor[T any] struct {
	from *bufio.Reader
	v    *T
	run  int
}

// merge yields the values of some runs.
func (s *Sorter[T]) merge(runs []run, yield func(*T, error) bool) {
	h := heap[T]{compare: s.kind.Compare}
	size := int(min(max(s.room/int64(len(runs)), leastRead), mostRead))
	var buf []byte
	next := func(c *cursor[T]) (err error) {
		c.v = nil
		n, err := binary.ReadUvarint(c.from)
		if err == io.EOF {
			return nil
		}
		if err == nil {
			buf = slices.Grow(buf[:0], int(n))[:n]
			_, err = io.ReadFull(c.from, buf)
		}
		if err != nil {
			return fmt.Errorf("reading findings back: %w", err)
		}
		c.v = s.kind.Decode(buf)
		return nil
	}
	for i, r := range runs {
		c := &cursor[T]{from: bufio.NewReaderSize(io.NewSectionReader(s.file, r.at, r.size), size), run: i}
		if err := next(c); err != nil {
			yield(nil, err)
			return
		}
		h.list = append(h.list, c)
	}
	slices.SortFunc(h.list, h.order) // a sorted list is a heap
	for len(h.list) > 0 {
		c := h.list[0]
		if !yield(c.v, nil) {
			return
		}
		if err := next(c); err != nil {
			yield(nil, err)
			return
		}
		h.down()
	}
}

// heap holds cursors, the one with the first value at the top.
type heap[T any] struct {
	list    []*cursor[T]
	compare func(a, b *T) int
}

func (h *heap[T]) less(i, j int) bool {
	return h.order(h.list[i], h.list[j]) < 0
}

// order orders cursors by their values, and those of equal values by their runs.
func (h *heap[T]) order(a, b *cursor[T]) int {
	return cmp.Or(h.compare(a.v, b.v), cmp.Compare(a.run, b.run))
}

// down moves the cursor at the top to its place, or drops it where its run has ended.
func (h *heap[T]) down() {
	if h.list[0].v == nil {
		last := len(h.list) - 1
		h.list[0] = h.list[last]
		h.list = h.list[:last]
	}
	for i := 0; ; {
		least := i
		for k := 2*i + 1; k <= 2*i+2 && k < len(h.list); k++ {
			if h.less(k, least) {
				least = k
			}
		}
		if least == i {
			return
		}
		h.list[i], h.list[least] = h.list[least], h.list[i]
		i = least
	}
}

// Close removes the file.
func (s *Sorter[T]) Close() {
	if s != nil {
		s.file.Close()
		s.held, s.runs, s.file = nil, nil, nil
	}
}
