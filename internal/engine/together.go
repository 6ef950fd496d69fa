package engine

import (
	"sync/atomic"

	"beacon/internal/beacon"
	"beacon/internal/flow"
)

// together is what is gathered about the flagged destinations where no more is wanted than
// their sources (see beacon.Query.SourcesOnly): where each source first calls any of them.
// It is shared by the workers.
//
// Note: 10 million flows to 10,000 destinations from 630 sources each took 6.2 s of CPU
// when the sources of each destination were gathered, and 0.5 without any destination.
type together struct {
	byTime  bool
	sources flow.Paged[uint64] // by id: the complement of its first place, 0 for none
	called  flow.Paged[uint32] // 1 by index in fold.flagged, of what was called
}

// add takes a flow of src to a flagged destination. The first of several flows is the
// lowest by position in the log, or by time where sources are in the order of time.
func (g *together) add(dest int, src uint32, t int64, position uint64) {
	place := position
	if g.byTime {
		place = uint64(t) ^ 1<<63
	}
	mark, first := max(1, ^place), g.sources.At(src)
	for {
		known := atomic.LoadUint64(first)
		if known >= mark || atomic.CompareAndSwapUint64(first, known, mark) {
			break
		}
	}
	if called := g.called.At(uint32(dest)); atomic.LoadUint32(called) == 0 {
		atomic.StoreUint32(called, 1)
	}
}

// list returns the sources. It returns beacon.ErrChanged where a destination was called in
// the first reading only.
func (g *together) list(f *fold) (list []beacon.Source, err error) {
	for k := range f.flagged {
		if called := g.called.Peek(uint32(k)); called == nil || *called == 0 {
			return nil, beacon.ErrChanged
		}
	}
	for src := range uint32(f.hosts.Len()) {
		first := g.sources.Peek(src)
		if first == nil || *first == 0 {
			continue
		}
		s := beacon.Source{Addr: f.hosts.Host(src), Position: ^*first}
		if g.byTime {
			s.First = int64(^*first ^ 1<<63)
		}
		list = append(list, s)
	}
	return list, nil
}
