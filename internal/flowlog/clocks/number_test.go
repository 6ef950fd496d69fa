package clocks

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What a clock remembers of the number before doesn't change how it reads the next.
func TestNumberAfterNumber(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	whole := []string{"1592697602", "1592697603", "159269760", "15926976021", "1592697602123", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "0000000000", "9999999999"}
	behind := []string{".808700,", ".8087001,", ".80870,", ".808700", ".808\x0000,", "", ".", ".-00000,", ",", "\x00123456,", ".808700.1"}
	for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Nanosecond} {
		fresh := Clock{Unit: int64(unit), latest: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()}
		c := fresh
		for range 20000 {
			text := whole[r.IntN(len(whole))] + behind[r.IntN(len(behind))]
			if r.IntN(2) == 0 {
				text = fmt.Sprintf("%s.%06d\t", whole[r.IntN(2)], r.IntN(1e6))
			}
			p := make([]byte, 48)
			copy(p, text)
			again := fresh
			wantTime, wantSize, wantOK := again.Scan(p)
			gotTime, size, ok := c.Scan(p)
			require.Equal(t, fmt.Sprint(wantTime, wantSize, wantOK), fmt.Sprint(gotTime, size, ok), "%q, unit %v", text, unit)
		}
	}
}
