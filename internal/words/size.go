package words

import (
	"math"
	"strconv"
	"strings"
)

// unitBytes are the units of sizes in lower case, in bytes.
var unitBytes = map[string]float64{"": 1, "b": 1, "k": 1e3, "kb": 1e3, "kib": 1 << 10, "m": 1e6, "mb": 1e6, "mib": 1 << 20, "g": 1e9, "gb": 1e9, "gib": 1 << 30, "t": 1e12, "tb": 1e12, "tib": 1 << 40}

// ParseSize reads a size like 512MiB, 4GB or 1000000, in bytes; ok is false if text is none.
func ParseSize(text string) (size int64, ok bool) {
	number := strings.TrimRight(strings.ToLower(text), "bkmgti ")
	unit, known := unitBytes[strings.TrimSpace(strings.ToLower(text)[len(number):])]
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || !known || !(v > 0 && v*unit <= math.MaxInt64/2) {
		return 0, false
	}
	return int64(v * unit), true
}
