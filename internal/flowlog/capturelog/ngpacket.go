package capturelog

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"time"
)

// ngFace holds what the packets of an interface have in common.
type ngFace struct {
	link   linkType
	most   uint32 // bytes that are captured of a packet, 0 for all
	second uint64 // units of a time in a second; 0 where the description doesn't hold, so that times can't be read
	offset int64  // s that are added to times
}

// Options of an interface.
const (
	ngOptionsEnd = 0
	ngResolution = 9  // of times: a negative power of 10, or with the highest bit of 2
	ngTimeOffset = 14 // s that are added to times
)

// next returns the next packet, valid until the next call.
func (b *ngReader) next() (data []byte, info packetInfo, err error) {
	for {
		block, err := b.block()
		if err != nil {
			return nil, info, err
		}
		if order := ngOrder(block); order != nil {
			if err := b.section(block, order); err != nil {
				return nil, info, err
			}
			continue
		}
		body := block[8 : len(block)-4]
		switch kind := b.order.Uint32(block); kind {
		case ngInterfaceBlock:
			face, holds := newNgFace(body, b.order)
			if !holds { // it may be a packet whose type is damaged
				b.passed++
			}
			b.faces = append(b.faces, face)
		case ngPacketBlock:
			return b.packet(body, b.order.Uint32(body))
		case ngOldPacketBlock:
			return b.packet(body, uint32(b.order.Uint16(body)))
		case ngSimpleBlock:
			face, wire := &b.faces[0], b.order.Uint32(body)
			data = body[4:]
			size := min(uint64(wire), uint64(len(data)))
			if face.most > 0 {
				size = min(size, uint64(face.most))
			}
			return data[:size], packetInfo{wire: int64(wire), link: face.link}, nil
		default:
			b.countUnknown(kind)
		}
	}
}

// section begins a section.
func (b *ngReader) section(block []byte, order binary.ByteOrder) error {
	major, minor := order.Uint16(block[12:]), order.Uint16(block[14:])
	if major != 1 || minor != 0 && minor != 2 { // 1.2 is the same as 1.0
		return fmt.Errorf("a section of version %d.%d of pcapng", major, minor)
	}
	b.order, b.faces = order, b.faces[:0]
	return nil
}

// packet returns the packet of a block whose lengths and interface hold.
func (b *ngReader) packet(body []byte, face uint32) (data []byte, info packetInfo, err error) {
	f := &b.faces[face]
	info = packetInfo{wire: int64(b.order.Uint32(body[16:])), link: f.link}
	info.time, info.timed = f.time(uint64(b.order.Uint32(body[4:]))<<32 | uint64(b.order.Uint32(body[8:])))
	return body[20 : 20+b.order.Uint32(body[12:])], info, nil
}

// newNgFace reads the description of an interface. It returns false where its options don't
// hold; the times of its packets can't be read then.
func newNgFace(body []byte, order binary.ByteOrder) (f ngFace, holds bool) {
	f = ngFace{link: linkType(order.Uint16(body)), most: order.Uint32(body[4:]), second: uint64(time.Second / time.Microsecond)}
	for rest := body[8:]; len(rest) > 0; {
		kind, size := order.Uint16(rest), int(order.Uint16(rest[2:]))
		rest = rest[4:]
		padded := (size + 3) &^ 3
		switch {
		case kind == ngOptionsEnd && size == 0:
			return f, true
		case kind == ngOptionsEnd || padded > len(rest):
			f.second = 0
			return f, false
		case kind == ngResolution && size >= 1:
			f.second = ngUnits(rest[0])
		case kind == ngTimeOffset && size >= 8:
			f.offset = int64(order.Uint64(rest))
		}
		rest = rest[padded:]
	}
	return f, true
}

// ngUnits returns how many units of a resolution make a second, 0 where they are more than
// 64 bits hold.
func ngUnits(resolution byte) uint64 {
	const base2 = 0x80
	exponent := resolution &^ base2
	if resolution >= base2 {
		return 1 << exponent // 0 from 64 on
	}
	units := uint64(1)
	for range exponent {
		high, low := bits.Mul64(units, 10)
		if high > 0 {
			return 0
		}
		units = low
	}
	return units
}

// time returns the time in ns of a packet, false where ns since 1970 can't hold it.
func (f *ngFace) time(units uint64) (ns int64, ok bool) {
	const most = math.MaxInt64 / uint64(time.Second)
	if f.second == 0 || units/f.second >= most {
		return 0, false
	}
	second := int64(units/f.second) + f.offset
	if second < 0 || uint64(second) >= most {
		return 0, false
	}
	high, low := bits.Mul64(units%f.second, uint64(time.Second))
	fraction, _ := bits.Div64(high, low, f.second)
	return second*int64(time.Second) + int64(fraction), true
}
