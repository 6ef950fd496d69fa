package arrowlog

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/big"
	"strconv"
)

// dictionary is the values that the indices of a column refer to: one vector for each
// message that added to it. A dictionary never changes once a batch uses it.
type dictionary struct {
	vectors []*vector
	n       int
}

// bytes returns a text or the bytes of a fixed-width value.
func (v *vector) bytes(i int) []byte {
	switch v.kind {
	case kindBinary, kindUtf8:
		from, to := binary.LittleEndian.Uint32(v.offsets[4*i:]), binary.LittleEndian.Uint32(v.offsets[4*i+4:])
		return v.text[from:to]
	case kindLargeBinary, kindLargeUtf8:
		from, to := binary.LittleEndian.Uint64(v.offsets[8*i:]), binary.LittleEndian.Uint64(v.offsets[8*i+8:])
		return v.text[from:to]
	case kindBinaryView, kindUtf8View:
		view := v.data[viewSize*i:][:viewSize]
		size := binary.LittleEndian.Uint32(view)
		if size <= viewInline {
			return view[4:][:size]
		}
		block, at := binary.LittleEndian.Uint32(view[8:]), binary.LittleEndian.Uint32(view[12:])
		return v.blocks[block][at:][:size]
	}
	return v.data[v.width*i:][:v.width]
}

// int returns a number's value; false where an int64 can't hold it. A fraction is
// cut off.
func (v *vector) int(i int) (int64, bool) {
	p := v.data[v.width*i:]
	switch {
	case v.kind == kindFloat:
		f := math.Trunc(v.float(i))
		return int64(f), f >= math.MinInt64 && f < math.MaxInt64
	case v.kind == kindDecimal:
		return v.decimal(i, 0)
	case v.width == 8:
		n := binary.LittleEndian.Uint64(p)
		return int64(n), v.signed || v.kind != kindInt || n <= math.MaxInt64
	case v.width == 4 && (v.signed || v.kind != kindInt):
		return int64(int32(binary.LittleEndian.Uint32(p))), true
	case v.width == 4:
		return int64(binary.LittleEndian.Uint32(p)), true
	case v.width == 2 && v.signed:
		return int64(int16(binary.LittleEndian.Uint16(p))), true
	case v.width == 2:
		return int64(binary.LittleEndian.Uint16(p)), true
	case v.signed:
		return int64(int8(p[0])), true
	}
	return int64(p[0]), true
}

// float returns a number's value.
func (v *vector) float(i int) float64 {
	p := v.data[v.width*i:]
	switch {
	case v.kind == kindFloat && v.width == 8:
		return math.Float64frombits(binary.LittleEndian.Uint64(p))
	case v.kind == kindFloat && v.width == 4:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(p)))
	case v.kind == kindFloat:
		return halfFloat(binary.LittleEndian.Uint16(p))
	case v.kind == kindDecimal:
		f, _ := new(big.Float).SetInt(v.bigInt(i)).Float64()
		return f / math.Pow10(v.scale)
	}
	n, ok := v.int(i)
	if !ok {
		return float64(binary.LittleEndian.Uint64(p))
	}
	return float64(n)
}

// halfFloat returns the value of a number of 16 bits: 5 of exponent, 10 of fraction.
func halfFloat(h uint16) float64 {
	exponent, fraction := int(h>>10&31), float64(h&1023)
	value := math.Ldexp(fraction/1024+1, exponent-15)
	switch {
	case exponent == 0:
		value = math.Ldexp(fraction/1024, -14)
	case exponent == 31 && fraction == 0:
		value = math.Inf(1)
	case exponent == 31:
		return math.NaN()
	}
	if h>>15 != 0 {
		return -value
	}
	return value
}

// decimal returns a decimal times 10^digits without its fraction; false where an
// int64 can't hold it.
func (v *vector) decimal(i, digits int) (int64, bool) {
	n := v.bigInt(i)
	if shift := digits - v.scale; shift != 0 {
		by := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(shift, -shift))), nil)
		if shift > 0 {
			n.Mul(n, by)
		} else {
			n.Quo(n, by)
		}
	}
	return n.Int64(), n.IsInt64()
}

// bigInt returns a little-endian number in two's complement.
func (v *vector) bigInt(i int) *big.Int {
	p := v.data[v.width*i:][:v.width]
	be := make([]byte, len(p))
	for k, x := range p {
		be[len(p)-1-k] = x
	}
	n := new(big.Int).SetBytes(be)
	if len(be) > 0 && be[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(be))))
	}
	return n
}

// format returns a value for people.
func (v *vector) format(i int) string {
	switch {
	case v.kind == kindUtf8 || v.kind == kindLargeUtf8 || v.kind == kindUtf8View:
		return string(v.bytes(i))
	case v.kind == kindFloat || v.kind == kindDecimal && v.scale != 0:
		return strconv.FormatFloat(v.float(i), 'g', -1, 64)
	case v.isText() || v.kind == kindFixedBinary:
		p := v.bytes(i)
		return hex.EncodeToString(p[:min(len(p), maxHex)])
	}
	n, _ := v.int(i)
	return strconv.FormatInt(n, 10)
}

// maxHex is the number of bytes of a value that are shown.
const maxHex = 60
