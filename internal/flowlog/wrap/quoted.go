package wrap

import (
	"bytes"
	"encoding/binary"
	"sync/atomic"
	"unsafe"

	"beacon/internal/flowlog"
)

// quoted holds how the texts in quotes of a head begin, as bits by a hash of their first
// four bytes.
//
// Note: each envelope is told by a key. Of 2,000 logs of JSON lines, looking for each key in
// each head took half of the time.
type quoted struct {
	head   flowlog.Head
	starts [1 << quotedBits / 64]uint64
}

const quotedBits = 14 // a log of JSON lines has some hundred beginnings

// lastQuoted is that of the head that was looked at last: envelopes are asked one after the
// other about a head, and heads are not changed.
var lastQuoted atomic.Pointer[quoted]

// quotedOf returns how the texts in quotes of a head begin.
func quotedOf(head flowlog.Head) *quoted {
	if q := lastQuoted.Load(); q != nil && len(q.head) == len(head) && unsafe.SliceData(q.head) == unsafe.SliceData(head) {
		return q
	}
	q := &quoted{head: head}
	for text := head; ; {
		i := bytes.IndexByte(text, '"')
		if i < 0 || i+startBytes >= len(text) {
			break
		}
		text = text[i+1:]
		bit := hashStart(text)
		q.starts[bit/64] |= 1 << (bit % 64)
	}
	lastQuoted.Store(q)
	return q
}

// startBytes is how many bytes of a text hashStart takes: of three, "resp" and "results"
// have the same.
const startBytes = 4

func hashStart(text []byte) uint32 {
	return binary.LittleEndian.Uint32(text) * 0x9E3779B1 >> (32 - quotedBits)
}

// has tells whether a text that has a quote in it stands in the head.
func (q *quoted) has(token string) bool {
	text := []byte(token)
	if i := bytes.IndexByte(text, '"'); i >= 0 && i+startBytes < len(text) {
		bit := hashStart(text[i+1:])
		if q.starts[bit/64]&(1<<(bit%64)) == 0 {
			return false
		}
	}
	return bytes.Contains(q.head, text)
}
