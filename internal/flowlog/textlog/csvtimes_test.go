package textlog

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/timeparts"
)

// Where all times are dates of ISO 8601 the clock is the one that is found by collecting
// them; where it can't be told so, none is.
func TestISOClock(t *testing.T) {
	iso := []string{"2020-06-21 00:00:01", "2020-06-21T00:00:01.25Z", "2020/06/21 00:00:59", " 2020-06-21 00:01 ", "2020-06-21", "", "-", "NaN"}
	others := []string{"1592697600", "1592697600.5", "06/21/2020 00:00:01", "2020-13-21 00:00:01", "20200621T000001Z", "2020", "#1", "text", "2020-06-21 00:00:01 is no time", "2020-6-21 0:00", "2020-06-21 0:00:01"}
	r := rand.New(rand.NewPCG(7, 8))
	found := 0
	for range 3000 {
		sep := string(",\t;| "[r.IntN(5)])
		end := []string{"\n", "\r\n"}[r.IntN(2)]
		at := r.IntN(3)
		var b strings.Builder
		for range r.IntN(6) {
			fields := []string{"10.0.0.1", "192.0.2.7", "443"}
			fields[at] = iso[r.IntN(len(iso))]
			if r.IntN(15) == 0 {
				fields[at] = others[r.IntN(len(others))]
			}
			line := strings.Join(fields, sep)
			switch r.IntN(20) {
			case 0:
				line = "# " + line
			case 1:
				line = "start" + sep + "src" + sep + "dst"
			case 2:
				line = line[:r.IntN(len(line))]
			case 3:
				line = `"` + line
			case 4:
				line = ""
			}
			b.WriteString(line + end)
		}
		header := strings.Join([]string{"start", "src", "dst"}, sep) + end
		sample := []byte(strings.TrimSuffix(b.String(), end[r.IntN(len(end)):]))
		first, ok := sniffTable([]byte(header + "1" + sep + "2" + sep + "3\n"))
		require.True(t, ok)
		first.names = true
		table := csvTable{table: first, roles: []flowlog.Role{flowlog.Ignored, flowlog.Ignored, flowlog.Ignored}}
		table.roles[at] = flowlog.StartTime
		d := table.layout()
		opt := &flowlog.Options{Now: time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)}
		c, ok := d.isoClock(sample, flowlog.StartTime, opt)
		if !ok {
			continue
		}
		starts := d.timesOf(sample, flowlog.StartTime, timeparts.Parts{})
		want, err := flowlog.FindClock(starts, opt)
		require.NoError(t, err, "%q", sample)
		require.Equal(t, want, c, "%q", sample)
		if len(starts) > 0 {
			found++
		}
	}
	require.Greater(t, found, 500)
}
