package inflate

import (
	"encoding/binary"
	"unsafe"
)

const (
	// fastInput is the number of bytes of input that fast needs for a round: two loads
	// of 8 bytes, 7 bytes apart.
	fastInput = 16

	// fastRoom is the room for output that fast needs for a round: three pairs of
	// literals, the longest match, and what a copy by 16 bytes writes past its end.
	fastRoom = 3*2 + 258 + 16 + 8
)

// fast decodes symbols while there are input and room for a round of the loop without
// looking. It returns done at the end of the block and moreInput where either lacks.
//
// It reads and writes by pointers: in the first fastInput bytes from pos, and in the
// first fastRoom from n, which the condition of the loop ensures, and from n-distance,
// which is at least first. Table indices are masked, so that they need no checks.
func (d *decoder) fast() status {
	var (
		in, out     = unsafe.Pointer(unsafe.SliceData(d.in)), unsafe.Pointer(unsafe.SliceData(d.out))
		pos, n      = d.pos, d.n
		lastPos     = len(d.in) - fastInput
		lastN       = len(d.out) - fastRoom
		bits, nbits = d.bits, d.nbits // only the lowest 6 bits of nbits hold
		lits, dists = &d.lits, &d.dists
		s           = moreInput
	)
	for pos <= lastPos && n <= lastN {
		bits |= load64(in, pos) << (nbits & 63)
		pos += int((nbits ^ 63) >> 3 & 7)
		nbits |= 56
		e := lits[bits&(1<<litBits-1)]
		if e&literals != 0 {
			bits >>= e & 63
			nbits -= uint64(e)
			store16(out, n, uint16(e>>16))
			n += int(e >> 6 & 3)
			e = lits[bits&(1<<litBits-1)]
			if e&literals != 0 {
				bits >>= e & 63
				nbits -= uint64(e)
				store16(out, n, uint16(e>>16))
				n += int(e >> 6 & 3)
				e = lits[bits&(1<<litBits-1)]
				if e&literals != 0 {
					bits >>= e & 63
					nbits -= uint64(e)
					store16(out, n, uint16(e>>16))
					n += int(e >> 6 & 3)
					continue
				}
			}
			bits |= load64(in, pos) << (nbits & 63)
			pos += int((nbits ^ 63) >> 3 & 7)
			nbits |= 56
		}
		if e&exceptional != 0 {
			if e&subtable != 0 {
				bits >>= litBits
				nbits -= litBits
				e = lits[(uint64(e>>16)+bits&(1<<(e>>8&15)-1))&(litTable-1)]
				if e&literals != 0 {
					bits >>= e & 63
					nbits -= uint64(e)
					store16(out, n, uint16(e>>16))
					n++
					continue
				}
			}
			if e&endOfBlock != 0 {
				bits >>= e & 63
				nbits -= uint64(e)
				s = done
				break
			}
			if e&exceptional != 0 {
				s = d.fail(errSymbol)
				break
			}
		}
		length := int(e>>16) + int((bits&^(^uint64(0)<<(e&63)))>>(e>>8&15))
		bits >>= e & 63
		nbits -= uint64(e)
		e = dists[bits&(1<<distBits-1)]
		if e&exceptional != 0 {
			if e&subtable != 0 {
				bits >>= distBits
				nbits -= distBits
				e = dists[(uint64(e>>16)+bits&(1<<(e>>8&15)-1))&(distTable-1)]
			}
			if e&exceptional != 0 {
				s = d.fail(errSymbol)
				break
			}
		}
		distance := int(e>>16) + int((bits&^(^uint64(0)<<(e&63)))>>(e>>8&15))
		bits >>= e & 63
		nbits -= uint64(e)
		if distance > n-d.first {
			s = d.fail(errDistance)
			break
		}
		from, to := n-distance, n
		n += length
		switch {
		case distance >= 16:
			copy16(out, to, from)
			for to += 16; to < n; to += 16 {
				from += 16
				copy16(out, to, from)
			}
		case distance >= 8:
			for ; to < n; to += 8 {
				store64(out, to, load64(out, from))
				from += 8
			}
		case distance == 1:
			same := uint64(*(*byte)(unsafe.Add(out, from))) * 0x0101010101010101
			for ; to < n; to += 8 {
				store64(out, to, same)
			}
		default: // each word brings as many new bytes as the distance, the next writes over the others
			for ; to < n; to += distance {
				store64(out, to, load64(out, from))
				from += distance
			}
		}
	}
	d.pos, d.n = pos, n
	d.nbits = nbits & 63
	d.bits = bits & (1<<d.nbits - 1)
	if s == done {
		d.endBlock()
	}
	return s
}

func load64(p unsafe.Pointer, at int) uint64 {
	return binary.LittleEndian.Uint64((*[8]byte)(unsafe.Add(p, at))[:])
}

func store64(p unsafe.Pointer, at int, x uint64) {
	binary.LittleEndian.PutUint64((*[8]byte)(unsafe.Add(p, at))[:], x)
}

func store16(p unsafe.Pointer, at int, x uint16) {
	binary.LittleEndian.PutUint16((*[2]byte)(unsafe.Add(p, at))[:], x)
}

func copy16(p unsafe.Pointer, to, from int) {
	*(*[16]byte)(unsafe.Add(p, to)) = *(*[16]byte)(unsafe.Add(p, from))
}
