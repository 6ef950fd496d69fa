package octets

import "math/bits"

//go:generate go run -C ../../vectors . skip ../flowlog/octets

// Skip skips count fields of each of several lines, one at least: at holds where they begin,
// ends where the lines that follow begin, and stop is the byte behind each field. It moves
// at behind the last of the stops, and returns how many lines, from the first, have these
// fields: none of them begins with a quote or a blank, and another field follows. ends is
// as long as at, and text has LinePad bytes behind the lines.
func Skip(text []byte, stop byte, count int, at, ends []int) (read int) {
	ends = ends[:len(at)]
	if !haveAVX2 || len(at) == 0 || len(text) < vectorSize {
		return skipPlain(text, stop, count, at, ends)
	}
	read = skipAVX2(&text[0], len(text)-vectorSize, stop, count, &at[0], &ends[0], len(at))
	if read < len(at) && skipPlain(text, stop, count, at[read:read+1], ends[read:read+1]) == 1 {
		read++
		return read + Skip(text, stop, count, at[read:], ends[read:])
	}
	return read
}

// vectorSize is the number of bytes of a vector.
const vectorSize = 32

// skipPlain is Skip for any processor.
func skipPlain(text []byte, stop byte, count int, at, ends []int) (read int) {
	stops := uint64(stop) * LowBits
	for i, p := range at {
		for range count {
			if first := text[p]; first == '"' || first == ' ' {
				return i
			}
			for {
				if m := ZeroByte(Load64(text[p:]) ^ stops); m != 0 {
					p += bits.TrailingZeros64(m)>>3 + 1
					break
				}
				if p += 8; p >= ends[i] {
					return i
				}
			}
			if p >= ends[i] {
				return i
			}
		}
		at[i] = p
	}
	return len(at)
}
