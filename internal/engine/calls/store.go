package calls

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"sync"

	"beacon/internal/scratch"
)

// Store keeps calls by partition: in memory up to a budget, past it in a temporary file. What is
// kept where changes no answer.
type Store struct {
	budget int64 // bytes in memory

	mu    sync.Mutex
	held  int64 // bytes in memory
	parts []part
	file  *scratch.File
	size  int64

	fillers int // so far
}

// part is the calls of one partition.
type part struct {
	calls int
	pages []page
}

// page is packed calls, in memory or in the file.
type page struct {
	filler int    // that filled it
	packed []byte // nil in the file
	at     int64
	size   int
}

// NewStore returns a store of so many partitions that holds so many bytes in memory.
func NewStore(parts int, budget int64) *Store {
	return &Store{budget: budget, parts: make([]part, parts)}
}

// Partitions returns the number of partitions.
func (s *Store) Partitions() int { return len(s.parts) }

// Len returns the number of calls of a partition.
func (s *Store) Len(partition int) int { return s.parts[partition].calls }

// add takes a page of a partition from a filler, which may fill it again.
func (s *Store) add(filler, partition, calls int, packed []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &s.parts[partition]
	p.calls += calls
	if s.held+int64(len(packed)) <= s.budget {
		s.held += int64(len(packed))
		p.pages = append(p.pages, page{filler: filler, packed: slices.Clone(packed)})
		return nil
	}
	p.pages = append(p.pages, page{filler: filler, packed: packed})
	return s.spill(&p.pages[len(p.pages)-1])
}

// spill writes a page to the file.
func (s *Store) spill(p *page) error {
	if s.file == nil {
		f, err := scratch.Create("beacon-pairs")
		if err != nil {
			return fmt.Errorf("keeping calls past the memory allowed: %w", err)
		}
		s.file = f
	}
	if _, err := s.file.WriteAt(p.packed, s.size); err != nil {
		return fmt.Errorf("keeping calls past the memory allowed: %w", err)
	}
	p.at, p.size, p.packed = s.size, len(p.packed), nil
	s.size += int64(p.size)
	return nil
}

// Settle makes room for what follows, once all calls are in: if they didn't fit into memory, none
// stays there.
func (s *Store) Settle() error {
	if s.file == nil {
		return nil
	}
	for k := range s.parts {
		for i := range s.parts[k].pages {
			if p := &s.parts[k].pages[i]; p.packed != nil {
				if err := s.spill(p); err != nil {
					return err
				}
			}
		}
	}
	s.held = 0
	return nil
}

// Forget lets go of a partition's calls.
func (s *Store) Forget(partition int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parts[partition] = part{}
}

// Close removes the file.
func (s *Store) Close() {
	if s != nil {
		s.file.Close()
	}
}

// Each calls do for the calls of a partition, some at a time, until it fails. do doesn't keep
// them.
func (s *Store) Each(partition int, do func(calls []Call) error) error {
	var buf []byte
	pages := s.ordered(partition)
	for i := range pages {
		var packed []byte
		var err error
		if packed, buf, err = s.read(&pages[i], buf[:0]); err != nil {
			return err
		}
		for block := range (Packed{packed}).Blocks() {
			if err := do(block); err != nil {
				return err
			}
		}
	}
	return nil
}

// Load returns the calls of a partition. Those in the file are read into buf, which is returned
// as well.
func (s *Store) Load(partition int, buf []byte) (Packed, []byte, error) {
	pages := s.ordered(partition)
	size := 0
	for i := range pages {
		size += pages[i].size
	}
	buf = slices.Grow(buf[:0], size)
	list := make(Packed, len(pages))
	for i := range pages {
		var err error
		if list[i], buf, err = s.read(&pages[i], buf); err != nil {
			return nil, buf, err
		}
	}
	return list, buf, nil
}

// ordered returns the pages of a partition, those of one filler in the order in which it filled
// them: so the times of most pairs are a few ascending runs.
func (s *Store) ordered(partition int) []page {
	pages := s.parts[partition].pages
	slices.SortStableFunc(pages, func(a, b page) int { return cmp.Compare(a.filler, b.filler) })
	return pages
}

// read returns what a page holds; that of the file is appended to buf.
func (s *Store) read(p *page, buf []byte) (packed, _ []byte, err error) {
	if p.packed != nil {
		return p.packed, buf, nil
	}
	n := len(buf)
	buf = slices.Grow(buf, p.size)[:n+p.size]
	if _, err := s.file.ReadAt(buf[n:], p.at); err != nil {
		return nil, buf, fmt.Errorf("reading calls back: %w", err)
	}
	return buf[n:], buf, nil
}

// Packed is packed calls.
type Packed [][]byte

// Blocks yields the calls in their order, some at a time. A block holds until the next one.
func (p Packed) Blocks() iter.Seq[[]Call] {
	return func(yield func([]Call) bool) {
		var buf [1 + chunkCalls]Call
		for _, page := range p {
			buf[0], page = unpackHead(page)
			for len(page) > overrun {
				var block []Call
				if block, page = unpack(page, &buf); !yield(block) {
					return
				}
			}
		}
	}
}

// pageBytes is the size of a page, in bytes.
const pageBytes = 16 << 10

// Filler fills a store: one worker's.
type Filler struct {
	store  *Store
	number int
	counts []int     // by partition, the calls that wait to be packed
	calls  []Call    // these, of each partition the last one that was packed and chunkCalls
	pages  []pending // by partition
}

// pending is the page that a filler fills.
type pending struct {
	packed []byte
	calls  int
}

// NewFiller returns a filler of the store.
func (s *Store) NewFiller() Filler {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fillers++
	n := len(s.parts)
	return Filler{store: s, number: s.fillers, counts: make([]int, n), calls: make([]Call, n*(1+chunkCalls)), pages: make([]pending, n)}
}

// Next returns the place of the next call of a partition, whose fields are all to be set.
func (f *Filler) Next(partition int) (*Call, error) {
	n := f.counts[partition]
	if n == chunkCalls {
		if err := f.pack(partition); err != nil {
			return nil, err
		}
		n = 0
	}
	f.counts[partition] = n + 1
	return &f.calls[partition*(1+chunkCalls)+1+n], nil
}

// pack packs the calls of a partition that wait.
func (f *Filler) pack(partition int) error {
	p, n := &f.pages[partition], f.counts[partition]
	if n == 0 {
		return nil
	}
	if pageHead+len(p.packed)+chunkMost > cap(p.packed) {
		if err := f.hand(partition); err != nil {
			return err
		}
		if p.packed == nil {
			p.packed = make([]byte, 0, pageBytes)
		}
	}
	calls := f.calls[partition*(1+chunkCalls):][:1+n]
	p.packed = pack(p.packed, calls)
	calls[0] = calls[n]
	p.calls += n
	f.counts[partition] = 0
	return nil
}

// hand hands a page over to the store.
func (f *Filler) hand(partition int) error {
	p := &f.pages[partition]
	if p.calls == 0 {
		return nil
	}
	err := f.store.add(f.number, partition, p.calls, p.packed[:len(p.packed)+overrun])
	p.packed, p.calls = p.packed[:0], 0
	return err
}

// Finish hands over all that the filler has.
func (f *Filler) Finish() error {
	for k := range f.counts {
		if err := f.pack(k); err != nil {
			return err
		}
		if err := f.hand(k); err != nil {
			return err
		}
		f.pages[k].packed = nil
	}
	f.calls = nil
	return nil
}
