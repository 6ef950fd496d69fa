package parquetlog

import (
	"encoding/binary"
	"errors"

	"beacon/internal/flowlog/octets"
)

var (
	errShortPage = errors.New("corrupt: a page holds fewer values than it says")
	errIndex     = errors.New("corrupt: a page refers past the end of its dictionary")
)

// runs decodes numbers of one width that are written in runs: one value and how
// often it comes (RLE), or values packed bit by bit. Dictionary indices and
// definition levels are written so.
type runs struct {
	data  []byte // what follows the current run, with pagePad bytes behind
	width uint   // bits of a value, 0 to 32

	repeat int    // values left of an RLE run
	value  uint32 // its value
	packed int    // values left of a packed run
	run    []byte // its bytes, with pagePad bytes behind
	bit    int    // where in them the next value begins
}

// open begins with the runs in data, which has pagePad bytes of room behind it.
func (r *runs) open(data []byte, width uint) error {
	if width > 32 {
		return errors.New("corrupt: values of more than 32 bits")
	}
	*r = runs{data: data, width: width}
	return nil
}

// next begins the next run.
func (r *runs) next() error {
	head, n := binary.Uvarint(r.data)
	if n <= 0 {
		return errShortPage
	}
	r.data = r.data[n:]
	count := int(min(head>>1, 1<<31))
	if head&1 == 0 {
		var v [4]byte
		bytes := int(r.width+7) / 8
		if len(r.data) < bytes {
			return errShortPage
		}
		copy(v[:], r.data[:bytes])
		r.data = r.data[bytes:]
		r.repeat, r.value = count, binary.LittleEndian.Uint32(v[:])
		return nil
	}
	bytes := count * int(r.width) // count is of groups of eight values
	r.packed = count * 8
	if bytes > len(r.data) { // some writers cut off the last group's padding
		bytes = len(r.data)
		r.packed = bytes * 8 / int(r.width)
	}
	r.run, r.bit = r.data[:bytes:min(bytes+pagePad, cap(r.data))], 0
	r.data = r.data[bytes:]
	return nil
}

// gather fills out with the elements of table that the next len(out) values are
// the indices of.
func gather[T any](r *runs, table, out []T) error {
	for len(out) > 0 {
		switch {
		case r.repeat > 0:
			n := min(r.repeat, len(out))
			if int64(r.value) >= int64(len(table)) {
				return errIndex
			}
			v := table[r.value]
			for i := range out[:n] {
				out[i] = v
			}
			r.repeat -= n
			out = out[n:]
		case r.packed > 0:
			n := min(r.packed, len(out))
			if !unpack(r.run[:cap(r.run)], r.bit, r.width, table, out[:n]) {
				return errIndex
			}
			r.packed -= n
			r.bit += n * int(r.width)
			out = out[n:]
		default:
			if err := r.next(); err != nil {
				return err
			}
		}
	}
	return nil
}

// unpack fills out with the elements of table that the packed values from a bit
// on are the indices of; false where one lies outside the table. The bytes go on
// for eight after the last value's first.
//
// Note: a word of 64 bits, loaded at any byte, holds four values of up to 14
// bits, two of up to 28, one of up to 32, whatever the first one's bit is.
func unpack[T any](p []byte, bit int, width uint, table, out []T) bool {
	mask := uint64(1)<<width - 1
	size := uint64(len(table))
	i := 0
	if width <= 14 {
		for ; i+4 <= len(out); i += 4 {
			word := octets.Load64(p[bit>>3:]) >> (bit & 7)
			a, b, c, d := word&mask, word>>width&mask, word>>(2*width)&mask, word>>(3*width)&mask
			if a >= size || b >= size || c >= size || d >= size {
				return false
			}
			o := out[i : i+4 : i+4]
			o[0], o[1], o[2], o[3] = table[a], table[b], table[c], table[d]
			bit += int(4 * width)
		}
	} else if width <= 28 {
		for ; i+2 <= len(out); i += 2 {
			word := octets.Load64(p[bit>>3:]) >> (bit & 7)
			a, b := word&mask, word>>width&mask
			if a >= size || b >= size {
				return false
			}
			out[i], out[i+1] = table[a], table[b]
			bit += int(2 * width)
		}
	}
	for ; i < len(out); i++ {
		a := octets.Load64(p[bit>>3:]) >> (bit & 7) & mask
		if a >= size {
			return false
		}
		out[i] = table[a]
		bit += int(width)
	}
	return true
}

// deltas decodes a page of integers that are written as differences
// (DELTA_BINARY_PACKED): at most limit of them, appended to out. It says how
// many bytes they took.
func deltas(out []int64, data []byte, limit int64) (_ []int64, used int, err error) {
	at := 0
	number := func() uint64 {
		v, n := binary.Uvarint(data[at:])
		if n <= 0 {
			err = errShortPage
			return 0
		}
		at += n
		return v
	}
	zigzag := func() int64 { v := number(); return int64(v>>1) ^ -int64(v&1) }
	block, minis, total, value := number(), number(), number(), zigzag()
	if err != nil {
		return nil, 0, err
	}
	if total > uint64(limit) || minis == 0 || block == 0 || block > 1<<20 || block%minis != 0 || block/minis%32 != 0 {
		return nil, 0, errors.New("corrupt: a page of differences has no blocks")
	}
	if total == 0 {
		return out, at, nil
	}
	size := int(block / minis)
	out = append(out, value)
	for left := int(total) - 1; left > 0; {
		least := zigzag()
		if err != nil || uint64(len(data)-at) < minis {
			return nil, 0, errShortPage
		}
		widths := data[at : at+int(minis)]
		at += int(minis)
		for _, width := range widths {
			if left == 0 {
				break
			}
			bytes := size * int(width) / 8
			if width > 64 || bytes > len(data)-at {
				return nil, 0, errShortPage
			}
			packed := data[at : at+bytes]
			for i := range min(size, left) {
				value += least + int64(bitsAt(packed, i*int(width), uint(width)))
				out = append(out, value)
			}
			left -= min(size, left)
			at += bytes
		}
	}
	return out, at, nil
}

// bitsAt returns the number of up to 64 bits that begins at a bit of p.
func bitsAt(p []byte, bit int, width uint) uint64 {
	if width == 0 {
		return 0
	}
	var word [16]byte
	copy(word[:], p[bit>>3:])
	v := binary.LittleEndian.Uint64(word[:]) >> (bit & 7)
	if high := uint(bit & 7); high > 0 {
		v |= binary.LittleEndian.Uint64(word[8:]) << (64 - high)
	}
	if width < 64 {
		v &= 1<<width - 1
	}
	return v
}
