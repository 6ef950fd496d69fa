package textlog

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/stretchr/testify/require"
)

// cornerTime is how long a file may take that once cost the square of its size: it takes a
// fraction of a second on an idle machine.
const cornerTime = 10 * time.Second

// A line of many blocks, and millions of blank lines, cost what their bytes do.
func TestTextCorners(t *testing.T) {
	const header, record = "timestamp,src_ip,dst_ip,note\n", "2020-06-21 00:00:00,10.0.0.5,192.0.2.7,x\n"
	for name, middle := range map[string]string{
		"a long line":     "2020-06-21 00:00:01,10.0.0.5,192.0.2.7," + strings.Repeat("a", 15<<20) + "\n",
		"blank lines":     strings.Repeat("\n", 30<<20),
		"blank CRLF":      strings.Repeat("\r\n", 15<<20),
		"one lost record": "x\n",
	} {
		path := logtest.WriteFile(t, "log.csv", []byte(header+record+middle+record))
		begin := time.Now()
		_, report, err := logtest.ReadFlows(path, flowlog.Options{}, flow.Base, 2)
		require.NoError(t, err, name)
		require.Less(t, time.Since(begin), cornerTime, name)
		require.GreaterOrEqual(t, report.Rows(), int64(2), name)
		if len(report.Bad) > 0 {
			require.EqualValues(t, 3, report.Bad[0].Line, name)
		}
	}
}

// A hardware address or a time of day is no address.
func TestIsAddress(t *testing.T) {
	for text, want := range map[string]bool{"10.0.0.5": true, "10.0.0.5:443": true, "2001:db8::1": true, "::ffff:10.0.0.5": true, "fe80::1%eth0": true,
		"00:1a:2b:3c:4d:5e": false, "12:34:56": false, "10.0.0.5:": false, "10.0.0": false, "abc": false, "": false} {
		require.Equal(t, want, isAddress(text), text)
	}
}

// A message names ten columns and says how many more there are, and shows no more of a
// name or cell than a screen holds.
func TestMessagesAreShort(t *testing.T) {
	var b bytes.Buffer
	b.WriteString(strings.Repeat("column", 100))
	for i := range 3000 {
		fmt.Fprintf(&b, ",column %d", i)
	}
	_, _, err := logtest.ReadFlows(logtest.WriteFile(t, "log.csv", append(b.Bytes(), "\n1,2,3\n"...)), flowlog.Options{Format: "csv"}, flow.Base, 1)
	require.Error(t, err)
	require.Less(t, len(err.Error()), 1500)
	require.Contains(t, err.Error(), "and 2991 more")
	cell := strings.Repeat("9", 100_000)
	_, _, err = logtest.ReadFlows(logtest.WriteFile(t, "log.csv", []byte("timestamp,src_ip,dst_ip\n"+cell+",10.0.0.5,192.0.2.7\n")), flowlog.Options{Format: "csv"}, flow.Base, 1)
	require.Error(t, err)
	require.Less(t, len(err.Error()), 800)
}
