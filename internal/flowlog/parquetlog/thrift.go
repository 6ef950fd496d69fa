package parquetlog

import (
	"encoding/binary"
	"errors"
)

// Page headers, and what of a footer can hurt its decoder, in Thrift's compact
// protocol. arrow keeps its own type of a page header internal.

// thriftReader walks over a struct of the compact protocol. It never reads past
// its bytes; once it met something that can't be, bad is set and every value is
// 0.
type thriftReader struct {
	p   []byte
	at  int
	bad bool
}

// Types of the compact protocol.
const (
	thriftStop = iota
	thriftTrue
	thriftFalse
	thriftByte
	thriftI16
	thriftI32
	thriftI64
	thriftDouble
	thriftBinary
	thriftList
	thriftSet
	thriftMap
	thriftStruct
	thriftUUID
)

// maxThriftDepth is how deep structs lie in each other at most.
const maxThriftDepth = 16

func (t *thriftReader) fail() { t.bad, t.at = true, len(t.p) }

func (t *thriftReader) byte() byte {
	if t.at >= len(t.p) {
		t.fail()
		return 0
	}
	t.at++
	return t.p[t.at-1]
}

func (t *thriftReader) uvarint() uint64 {
	v, n := binary.Uvarint(t.p[t.at:])
	if n <= 0 {
		t.fail()
		return 0
	}
	t.at += n
	return v
}

// int reads a zigzag varint, which I16, I32 and I64 are.
func (t *thriftReader) int() int64 {
	v := t.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

func (t *thriftReader) jump(n uint64) {
	if n > uint64(len(t.p)-t.at) {
		t.fail()
		return
	}
	t.at += int(n)
}

// list reads the beginning of a list: its length, and the type of its elements.
func (t *thriftReader) list() (n uint64, kind byte) {
	head := t.byte()
	if n = uint64(head >> 4); n == 15 {
		n = t.uvarint()
	}
	if n > uint64(len(t.p)-t.at) { // an element has a byte or more
		t.fail()
		return 0, 0
	}
	return n, head & 15
}

// fields calls do with each field of a struct; do reads its value, or says false
// to have it skipped.
func (t *thriftReader) fields(depth int, do func(id int16, kind byte) bool) {
	var id int16
	for !t.bad {
		head := t.byte()
		kind := head & 15
		if kind == thriftStop {
			return
		}
		if delta := int16(head >> 4); delta != 0 {
			id += delta
		} else {
			id = int16(t.int())
		}
		if !do(id, kind) {
			t.skip(kind, depth)
		}
	}
}

// skip passes over a value.
func (t *thriftReader) skip(kind byte, depth int) {
	switch kind {
	case thriftTrue, thriftFalse: // of a field: the type is the value
	case thriftByte:
		t.jump(1)
	case thriftI16, thriftI32, thriftI64:
		t.uvarint()
	case thriftDouble:
		t.jump(8)
	case thriftUUID:
		t.jump(16)
	case thriftBinary:
		t.jump(t.uvarint())
	case thriftList, thriftSet:
		n, kind := t.list()
		for ; n > 0 && !t.bad; n-- {
			t.element(kind, depth)
		}
	case thriftMap:
		n := t.uvarint()
		if n == 0 {
			return
		}
		kinds := t.byte()
		for ; n > 0 && !t.bad; n-- {
			t.element(kinds>>4, depth)
			t.element(kinds&15, depth)
		}
	case thriftStruct:
		if depth == maxThriftDepth {
			t.fail()
			return
		}
		t.fields(depth+1, func(int16, byte) bool { return false })
	default:
		t.fail()
	}
}

// element passes over a value in a container, where a bool takes a byte.
func (t *thriftReader) element(kind byte, depth int) {
	if kind == thriftTrue || kind == thriftFalse {
		kind = thriftByte
	}
	t.skip(kind, depth)
}

// pageKind tells what a page holds.
type pageKind int64

const (
	dataPage       pageKind = 0
	dictionaryPage pageKind = 2
	dataPageV2     pageKind = 3
)

// pageEncoding is how the values of a page are written, by its number in
// parquet.thrift.
type pageEncoding int64

const (
	encodingPlain            pageEncoding = 0
	encodingPlainDictionary  pageEncoding = 2
	encodingRLE              pageEncoding = 3
	encodingBitPacked        pageEncoding = 4
	encodingDelta            pageEncoding = 5
	encodingDeltaLengthBytes pageEncoding = 6
	encodingDeltaBytes       pageEncoding = 7
	encodingRLEDictionary    pageEncoding = 8
	encodingByteStreamSplit  pageEncoding = 9
)

// pageHeader holds what stands before a page. Sizes are in bytes.
type pageHeader struct {
	kind       pageKind
	size       int64 // decompressed
	stored     int64 // as it stands in the file
	values     int64 // with nulls
	encoding   pageEncoding
	levels     pageEncoding // of the definition levels of a v1 page
	defLevels  int64        // size of the definition levels of a v2 page
	repLevels  int64        // size of its repetition levels
	compressed bool         // of a v2 page
	hasCRC     bool
	crc        uint32 // of the bytes as they stand in the file
}

// parsePageHeader reads a page's header at the beginning of p and says how many
// bytes it took; false where p holds none, or not all of it.
func parsePageHeader(p []byte) (h pageHeader, n int, ok bool) {
	t := &thriftReader{p: p}
	h.kind, h.compressed = -1, true
	t.fields(0, func(id int16, kind byte) bool {
		switch {
		case id == 1 && kind == thriftI32:
			h.kind = pageKind(t.int())
		case id == 2 && kind == thriftI32:
			h.size = t.int()
		case id == 3 && kind == thriftI32:
			h.stored = t.int()
		case id == 4 && kind == thriftI32:
			h.hasCRC, h.crc = true, uint32(t.int())
		case id == 5 && kind == thriftStruct: // of a data page
			h.fields(t, map[int16]*int64{1: &h.values, 2: (*int64)(&h.encoding), 3: (*int64)(&h.levels)})
		case id == 7 && kind == thriftStruct: // of a dictionary page
			h.fields(t, map[int16]*int64{1: &h.values, 2: (*int64)(&h.encoding)})
		case id == 8 && kind == thriftStruct: // of a v2 data page
			h.fields(t, map[int16]*int64{1: &h.values, 4: (*int64)(&h.encoding), 5: &h.defLevels, 6: &h.repLevels})
		default:
			return false
		}
		return true
	})
	return h, t.at, !t.bad
}

// fields reads the numbers of the header of one kind of page.
func (h *pageHeader) fields(t *thriftReader, into map[int16]*int64) {
	t.fields(1, func(id int16, kind byte) bool {
		if v := into[id]; v != nil && kind == thriftI32 {
			*v = t.int()
			return true
		}
		if id == 7 && kind == thriftFalse {
			h.compressed = false
		}
		return false
	})
}

var errFooter = errors.New("corrupt: its footer can't be read")

// checkFooter walks over a footer before arrow decodes it: every length in it
// lies within it, and no group of the schema claims more children than the
// schema has elements, for which arrow would make room.
func checkFooter(footer []byte) error {
	t := &thriftReader{p: footer}
	t.fields(0, func(id int16, kind byte) bool {
		if id != 2 || kind != thriftList {
			return false
		}
		n, kind := t.list()
		if kind != thriftStruct {
			t.fail()
		}
		for range n {
			t.fields(1, func(id int16, kind byte) bool {
				if id != 5 || kind != thriftI32 {
					return false
				}
				if children := t.int(); children < 0 || uint64(children) >= n {
					t.fail()
				}
				return true
			})
		}
		return true
	})
	if t.bad {
		return errFooter
	}
	return nil
}
