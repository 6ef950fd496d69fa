package clickhouse

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/netset"
)

// lastingLog is connections of all lengths, whole and in pieces, over three days.
func lastingLog(t *testing.T) string {
	r := rand.New(rand.NewPCG(7, 8))
	type line struct {
		at   time.Time
		text string
	}
	var lines []line
	start := time.Date(2024, 3, 4, 0, 0, 0, 0, time.UTC)
	for i := range 2000 {
		at := start.Add(time.Duration(r.Float64() * float64(72*time.Hour)))
		src, dst, port, srcPort := fmt.Sprintf("10.0.0.%d", r.IntN(9)), fmt.Sprintf("203.0.113.%d", r.IntN(40)), 1+r.IntN(2), 1024+i
		lasted := time.Duration(r.ExpFloat64() * float64(4*time.Minute))
		pieces := 1
		if i%20 == 0 {
			pieces, lasted = 1+r.IntN(30), time.Duration(r.ExpFloat64()*float64(10*time.Minute))
		}
		for range pieces {
			lines = append(lines, line{at, fmt.Sprintf("%s,%s,%s,%d,%d,6,%d,%.3f\n", at.Format("2006-01-02 15:04:05.000"), src, dst, srcPort, port, r.IntN(5000), lasted.Seconds())})
			at = at.Add(lasted + time.Duration(r.IntN(20))*time.Second)
		}
	}
	slices.SortFunc(lines, func(a, b line) int { return a.at.Compare(b.at) })
	var b strings.Builder
	b.WriteString("timestamp,src_ip,dst_ip,src_port,dst_port,protocol,bytes,duration\n")
	for _, l := range lines {
		b.WriteString(l.text)
	}
	return writeText(t, "lasting.csv", b.String())
}

// Both engines find the same long connections; a table without durations says so.
func TestLongConnections(t *testing.T) {
	path := lastingLog(t)
	e := twoShards(t)[0].engine(t, "lasting")
	_, err := e.Load(t.Context(), openLog(t, noOptions, path), LoadOptions{Workers: 1})
	require.NoError(t, err)
	q := everyMinute()
	q.Rules, q.MinDuration = beacon.EveryLong, time.Hour
	found := arrow(t, path, q)
	require.Greater(t, found.Len(), 10)
	ends := q
	ends.Only = []netset.Host{found.List[0].Destinations[0].Host}
	both := q
	both.Rules |= beacon.EveryRhythm
	short := q
	short.MinDuration = 10 * time.Minute
	nobody := q
	nobody.Only = []netset.Host{}
	sameAnswers(t, path, e, map[string]beacon.Query{"long": q, "long and rhythm": both, "ten minutes": short, "only": ends, "none": nobody})
	asked, err := e.SQL(t.Context(), ends)
	require.NoError(t, err)
	literal := fmt.Sprintf("IN (IPv6StringToNum('::ffff:%s'))", ends.Only[0])
	require.True(t, slices.ContainsFunc(asked, func(sql string) bool { return strings.Contains(sql, literal) }), "the table is asked about all destinations")

	path = writeText(t, "bare.csv", "timestamp,src_ip,dst_ip\n2024-03-04 00:00:00,10.0.0.1,203.0.113.7\n")
	bare := twoShards(t)[0].engine(t, "bare")
	_, err = bare.Load(t.Context(), openLog(t, noOptions, path), LoadOptions{Workers: 1})
	require.NoError(t, err)
	if _, err = bare.Find(t.Context(), q); err == nil { // a table that convert makes has the column
		require.Zero(t, arrow(t, path, q).Len())
	} else {
		require.True(t, errors.Is(err, errNoDuration))
	}
}
