package inflate

import (
	"math/bits"
	"sync"
)

// An entry of a decoding table is found by the next bits of the stream. It is packed:
//
//	bits 0-5    bits to consume: the code, and the extra bits of a length or distance
//	bits 6-7    number of literals, 0 if it holds none
//	bits 8-11   bits of the code (of the first literal), or of a subtable's index
//	bits 12-15  what is no literal, length or distance: see below
//	bits 16-31  one or two literals, the base of a length or distance, or the place of
//	            a subtable
//
// All symbols have the same form without their code's length, which build adds.
type entry = uint32

const (
	oneLiteral  entry = 1 << 6
	literals    entry = 3 << 6
	codeBits    entry = 1 << 8
	endOfBlock  entry = 1 << 13
	subtable    entry = 1 << 14
	exceptional entry = 1 << 15 // end of the block, a subtable, or no valid code
)

const (
	maxCode    = 15  // bits of the longest code of literals, lengths and distances
	maxLits    = 288 // codes of literals and lengths, the two that never occur included
	maxDists   = 32
	endSymbol  = 256
	lensOrders = 19 // codes of code lengths

	// Bits that index a table; longer codes are found in subtables. The sizes are
	// powers of two, so that a masked index needs no bounds check, above the most
	// entries that any code needs: 2,342, 402 and 128 (zlib's enough.c).
	litBits   = 11
	distBits  = 8
	lensBits  = 7
	litTable  = 1 << 12
	distTable = 1 << 9
	lensTable = 1 << lensBits
)

// symbols holds the entries of all symbols without their codes.
type symbols struct {
	lits  [maxLits]entry
	dists [maxDists]entry
	lens  [lensOrders]entry
}

// table returns RFC 1951's symbols of literals, lengths and distances (3.2.5).
var table = sync.OnceValue(func() *symbols {
	s := new(symbols)
	for i := range endSymbol {
		s.lits[i] = entry(i)<<16 | oneLiteral
	}
	s.lits[endSymbol] = exceptional | endOfBlock
	base, extra := entry(3), entry(0)
	for i := endSymbol + 1; i < maxLits; i++ {
		switch at := i - endSymbol - 1; {
		case i == 285:
			s.lits[i] = 258 << 16
			continue
		case i > 285:
			s.lits[i] = exceptional
			continue
		case at >= 8 && at%4 == 0:
			extra++
		}
		s.lits[i] = base<<16 | extra
		base += 1 << extra
	}
	base, extra = 1, 0
	for i := range maxDists {
		if i >= 30 {
			s.dists[i] = exceptional
			continue
		}
		if i >= 4 && i%2 == 0 {
			extra++
		}
		s.dists[i] = base<<16 | extra
		base += 1 << extra
	}
	for i := range lensOrders {
		s.lens[i] = entry(i) << 16
	}
	return s
})

// build fills a table that is indexed by root bits for the canonical code with the
// given code lengths. It returns false if no such code exists: if there are too many
// codes or too few, but for none, and a single one of one bit, which the standard
// library accepts as zlib does.
func build(table []entry, root int, lens []uint8, syms []entry) bool {
	var counts, at [maxCode + 2]int
	for _, n := range lens {
		counts[n&maxCode]++
	}
	used := len(lens) - counts[0]
	counts[0] = 0
	left := 1
	for n := 1; n <= maxCode; n++ {
		left = left<<1 - counts[n]
		at[n+1] = at[n] + counts[n]
		if left < 0 {
			return false
		}
	}
	var sorted [maxLits]uint16 // symbols by code length, then by symbol
	for sym, n := range lens {
		if n != 0 {
			sorted[at[n&maxCode]] = uint16(sym)
			at[n&maxCode]++
		}
	}
	if left > 0 {
		if used > 1 || used == 1 && counts[1] == 0 {
			return false
		}
		for i := range 1 << root {
			table[i] = exceptional | maxCode*codeBits | maxCode
			if used == 1 && i&1 == 0 {
				table[i] = syms[sorted[0]] + codeBits + 1
			}
		}
		return true
	}
	short := buildRoot(table, root, sorted[:used], &counts, syms)
	if short.next < used {
		buildSubtables(table, root, sorted[:used], &counts, syms, short)
	}
	return true
}

// codeword is a place in the order of a canonical code's codes.
type codeword struct {
	next int // index of the symbol
	code int // with its bits reversed, as the stream has them
	bits int
}

// advance goes on to the next code of the same length. It returns false at the last
// code of all.
func (c *codeword) advance() bool {
	c.next++
	ones := 1<<c.bits - 1
	if c.code == ones {
		return false
	}
	bit := 1 << (bits.Len(uint(c.code^ones)) - 1)
	c.code = c.code&(bit-1) | bit
	return true
}

// buildRoot fills the entries of the codes that the table's index holds whole. The part
// that is filled is doubled for each bit more. It returns the first code that is longer.
func buildRoot(table []entry, root int, sorted []uint16, counts *[maxCode + 2]int, syms []entry) codeword {
	c := codeword{bits: 1}
	for c.bits <= root {
		for range counts[c.bits] {
			sym := sorted[c.next]
			table[c.code] = syms[sym] + entry(c.bits)*codeBits + entry(c.bits)
			if !c.advance() {
				for n := c.bits; n < root; n++ {
					copy(table[1<<n:2<<n], table[:1<<n])
				}
				return c
			}
		}
		if c.bits < root {
			copy(table[1<<c.bits:2<<c.bits], table[:1<<c.bits])
		}
		c.bits++
	}
	return c
}

// buildSubtables fills the subtables of the codes from c on.
func buildSubtables(table []entry, root int, sorted []uint16, counts *[maxCode + 2]int, syms []entry, c codeword) {
	end, start, prefix := 1<<root, 0, -1
	left := counts[c.bits]
	for {
		for left == 0 {
			c.bits++
			left = counts[c.bits]
		}
		if p := c.code & (1<<root - 1); p != prefix {
			prefix, start = p, end
			size := c.bits - root
			for space := left; space < 1<<size; {
				size++
				space = space<<1 + counts[root+size]
			}
			end = start + 1<<size
			table[prefix] = entry(start)<<16 | exceptional | subtable | entry(size)*codeBits | entry(root)
		}
		n := c.bits - root
		e := syms[sorted[c.next]] + entry(n)*codeBits + entry(n)
		for i := start + c.code>>root; i < end; i += 1 << n {
			table[i] = e
		}
		if !c.advance() {
			return
		}
		left--
	}
}

// pair makes one entry of two literals whose codes fit into the index together.
func pair(table *[litTable]entry) {
	for i := 1<<litBits - 1; i >= 0; i-- { // downwards: an entry's second literal is at a smaller index
		e := table[i]
		if e&literals == 0 {
			continue
		}
		n := e & 63
		second := table[i>>n]
		if second&literals == 0 {
			continue
		}
		if m := second >> 8 & 15; n+m <= litBits {
			table[i] = e + oneLiteral + m + second&(255<<16)<<8
		}
	}
}
