package arrowlog

import (
	"encoding/binary"
	"errors"
)

// The metadata of a message is a flatbuffer (Message.fbs, Schema.fbs and File.fbs
// of the Arrow format). Nothing in it is believed: a place outside of the message
// makes the accessors panic with errMessage or a bounds error, which decode turns
// into errMessage.

var errMessage = errors.New("corrupt: a message of the Arrow stream is malformed")

// decode calls do, which may read past the end of a flatbuffer.
func decode(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errMessage
		}
	}()
	return do()
}

// fbTable is a table of a flatbuffer; its slots are numbered from 0.
type fbTable struct {
	p  []byte
	at int
}

// fbRoot returns the root table of a flatbuffer.
func fbRoot(p []byte) fbTable { return fbTable{p, int(binary.LittleEndian.Uint32(p))} }

// slot returns where a slot's value stands, within the table, 0 where the slot is empty.
func (t fbTable) slot(n int) int {
	vtable := t.at - int(int32(binary.LittleEndian.Uint32(t.p[t.at:])))
	size := int(binary.LittleEndian.Uint16(t.p[vtable:]))
	if 4+2*n+2 > size {
		return 0
	}
	o := int(binary.LittleEndian.Uint16(t.p[vtable+4+2*n:]))
	switch inline := int(binary.LittleEndian.Uint16(t.p[vtable+2:])); {
	case o == 0:
		return 0
	case o < 4 || o >= inline: // the first 4 bytes of a table lead to its slots
		panic(errMessage)
	}
	return t.at + o
}

func (t fbTable) byte(n int) byte {
	if at := t.slot(n); at != 0 {
		return t.p[at]
	}
	return 0
}

func (t fbTable) bool(n int) bool { return t.byte(n) != 0 }

// short returns the 16-bit number in a slot, or a default.
func (t fbTable) short(n int, other int16) int16 {
	if at := t.slot(n); at != 0 {
		return int16(binary.LittleEndian.Uint16(t.p[at:]))
	}
	return other
}

// int returns the 32-bit number in a slot, or a default.
func (t fbTable) int(n int, other int32) int32 {
	if at := t.slot(n); at != 0 {
		return int32(binary.LittleEndian.Uint32(t.p[at:]))
	}
	return other
}

func (t fbTable) long(n int) int64 {
	if at := t.slot(n); at != 0 {
		return int64(binary.LittleEndian.Uint64(t.p[at:]))
	}
	return 0
}

// follow returns the place that the offset at a place points to, which lies behind it.
func (t fbTable) follow(at int) int {
	offset := int(binary.LittleEndian.Uint32(t.p[at:]))
	if offset < 4 {
		panic(errMessage)
	}
	return at + offset
}

// table returns the table in a slot; false where there is none.
func (t fbTable) table(n int) (fbTable, bool) {
	at := t.slot(n)
	if at == 0 {
		return t, false
	}
	return fbTable{t.p, t.follow(at)}, true
}

func (t fbTable) string(n int) string {
	at, length := t.vector(n, 1)
	return string(t.p[at : at+length])
}

// vector returns the place and length of the vector in a slot, whose elements of
// so many bytes lie within the message.
func (t fbTable) vector(n, size int) (at, length int) {
	slot := t.slot(n)
	if slot == 0 {
		return 0, 0
	}
	at = t.follow(slot)
	length = int(binary.LittleEndian.Uint32(t.p[at:]))
	if length > (len(t.p)-at-4)/size {
		panic(errMessage)
	}
	return at + 4, length
}

// tables returns the tables of the vector of tables in a slot.
func (t fbTable) tables(n int) []fbTable {
	at, length := t.vector(n, 4)
	list := make([]fbTable, length)
	for i := range list {
		list[i] = fbTable{t.p, t.follow(at + 4*i)}
	}
	return list
}

// longs returns the vector of 64-bit numbers in a slot; structs of several are
// laid flat, each of so many words.
func (t fbTable) longs(n, words int) []int64 {
	at, length := t.vector(n, 8*words)
	list := make([]int64, length*words)
	for i := range list {
		list[i] = int64(binary.LittleEndian.Uint64(t.p[at+8*i:]))
	}
	return list
}
