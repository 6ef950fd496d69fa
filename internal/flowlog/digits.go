package flowlog

import (
	"encoding/binary"
)

// Texts by words: eight bytes at once, in a little-endian word.

const (
	LowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

func Load64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// ZeroByte has the high bit of the first zero byte of x set, and none before.
func ZeroByte(x uint64) uint64 { return (x - LowBits) &^ x & highBits }

// ZeroDigits is eight digits of 0: a text of digits less it, or with its bits
// flipped where it has some, is their values.
const ZeroDigits = 0x3030303030303030

// AreDigits says whether the eight bytes of a word are values of digits.
func AreDigits(x uint64) bool { return (x+0x7676767676767676|x)&highBits == 0 }

// JoinDigits is the number that eight values of digits make, by pairs, fours and
// all.
func JoinDigits(x uint64) int64 {
	x = x * 2561 >> 8 & 0x00FF00FF00FF00FF
	x = x * 6553601 >> 16 & 0x0000FFFF0000FFFF
	return int64(x * 42949672960001 >> 32)
}
