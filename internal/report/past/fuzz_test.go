package past_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/report"
	"beacon/internal/report/machine"
	"beacon/internal/report/past"
	"beacon/internal/report/reporttest"
)

// formats are those that are read.
var formats = []string{"ndjson", "json", "parquet"}

// written returns findings in each format.
func written(t testing.TB) (texts [][]byte) {
	for _, format := range formats {
		var b bytes.Buffer
		require.NoError(t, machine.Write(&b, format, reporttest.Kinds(), report.Meta{}))
		texts = append(texts, b.Bytes())
	}
	return texts
}

// FuzzRead reads any bytes as the findings of an earlier run: a period is none or positive,
// and no host stands twice.
func FuzzRead(f *testing.F) {
	for _, text := range written(f) {
		f.Add(text)
	}
	f.Add([]byte(`{"schema":1,"scope":"schedule","rank":-1,"period_s":1e300,"first":"0001-01-01T00:00:00Z","destinations":[{"ip":"::1","name":"a"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := past.Read(text)
		if err != nil {
			require.Empty(t, list)
			return
		}
		for _, e := range list {
			require.GreaterOrEqual(t, e.Period, 0*e.Period)
			for _, hosts := range [][]string{texts(e.Sources), texts(e.Destinations)} {
				require.Len(t, slices.Compact(slices.Sorted(slices.Values(hosts))), len(hosts))
			}
		}
	})
}

func texts[T interface{ String() string }](hosts []T) (list []string) {
	for _, h := range hosts {
		list = append(list, h.String())
	}
	return list
}

// A file that says that it has more rows than it can have is refused before room is made
// for them.
func TestClaimedRows(t *testing.T) {
	parquet := written(t)[2]
	list, err := past.Read(parquet)
	require.NoError(t, err)
	require.NotEmpty(t, list)
	damaged := 0
	for i := len(parquet) - 1; i > len(parquet)*3/4; i -= 17 { // the footer
		for _, b := range []byte{0xff, 0x7f, 0} {
			broken := bytes.Clone(parquet)
			broken[i] = b
			if _, err := past.Read(broken); err != nil {
				damaged++
			}
		}
	}
	require.Positive(t, damaged)
}
