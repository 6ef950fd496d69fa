package arrowlog

import (
	"errors"

	flatbuffers "github.com/google/flatbuffers/go"
)

// The metadata of a message is a flatbuffer, of which the library believes every
// length. What it makes room for by one is checked here first.

// Types of messages (Message.fbs), and the union type (Schema.fbs).
const (
	arrowSchema     = 1
	arrowDictionary = 2
	arrowBatch      = 3
	arrowUnion      = 14
)

// maxArrowFields bounds the columns of a table, nested ones too: tables of a
// flatbuffer can stand in each other many times over.
const maxArrowFields = 1 << 16

var errArrowMessage = errors.New("a message of the Arrow stream is malformed")

// arrowTableAt is a table of a flatbuffer; its slots are numbered from 0.
type arrowTableAt struct{ flatbuffers.Table }

func arrowRoot(meta []byte) arrowTableAt {
	return arrowTableAt{flatbuffers.Table{Bytes: meta, Pos: flatbuffers.GetUOffsetT(meta)}}
}

// slot is where a slot's value stands; 0 for none.
func (t arrowTableAt) slot(n int) flatbuffers.UOffsetT {
	if o := t.Offset(flatbuffers.VOffsetT(4 + 2*n)); o != 0 {
		return t.Pos + flatbuffers.UOffsetT(o)
	}
	return 0
}

// table is the table in a slot.
func (t arrowTableAt) table(n int) (arrowTableAt, bool) {
	at := t.slot(n)
	if at == 0 {
		return t, false
	}
	return arrowTableAt{flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(at)}}, true
}

// vector is the place and length of the vector in a slot, whose elements of so
// many bytes lie within the message: it panics otherwise.
func (t arrowTableAt) vector(n, size int) (at flatbuffers.UOffsetT, length int) {
	if t.slot(n) == 0 {
		return 0, 0
	}
	o := t.slot(n) - t.Pos
	at, length = t.Vector(o), t.VectorLen(o)
	if length < 0 || int(at)+length*size > len(t.Bytes) {
		panic(errArrowMessage)
	}
	return at, length
}

// arrowHeader is a message's type and the length of its body.
func arrowHeader(meta []byte) (kind byte, body int64, err error) {
	defer malformedArrow(&err)
	t := arrowRoot(meta)
	if at := t.slot(1); at != 0 {
		kind = t.GetByte(at)
	}
	if at := t.slot(3); at != 0 {
		body = t.GetInt64(at)
	}
	return kind, body, nil
}

func malformedArrow(err *error) {
	if p := recover(); p != nil {
		*err = errArrowMessage
	}
}

// checkArrow holds the lengths in a message's metadata to its size.
func checkArrow(meta []byte) (err error) {
	defer malformedArrow(&err)
	t := arrowRoot(meta)
	kind := t.GetByte(t.slot(1))
	header, ok := t.table(2)
	if !ok {
		return errArrowMessage
	}
	switch kind {
	case arrowSchema:
		fields := maxArrowFields
		header.checkFields(1, &fields)
		header.vector(2, 4)
	case arrowDictionary:
		if header, ok = header.table(1); ok {
			header.checkBatch()
		}
	case arrowBatch:
		header.checkBatch()
	default:
		return errArrowMessage
	}
	return nil
}

// checkFields checks the fields in a slot and those inside them.
func (t arrowTableAt) checkFields(slot int, left *int) {
	at, n := t.vector(slot, 4)
	for i := range n {
		if *left--; *left < 0 {
			panic(errArrowMessage)
		}
		f := arrowTableAt{flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(at + flatbuffers.UOffsetT(4*i))}}
		f.vector(6, 4)
		if kind := f.slot(2); kind != 0 && f.GetByte(kind) == arrowUnion {
			if u, ok := f.table(3); ok {
				u.vector(1, 4)
			}
		}
		f.checkFields(5, left)
	}
}

// checkBatch checks a record batch: the number of buffers that a column of
// views has.
func (t arrowTableAt) checkBatch() {
	t.vector(1, 16)
	_, buffers := t.vector(2, 16)
	at, n := t.vector(4, 8)
	for i := range n {
		if v := t.GetInt64(at + flatbuffers.UOffsetT(8*i)); v < 0 || v > int64(buffers) {
			panic(errArrowMessage)
		}
	}
}
