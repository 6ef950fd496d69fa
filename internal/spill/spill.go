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
	"beacon/internal/sorting"
)

// Kind holds what a Sorter has to know about its values.
type Kind[T any] struct {
	Compare func(a, b *T) int    // the order; values that are equal come in the order in which they were added
	Code    func(c *Coder, v *T) // turns a value into bytes, or bytes, which it doesn't keep, into an empty value
	Size    func(v *T) int64     // about how many bytes a value takes in memory
	Merge   func(into, v *T)     // adds a value to one that equals it, so that each comes once, in any order of adding up neighbours; nil keeps all
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
	least int64 // size of the file when all was merged last
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
	if err == nil && s.kind.Merge != nil && s.size > mergeAt*max(s.least, s.room) {
		err = s.mergeAll()
	}
	return err
}

// mergeAt is how many times as large the file gets as it was before values that are equal
// are merged throughout: four bounds the work to a third more, and the disk.
const mergeAt = 4

// mergeAll merges all runs into one, in a new file.
func (s *Sorter[T]) mergeAll() error {
	old := s.file
	defer old.Close()
	var err error
	if s.file, err = scratch.Create("beacon-sort"); err != nil {
		return fmt.Errorf("keeping findings past the memory allowed: %w", err)
	}
	s.size = 0
	r, err := s.write(func(yield func(*T, error) bool) { s.merge(old, s.runs, yield) })
	s.runs, s.least = []run{r}, s.size
	return err
}

// write writes sorted values as a run.
func (s *Sorter[T]) write(values iter.Seq2[*T, error]) (run, error) {
	from := s.size
	w := bufio.NewWriterSize(s.file, mostRead)
	var c Coder
	var head []byte
	for v, err := range values {
		if err != nil {
			return run{}, err
		}
		s.most = max(s.most, s.kind.Size(v)) // values that were merged are larger
		c.Bytes = c.Bytes[:0]
		s.kind.Code(&c, v)
		head = binary.AppendUvarint(head[:0], uint64(len(c.Bytes)))
		s.size += int64(len(head) + len(c.Bytes))
		_, _ = w.Write(head)
		if _, err := w.Write(c.Bytes); err != nil { // also the first error of those before
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
			r, err := s.write(func(yield func(*T, error) bool) { s.merge(s.file, some, yield) })
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

// sort sorts what is held.
func (s *Sorter[T]) sort() {
	slices.SortStableFunc(s.held, s.kind.Compare)
	if s.kind.Merge == nil {
		return
	}
	kept := s.held[:0]
	for from := 0; from < len(s.held); {
		to := from + 1
		for to < len(s.held) && s.kind.Compare(s.held[from], s.held[to]) == 0 {
			to++
		}
		kept = append(kept, s.kind.merge(s.held[from:to]))
		from = to
	}
	clear(s.held[len(kept):])
	s.held = kept
}

// merge adds up values that are equal, neighbours first, so that each is added few times.
func (k *Kind[T]) merge(list []*T) *T {
	for n := 1; n < len(list); n *= 2 {
		for i := 0; i+n < len(list); i += 2 * n {
			k.Merge(list[i], list[i+n])
		}
	}
	return list[0]
}

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
		s.merge(s.file, s.runs, yield)
	}
}

// cursor reads one run.
type cursor[T any] struct {
	from *bufio.Reader
	v    *T
	run  int
}

// merge yields the values of some runs of a file, those that are equal as one where they
// can be merged.
func (s *Sorter[T]) merge(file *scratch.File, runs []run, yield func(*T, error) bool) {
	if s.kind.Merge == nil {
		s.mergeEach(file, runs, yield)
		return
	}
	var equal []*T
	left := false
	s.mergeEach(file, runs, func(v *T, err error) bool {
		switch {
		case err != nil:
			left = true
			return yield(nil, err)
		case len(equal) > 0 && s.kind.Compare(equal[0], v) != 0:
			left = !yield(s.kind.merge(equal), nil)
			equal = equal[:0]
		}
		equal = append(equal, v)
		return !left
	})
	if len(equal) > 0 && !left {
		yield(s.kind.merge(equal), nil)
	}
}

// mergeEach yields the values of some runs of a file.
func (s *Sorter[T]) mergeEach(file *scratch.File, runs []run, yield func(*T, error) bool) {
	h := heap[T]{compare: s.kind.Compare}
	size := int(min(max(s.room/int64(len(runs)), leastRead), mostRead))
	coder := Coder{Reading: true}
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
		coder.Bytes = buf
		c.v = new(T)
		s.kind.Code(&coder, c.v)
		return nil
	}
	for i, r := range runs {
		c := &cursor[T]{from: bufio.NewReaderSize(io.NewSectionReader(file, r.at, r.size), size), run: i}
		if err := next(c); err != nil {
			yield(nil, err)
			return
		}
		h.list = append(h.list, c)
	}
	sorting.Func(h.list, h.order) // a sorted list is a heap
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
