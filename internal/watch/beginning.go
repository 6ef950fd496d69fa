package watch

import "github.com/cespare/xxhash/v2"

// beginning tells a log from others by its first bytes, decompressed. More of a log is
// read as it grows, so the sums of several lengths are kept: the beginning of a copy that
// is still being written can be compared too.
type beginning struct {
	N    int      `json:"n"`    // bytes that Sum is of
	Sum  uint64   `json:"sum"`  // XXH64
	Sums []uint64 `json:"sums"` // of the first shortest, 2*shortest, 4*shortest... bytes, up to N
}

// shortest is the number of bytes that two logs are compared by at least: fewer hold no
// more than the names of columns.
const shortest = 64

// maxBeginning is the most of a log that is compared: as much as its format is found by.
const maxBeginning = 64 << 10

func beginningOf(head []byte) beginning {
	head = head[:min(len(head), maxBeginning)]
	b := beginning{N: len(head), Sum: xxhash.Sum64(head)}
	for n := shortest; n <= len(head); n *= 2 {
		b.Sums = append(b.Sums, xxhash.Sum64(head[:n]))
	}
	return b
}

// likeness says whether two logs are the same by what is known of their beginnings.
type likeness int

const (
	different likeness = iota
	undecided          // one is shorter, and the same so far
	same
)

// compare compares the beginning with that of another log or file.
func (b *beginning) compare(head []byte) likeness {
	if b.N == 0 {
		return different
	}
	if len(head) >= b.N {
		if xxhash.Sum64(head[:b.N]) == b.Sum {
			return same
		}
		return different
	}
	n := shortest
	for i := range b.Sums {
		if n > len(head) {
			break
		}
		if xxhash.Sum64(head[:n]) != b.Sums[i] {
			return different
		}
		n *= 2
	}
	return undecided
}
