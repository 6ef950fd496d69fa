package wrap

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"beacon/internal/flowlog"
)

// Records of a flow, of which a test counts those that are read.
const deepRecord = `{"ts":1,"src":"10.0.0.5","dst":"192.0.2.7"}`

func TestDeep(t *testing.T) {
	two := "[" + deepRecord + "," + deepRecord + "]"
	for text, want := range map[string]int{
		`{"data":{"flows":` + two + `}}`: 2,
		`{"data":{"inbound":` + two + `,"outbound":` + two + `,"next":null},"late":` + two + `}`: 6, // whichever keys they stand under
		`{"a":{"x":1}}` + "\n" + `{"data":{"flows":` + two + `}}`:                                0, // the first object has none
		`{"data":{"flows":` + two + `}}` + "\n" + `{"data":{"flows":` + two + `}}`:               4, // an answer a page
		`[{"data":{"flows":` + two + `}},{"data":{"flows":` + two + `}}]`:                        4,
		`{"sites":[{"name":"a","flows":` + two + `},{"flows":` + two + `}],"x":[[` + two + `]]}`: 6, // arrays in elements of arrays
		`{"cols":[{"name":"a \"[{\""},{}],"empty":[],"data":{"flows":` + two + `}}`:              2,
		`{"data":{"flows":[` + deepRecord + `,null,"s",{"a":[1]}]}}`:                             4, // what is no record is for the reader to count
		`{"ts":1,"src":"10.0.0.5","dst":"192.0.2.7","related":{"a":` + two + `}}`:                0, // a flow itself
		`{"data":{"names":[{"a":1},{"b":[2]}]}}`:                                                 0,
		`{"data":{"flows":[` + deepRecord[:20]:                                                   0, // cut off before the first is whole
		`{"data":{"flows":[` + deepRecord + `,{"ts":`:                                            2,
		strings.Repeat(`{"a":`, maxDeep-1) + two:                                                 2,
		strings.Repeat(`{"a":`, maxDeep) + two:                                                   0,
		strings.Repeat("[", 1_000_000) + strings.Repeat(`{"a":[`, 1_000_000):                     0,
		`{"a":` + strings.Repeat("[", 1_000_000) + two:                                           0,
		`{"a":` + two + `}}]],:"`:                                                                3,
		"":                                                                                       0,
	} {
		open := sniffDeep(flowlog.Head(text))
		require.Equal(t, want > 0, open != nil, "%.100s", text)
		if open == nil {
			continue
		}
		lines, err := io.ReadAll(open(iotest.OneByteReader(strings.NewReader(text))))
		require.NoError(t, err)
		require.Equal(t, want, bytes.Count(lines, []byte("\n")), "%.100s", text)
	}
}

// A reader that is closed in the middle of nested arrays asks for no more.
func TestDeepStops(t *testing.T) {
	text := `{"a":[{"b":[{"flows":[` + deepRecord + "," + deepRecord + `]},{"flows":[` + deepRecord + `]}]},{"flows":[` + deepRecord + `]}]}`
	for n := 1; n <= 4; n++ {
		count := 0
		for range newDeepValues(strings.NewReader(text)).all {
			if count++; count == n {
				break
			}
		}
		require.Equal(t, n, count)
	}
}
