package wrap

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/flowlog"
)

// Records end at the line between them or, where there is none, at the name that they begin with.
func TestVertical(t *testing.T) {
	const records = `{"ts":"1","src":"10.0.0.5","dst":"a"}{"ts":"2","src":"10.0.0.6","dst":""}`
	for _, text := range []string{
		"ts : 1\nsrc : 10.0.0.5\ndst : a\n\nts : 2\nsrc : 10.0.0.6\ndst :\n",
		"ts : 1\nsrc : 10.0.0.5\ndst : a\nts : 2\nsrc : 10.0.0.6\ndst :\n",
		"\r\nts = 1\r\nsrc = 10.0.0.5\r\ndst = a\r\n\r\nts = 2\r\nsrc = 10.0.0.6\r\ndst = ",
		"-[ RECORD 1 ]\nts | 1\nsrc | 10.0.0.5\ndst | a\n-[ RECORD 2 ]\nts | 2\nsrc | 10.0.0.6\ndst | \n",
		"*************************** 1. row ***\nts: 0\nts: 1\nsrc: 10.0.0.5\ndst: a\n*************************** 2. row ***\nts: 2\nsrc: 10.0.0.6\ndst: \n",
	} {
		require.Equal(t, records, strings.Join(strings.Fields(vertically(t, text)), ""), text)
	}
}

// A record of more values than any log has doesn't take longer for each of them.
func TestVerticalRecordWithoutEnd(t *testing.T) {
	text := strings.Builder{}
	text.WriteString("ts : 1\nsrc : 10.0.0.5\ndst : a\n\nts : 2\n")
	for i := range 4 * maxKeys {
		fmt.Fprintf(&text, "k%d : v\n", i)
	}
	require.Equal(t, 3+maxKeys, strings.Count(vertically(t, text.String()), `":`))
}

func vertically(t *testing.T, text string) string {
	open := sniffVertical(flowlog.Head(text))
	require.NotNil(t, open, text[:min(len(text), 100)])
	got, err := io.ReadAll(open(strings.NewReader(text)))
	require.NoError(t, err)
	return string(got)
}
