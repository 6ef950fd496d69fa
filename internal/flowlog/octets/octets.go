// Package octets has functions on eight bytes of text at a time, in a little-endian word.
package octets

import (
	"encoding/binary"
)

const (
	LowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

func Load64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// ZeroByte returns a word in which the high bit of the first zero byte of x is the
// lowest bit set, 0 if x has no zero byte.
func ZeroByte(x uint64) uint64 { return (x - LowBits) &^ x & highBits }

// ZeroDigits is the text "00000000": XORed with it, digits become their values.
const ZeroDigits = 0x3030303030303030

// AreDigits tells whether the eight bytes of a word are the values of digits.
func AreDigits(x uint64) bool { return (x+0x7676767676767676|x)&highBits == 0 }

// JoinDigits returns the number that eight digits make: it joins pairs, then pairs of
// pairs, then both halves.
func JoinDigits(x uint64) int64 {
	x = x * 2561 >> 8 & 0x00FF00FF00FF00FF
	x = x * 6553601 >> 16 & 0x0000FFFF0000FFFF
	return int64(x * 42949672960001 >> 32)
}
