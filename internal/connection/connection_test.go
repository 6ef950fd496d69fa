package connection

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestJoin(t *testing.T) {
	const s = int64(time.Second)
	record := func(start, duration int64, port uint16) Record { return Record{start * s, duration * s, port} }
	for _, test := range []struct {
		name    string
		records []Record
		want    []int // nil: each is a call
	}{
		{"an active timeout of a minute", []Record{record(0, 59, 5), record(60, 59, 5), record(120, 3, 5)}, []int{0, 0, 0}},
		{"another source port", []Record{record(0, 59, 5), record(60, 59, 6)}, nil},
		{"no source port", []Record{record(0, 59, 0), record(60, 59, 0)}, nil},
		{"no durations", []Record{record(0, 0, 5), record(1, 0, 5)}, nil},
		{"a timer on one port that calls for a second each minute", []Record{record(0, 1, 123), record(60, 1, 123)}, nil},
		{"a pause longer than the record", []Record{record(0, 2, 5), record(10, 2, 5)}, nil},
		{"a pause longer than an idle timeout", []Record{record(0, 100, 5), record(116, 100, 5)}, nil},
		{"interim records with one start", []Record{record(0, 10, 5), record(0, 20, 5), record(0, 30, 5), record(31, 5, 5)}, []int{0, 0, 0, 0}},
		{"two connections at once", []Record{record(0, 59, 5), record(1, 59, 6), record(60, 59, 5), record(61, 59, 6)}, []int{0, 1, 0, 1}},
	} {
		require.Equal(t, test.want, Join(test.records), test.name)
	}
}
