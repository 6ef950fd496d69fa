package connection

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLast(t *testing.T) {
	at := func(hour float64) int64 { return int64(hour * float64(time.Hour)) }
	rec := func(hour, hours float64, port uint16) Record { return Record{at(hour), at(hours), port} }
	for _, c := range []struct {
		name    string
		records []Record
		want    Lasting
		ok      bool
	}{
		{"one of an hour", []Record{rec(3, 1, 7)}, Lasting{time.Hour, at(3), 1, 1, time.Hour, 0, time.Hour}, true},
		{"one that is shorter", []Record{rec(3, .99, 7)}, Lasting{}, false},
		{"pieces of one", []Record{rec(3, .5, 7), rec(3.5, .5, 7), rec(4, .25, 7)}, Lasting{75 * time.Minute, at(3), 1, 1, 75 * time.Minute, 0, 75 * time.Minute}, true},
		{"one that is told while it is open", []Record{rec(3, .5, 7), rec(3, 1, 7), rec(3, 1.5, 7)}, Lasting{90 * time.Minute, at(3), 1, 1, 90 * time.Minute, 0, 90 * time.Minute}, true},
		{"four in a day", []Record{rec(25, .25, 1), rec(26, .25, 2), rec(27, .25, 3), rec(28, .25, 4)}, Lasting{15 * time.Minute, at(25), 4, 0, time.Hour, at(24), time.Hour}, true},
		{"four over two days", []Record{rec(22, .25, 1), rec(23, .25, 2), rec(24, .25, 3), rec(25, .25, 4)}, Lasting{}, false},
		{"before 1970", []Record{rec(-1, 2, 1)}, Lasting{2 * time.Hour, at(-1), 1, 1, 2 * time.Hour, at(-24), 2 * time.Hour}, true},
		{"over before 1970", []Record{rec(-3, 1, 1)}, Lasting{time.Hour, at(-3), 1, 1, time.Hour, at(-24), time.Hour}, true},
		{"none", nil, Lasting{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := Last(c.records, time.Hour)
			require.Equal(t, c.ok, ok)
			if ok {
				require.Equal(t, c.want, got)
			}
		})
	}
}

// No pair that lasts is left out by what its records add up to.
func TestMayLast(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	lasting := 0
	for range 20_000 {
		var records []Record
		start, total := int64(0), time.Duration(0)
		for range 1 + r.IntN(40) {
			d := time.Duration(r.ExpFloat64() * float64(20*time.Second))
			records = append(records, Record{start, int64(d), uint16(1 + r.IntN(2))})
			total += d
			start += int64(d) + int64(r.ExpFloat64()*float64(8*time.Second))
		}
		slices.SortFunc(records, func(a, b Record) int { return int(a.Start - b.Start) })
		if _, ok := Last(records, 5*time.Minute); ok {
			lasting++
			require.True(t, MayLast(total, 5*time.Minute))
		}
	}
	require.Greater(t, lasting, 1000)
}
