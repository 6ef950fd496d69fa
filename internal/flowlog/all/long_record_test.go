package all

import (
	"fmt"
	"strings"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/stretchr/testify/require"
)

// JSON is known however long its first record is, packed or not, and read like that whose
// first record is short.
func TestLongFirstRecord(t *testing.T) {
	const record = `{"timestamp":"2020-06-21T00:%02d:00Z","src_ip":"10.0.0.1","dst_ip":"192.0.2.7","dst_port":443%s}`
	forms := map[string]func(long string, records []string) string{
		"lines": func(long string, records []string) string {
			return fmt.Sprintf(record, 59, `,"note":"`+long+`"`) + "\n" + strings.Join(records, "\n")
		},
		"array": func(long string, records []string) string {
			return "[" + fmt.Sprintf(record, 59, `,"note":"`+long+`"`) + "," + strings.Join(records, ",") + "]"
		},
		"document": func(long string, records []string) string {
			return `{"note":"` + long + `","flows":[` + strings.Join(records, ",") + "]}"
		},
	}
	var records []string
	for minute := range 50 {
		records = append(records, fmt.Sprintf(record, minute, ""))
	}
	read := func(text string, packed bool) string {
		bytes := []byte(text)
		if packed {
			bytes = pack(t, "gzip", bytes)
		}
		flows, _, err := logtest.ReadFlows(logtest.WriteFile(t, "log", bytes), flowlog.Options{}, flow.Base|flow.Port, 2)
		require.NoError(t, err)
		return flows
	}
	for name, form := range forms {
		want := read(form("x", records), false)
		require.GreaterOrEqual(t, strings.Count(want, "\n"), len(records))
		for _, size := range []int{flowlog.HeadSize - 200, flowlog.HeadSize, 3 * flowlog.HeadSize, 1 << 20} {
			for _, packed := range []bool{false, true} {
				require.Equal(t, want, read(form(strings.Repeat("x", size), records), packed), "%s, %d bytes", name, size)
			}
		}
	}
	_, _, err := logtest.ReadFlows(logtest.WriteFile(t, "log", []byte(`{"note":"`+strings.Repeat("x", 1<<20)+`"}`)), flowlog.Options{}, flow.Base, 2)
	require.ErrorContains(t, err, "no column for timestamp, src_ip, dst_ip; it has note")
}
