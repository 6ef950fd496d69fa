// Package inflate decompresses DEFLATE data and gzip files (RFC 1951, RFC 1952).
//
// It does so in the manner of libdeflate: a buffer of 64 bits that one load fills, tables
// whose entries hold all that is to be known of a symbol, pairs of literals, and copies of
// whole words, in a loop that runs while there is room for the longest match.
package inflate

// windowSize is how far back a match reaches, in bytes.
const windowSize = 32 << 10

// CorruptError is data that is no DEFLATE data.
type CorruptError struct {
	What string // what is wrong
}

func (e *CorruptError) Error() string { return "corrupt: " + e.What }

var (
	errBlockType = &CorruptError{"a block of an unknown type"}
	errStored    = &CorruptError{"the length of a stored block contradicts itself"}
	errCodes     = &CorruptError{"a block's code is impossible"}
	errSymbol    = &CorruptError{"a symbol that the block's code doesn't have"}
	errDistance  = &CorruptError{"a match begins before the data"}
)

// status is why a decoder stopped.
type status int

const (
	done      status = iota // the data has ended
	moreInput               // all of the input is used up
	moreRoom                // the output is full, or too full for the longest match
	failed                  // the data is corrupt: see decoder.err
)

// phase tells what a decoder reads next.
type phase int

const (
	blockHeader phase = iota
	storedLength
	storedBytes
	codedSymbols
	ended
)

// decoder decompresses DEFLATE data from one slice to another. Whenever it stops for
// lack of input or room it can go on with other slices.
type decoder struct {
	in    []byte // compressed
	pos   int    // what of it was taken
	bits  uint64 // taken and not consumed: the next bit is the lowest
	nbits uint64 // number of them

	out   []byte
	n     int // end of what is decompressed
	first int // where in out the data begins: no match reaches further back

	phase  phase
	last   bool // the block is the last
	stored int  // bytes left of a stored block
	err    error

	lits  [litTable]entry
	dists [distTable]entry
	fixed bool // the tables are those of RFC 1951 3.2.6
}

// reset begins other data, which follows in in and out.
func (d *decoder) reset() {
	d.bits, d.nbits = 0, 0
	d.phase, d.last, d.err = blockHeader, false, nil
	d.first = d.n
}

// run decompresses until the data ends, or input or room are used up.
func (d *decoder) run() status {
	for {
		var s status
		switch d.phase {
		case blockHeader:
			s = d.header()
		case storedLength:
			s = d.storedLength()
		case storedBytes:
			s = d.copyStored()
		case codedSymbols:
			s = d.symbols()
		case ended:
			return done
		}
		if s != done {
			return s
		}
	}
}

// fail ends the decompression.
func (d *decoder) fail(err error) status {
	d.err = err
	return failed
}

// refill takes bytes of the input one by one, until there are at least 56 bits.
func (d *decoder) refill() {
	for d.nbits < 56 && d.pos < len(d.in) {
		d.bits |= uint64(d.in[d.pos]) << d.nbits
		d.pos++
		d.nbits += 8
	}
}

// consume drops bits that were looked at.
func (d *decoder) consume(n uint64) {
	d.bits >>= n
	d.nbits -= n
}

// endBlock goes on to the next block.
func (d *decoder) endBlock() {
	d.phase = blockHeader
	if d.last {
		d.phase = ended
		d.consume(d.nbits & 7) // what follows begins with a whole byte
	}
}

// header reads a block's header and, where it has one, its code.
func (d *decoder) header() status {
	before := *d.place()
	d.refill()
	if d.nbits < 3 {
		return moreInput
	}
	last, kind := d.bits&1 != 0, d.bits>>1&3
	d.consume(3)
	s := done
	switch kind {
	case 0:
		d.consume(d.nbits & 7)
		d.phase = storedLength
	case 1:
		d.fixedCode()
		d.phase = codedSymbols
	case 2:
		s = d.dynamicCode()
		d.phase = codedSymbols
	default:
		s = d.fail(errBlockType)
	}
	if s == moreInput { // it is read again, when there is more
		d.restore(before)
		return s
	}
	d.last = last
	return s
}

// place is a place in the input.
type place struct {
	pos         int
	bits, nbits uint64
}

func (d *decoder) place() *place { return &place{d.pos, d.bits, d.nbits} }

func (d *decoder) restore(p place) {
	d.pos, d.bits, d.nbits = p.pos, p.bits, p.nbits
	d.phase = blockHeader
}

func (d *decoder) storedLength() status {
	d.refill()
	if d.nbits < 32 {
		return moreInput
	}
	n := d.bits & 0xffff
	if n != ^(d.bits>>16)&0xffff {
		return d.fail(errStored)
	}
	d.consume(32)
	d.stored = int(n)
	d.phase = storedBytes
	return done
}

// copyStored copies what it can of a stored block.
func (d *decoder) copyStored() status {
	for ; d.stored > 0 && d.nbits > 0 && d.n < len(d.out); d.stored-- {
		d.out[d.n] = byte(d.bits)
		d.consume(8)
		d.n++
	}
	if d.nbits == 0 {
		k := copy(d.out[d.n:], d.in[d.pos:min(len(d.in), d.pos+d.stored)])
		d.n += k
		d.pos += k
		d.stored -= k
	}
	switch {
	case d.stored == 0:
		d.endBlock()
		return done
	case d.n == len(d.out):
		return moreRoom
	}
	return moreInput
}

// fixedCode sets the tables of a block without a code of its own.
func (d *decoder) fixedCode() {
	if d.fixed {
		return
	}
	var lens [maxLits + maxDists]uint8
	for i := range lens {
		switch {
		case i < 144, i >= 280 && i < maxLits:
			lens[i] = 8
		case i < 256:
			lens[i] = 9
		case i < 280:
			lens[i] = 7
		default:
			lens[i] = 5
		}
	}
	d.setCode(lens[:maxLits], lens[maxLits:])
	d.fixed = true
}

func (d *decoder) setCode(lits, dists []uint8) bool {
	d.fixed = false
	if !build(d.lits[:], litBits, lits, table().lits[:]) || !build(d.dists[:], distBits, dists, table().dists[:]) {
		return false
	}
	pair(&d.lits)
	return true
}

// lensOrder is the order in which a block's header has the lengths of the codes of code
// lengths (RFC 1951 3.2.7).
var lensOrder = [lensOrders]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamicCode reads a block's code.
func (d *decoder) dynamicCode() status {
	d.refill()
	if d.nbits < 14 {
		return moreInput
	}
	nlits, ndists, nlens := int(d.bits&31)+257, int(d.bits>>5&31)+1, int(d.bits>>10&15)+4
	d.consume(14)
	if nlits > 286 || ndists > 30 {
		return d.fail(errCodes)
	}
	var lensLens [lensOrders]uint8
	for _, sym := range lensOrder[:nlens] {
		d.refill()
		if d.nbits < 3 {
			return moreInput
		}
		lensLens[sym] = uint8(d.bits & 7)
		d.consume(3)
	}
	var codes [lensTable]entry
	if !build(codes[:], lensBits, lensLens[:], table().lens[:]) {
		return d.fail(errCodes)
	}
	var lens [maxLits + maxDists]uint8
	if s := d.codeLengths(&codes, lens[:nlits+ndists]); s != done {
		return s
	}
	if !d.setCode(lens[:nlits], lens[nlits:nlits+ndists]) {
		return d.fail(errCodes)
	}
	return done
}

// codeLengths reads the lengths of a block's codes.
func (d *decoder) codeLengths(codes *[lensTable]entry, lens []uint8) status {
	for i := 0; i < len(lens); {
		d.refill()
		e := codes[d.bits&(lensTable-1)]
		n := uint64(e & 63)
		switch {
		case e&exceptional != 0 && d.nbits >= lensBits:
			return d.fail(errCodes)
		case d.nbits < n:
			return moreInput
		}
		sym := e >> 16
		if sym < 16 {
			d.consume(n)
			lens[i] = uint8(sym)
			i++
			continue
		}
		value, least, extra := uint8(0), 3, uint64(3)
		switch sym {
		case 16:
			if i == 0 {
				return d.fail(errCodes)
			}
			value, extra = lens[i-1], 2
		case 18:
			least, extra = 11, 7
		}
		if d.nbits < n+extra {
			return moreInput
		}
		d.consume(n)
		times := least + int(d.bits&(1<<extra-1))
		d.consume(extra)
		if i+times > len(lens) {
			return d.fail(errCodes)
		}
		for range times {
			lens[i] = value
			i++
		}
	}
	return done
}
