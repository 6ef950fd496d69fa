package spill

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// Coder turns values into bytes, or bytes into values: one list of fields does both.
type Coder struct {
	Bytes   []byte
	Reading bool
}

// Number codes a whole number.
func Number[T ~int | ~int64 | ~uint64 | ~uint32 | ~uint16 | ~uint8](c *Coder, v *T) {
	if !c.Reading {
		c.Bytes = binary.AppendVarint(c.Bytes, int64(*v))
		return
	}
	if b := c.Bytes[0]; b < 0x80 { // as binary.Varint would
		*v, c.Bytes = T(int64(b>>1)^-int64(b&1)), c.Bytes[1:]
		return
	}
	n, size := binary.Varint(c.Bytes)
	*v, c.Bytes = T(n), c.Bytes[size:]
}

// Truth codes yes or no.
func (c *Coder) Truth(v *bool) {
	n := 0
	if *v {
		n = 1
	}
	Number(c, &n)
	*v = n == 1
}

// Reals codes floating-point numbers, the round ones in few bytes.
func (c *Coder) Reals(values ...*float64) {
	for _, v := range values {
		if !c.Reading {
			c.Bytes = binary.AppendUvarint(c.Bytes, bits.ReverseBytes64(math.Float64bits(*v)))
			continue
		}
		n, size := binary.Uvarint(c.Bytes)
		*v, c.Bytes = math.Float64frombits(bits.ReverseBytes64(n)), c.Bytes[size:]
	}
}

// Text codes a text.
func Text[T ~string](c *Coder, v *T) {
	n := len(*v)
	Number(c, &n)
	if !c.Reading {
		c.Bytes = append(c.Bytes, *v...)
		return
	}
	*v, c.Bytes = T(c.Bytes[:n]), c.Bytes[n:]
}

// Choice codes one of some words, or another text.
func Choice[T ~string](c *Coder, v *T, of []T) {
	k := 0 // 1 + index
	for i, word := range of {
		if !c.Reading && word == *v {
			k = i + 1
		}
	}
	Number(c, &k)
	switch {
	case k == 0:
		Text(c, v)
	case c.Reading:
		*v = of[k-1]
	}
}

// List codes a list; an empty one is nil once it is read.
func List[T any](c *Coder, v *[]T, element func(c *Coder, v *T)) {
	n := len(*v)
	Number(c, &n)
	if c.Reading && n > 0 {
		*v = make([]T, n)
	}
	for i := range *v {
		element(c, &(*v)[i])
	}
}
