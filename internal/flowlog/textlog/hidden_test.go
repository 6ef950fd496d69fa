package textlog

import (
	"fmt"
	"strings"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/stretchr/testify/require"
)

// A line in which another record hides is bad, whichever columns are read and in whatever
// blocks; empty or few short cells behind the last column are none the worse.
func TestHiddenRecords(t *testing.T) {
	const header = "timestamp,src_ip,dst_ip,port,bytes,note\n"
	record := func(i int) string { return fmt.Sprintf("2020-06-21 00:%02d:00,10.0.0.5,192.0.2.7,443,%d,x", i%60, i) }
	for name, c := range map[string]struct {
		line string
		bad  int64
	}{
		"whole":           {record(1) + "\n" + record(2), 0},
		"joined":          {record(1) + "," + record(2), 1},
		"glued":           {record(1) + record(2), 1},
		"glued, shortest": {"0,1.1.1.1,2.2.2.2,4,5,0,1.1.1.1,2.2.2.2,4,5,6", 1},
		"spreadsheet":     {record(1) + ",,,,,,,,,,,,,,,,,,,,,", 0},
		"stray cell":      {record(1) + ",y", 0},
		"quoted":          {`2020-06-21 00:01:00,10.0.0.5,192.0.2.7,443,1,"to be, or not to be, that, is, the, question, here"`, 0},
	} {
		text := header
		for i := range 40 {
			text += record(i) + "\n"
		}
		text += c.line + "\n" + record(41) + "\n"
		for _, columns := range []flow.Column{flow.Base, flow.Base | flow.Port, flow.All} {
			for _, size := range []int{1, 100, 1 << 20} {
				logtest.WithBlocks(t, size, func() {
					_, report, err := logtest.ReadFlows(logtest.WriteFile(t, "log.csv", []byte(text)), flowlog.Options{}, columns, 2)
					require.NoError(t, err)
					require.Equal(t, c.bad, report.Inputs[0].BadRows, "%s: %v", name, report.Bad)
					require.EqualValues(t, strings.Count(text, "\n")-1, report.Inputs[0].Rows+report.Inputs[0].BadRows, name)
				})
			}
		}
	}
}
