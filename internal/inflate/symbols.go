package inflate

// symbols decodes a block's symbols to its end.
func (d *decoder) symbols() status {
	for {
		if len(d.in)-d.pos >= fastInput && len(d.out)-d.n >= fastRoom {
			if s := d.fast(); s != moreInput {
				return s
			}
		}
		switch s := d.symbol(); {
		case s != done:
			return s
		case d.phase != codedSymbols:
			return done
		}
	}
}

// symbol decodes one symbol. It takes nothing if input or room is lacking.
func (d *decoder) symbol() status {
	d.refill()
	bits := d.bits
	e, before := lookup(d.lits[:], bits, litBits)
	used := before + uint64(e>>8&15)
	switch {
	case d.nbits < min(used, maxCode):
		return moreInput
	case e&literals != 0:
		if d.n == len(d.out) {
			return moreRoom
		}
		d.out[d.n] = byte(e >> 16)
		d.n++
		d.consume(used)
		return done
	case e&endOfBlock != 0:
		d.consume(used)
		d.endBlock()
		return done
	case e&exceptional != 0:
		return d.fail(errSymbol)
	}
	used = before + uint64(e&63)
	length := int(e>>16) + extraBits(e, bits>>before)
	e, before = lookup(d.dists[:], bits>>used, distBits)
	switch {
	case d.nbits < used+min(before+uint64(e>>8&15), maxCode):
		return moreInput
	case e&exceptional != 0:
		return d.fail(errSymbol)
	case d.nbits < used+before+uint64(e&63):
		return moreInput
	}
	distance := int(e>>16) + extraBits(e, bits>>used>>before)
	switch {
	case distance > d.n-d.first:
		return d.fail(errDistance)
	case length > len(d.out)-d.n:
		return moreRoom
	}
	d.consume(used + before + uint64(e&63))
	for range length {
		d.out[d.n] = d.out[d.n-distance]
		d.n++
	}
	return done
}

// lookup finds the entry of the next symbol, and how many of its bits come before those
// that the entry counts.
func lookup(table []entry, bits uint64, root int) (e entry, before uint64) {
	e = table[bits&(1<<root-1)]
	if e&subtable == 0 {
		return e, 0
	}
	before = uint64(root)
	return table[uint64(e>>16)+bits>>before&(1<<(e>>8&15)-1)], before
}

// extraBits returns the number that the extra bits of a length or distance add.
func extraBits(e entry, bits uint64) int {
	return int(bits & (1<<(e&63) - 1) >> (e >> 8 & 15))
}
