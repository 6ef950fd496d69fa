package stored

import (
	"cmp"
	"io"
	"slices"

	"beacon/internal/sorting"
)

// Extent is a part of a file: its bytes From, To-1.
type Extent struct{ From, To int64 }

// How parts of an object are requested.
//
// Note: mostHole doesn't matter for the time that an Arrow file of 77 MB takes, with 30 ms a
// request and 80 MB/s a connection, but for what is sent: 68 MB with 8 or 64 KiB, by 447 and 440
// requests, 90 MB with 128 KiB, by 315.
const (
	mostHole    = 64 << 10 // bytes that aren't wanted between two parts that are one request
	pieceSize   = 2 << 20  // bytes of a request
	mostAtATime = 16       // requests of an object at the same time
)

// Fetched holds parts of an object that are requested before they are read.
type Fetched struct {
	handle *Handle
	spans  []*span // in the order of the object
}

// span is parts that lie close together.
type span struct {
	Extent
	data   []byte
	pieces []*piece
}

// piece is one request.
type piece struct {
	done chan struct{}
	err  error
}

// Fetch begins to request parts of an object, those that lie close together with what is between
// them. Each of them is read into memory.
func (h *Handle) Fetch(parts []Extent) *Fetched {
	f := &Fetched{handle: h}
	parts = slices.Clone(parts)
	sorting.Stable(parts, func(a, b Extent) int { return cmp.Compare(a.From, b.From) })
	for _, p := range parts {
		if n := len(f.spans); n > 0 && p.From-f.spans[n-1].To <= mostHole {
			f.spans[n-1].To = max(f.spans[n-1].To, p.To)
			continue
		}
		f.spans = append(f.spans, &span{Extent: p})
	}
	for _, s := range f.spans {
		s.data = make([]byte, s.To-s.From)
		for at := int64(0); at < int64(len(s.data)); at += pieceSize {
			p := &piece{done: make(chan struct{})}
			s.pieces = append(s.pieces, p)
			go p.read(h, s.data[at:min(at+pieceSize, int64(len(s.data)))], s.From+at)
		}
	}
	return f
}

func (p *piece) read(h *Handle, into []byte, at int64) {
	defer close(p.done)
	h.places <- struct{}{}
	defer func() { <-h.places }()
	r := h.object.Range(at, at+int64(len(into)))
	defer r.Close()
	_, p.err = io.ReadFull(r, into)
}

// Has tells whether the bytes from a place on were requested.
func (f *Fetched) Has(at, n int64) bool { return f.span(at, n) != nil }

func (f *Fetched) span(at, n int64) *span {
	for _, s := range f.spans {
		if s.From <= at && at+n <= s.To {
			return s
		}
	}
	return nil
}

// Bytes waits for the bytes from a place on, which aren't to be changed. What wasn't requested
// is requested now.
func (f *Fetched) Bytes(at, n int64) ([]byte, error) {
	s := f.span(at, n)
	if s == nil {
		p := make([]byte, n)
		_, err := io.ReadFull(io.NewSectionReader(f.handle, at, n), p)
		return p, err
	}
	at -= s.From
	for i := at / pieceSize; i*pieceSize < at+n; i++ {
		if <-s.pieces[i].done; s.pieces[i].err != nil {
			return nil, s.pieces[i].err
		}
	}
	return s.data[at : at+n], nil
}
