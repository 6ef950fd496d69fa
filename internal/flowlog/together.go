package flowlog

import (
	"iter"

	"beacon/internal/flowlog/ahead"
	"beacon/internal/flowlog/stored"
)

// A batch of inputs is one, or some small ones.
const (
	smallInput  = HeadSize     // bytes of a plain input that is small
	smallPacked = HeadSize / 8 // bytes of a packed one, as stored
)

// batch returns how many of the first inputs are probed or opened together, and whether that may
// be done before their turn: reading a pipe may take as long as it likes.
func batch(inputs []*Input) (n int, early bool) {
	first, most := inputs[0], stored.Spare(maxClaimed)
	for n < min(most, len(inputs)) && inputs[n].small() {
		n++
	}
	return max(n, 1), first.pipe == nil && (first.file != nil || first.regular)
}

// small tells whether an input takes little memory and time to probe or, once that is done, to
// open.
func (in *Input) small() bool {
	switch {
	case in.pipe != nil || in.file.Remote():
		return false
	case in.file == nil:
		return in.regular
	}
	return in.Size <= smallPacked || in.Size <= smallInput && len(in.layers)+len(in.wraps) == 0
}

// together does a little to each input, to many at a time, and yields the results in their order.
func together[T any](inputs []*Input, do func(in *Input) T) iter.Seq2[*Input, T] {
	return func(yield func(*Input, T) bool) {
		list := ahead.List[T]{Len: len(inputs), Do: func(i int) T { return do(inputs[i]) }, Batch: func(from int) (int, bool) { return min(maxClaimed, len(inputs)-from), true }}
		defer list.Rest()
		for _, in := range inputs {
			if !yield(in, list.Next()) {
				return
			}
		}
	}
}
