package wrap_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	_ "beacon/internal/flowlog/all"
	"beacon/internal/flowlog/logtest"

	"github.com/stretchr/testify/require"
)

// Blank lines before a log of text change nothing, however many there are.
func TestBlankLinesBefore(t *testing.T) {
	blanks := []string{"\n", "  \n", "\r\n\t\r\n", strings.Repeat("\n", flowlog.HeadSize+3), strings.Repeat("   \r\n", flowlog.HeadSize/4)}
	if testing.Short() {
		blanks = blanks[:1]
	}
	for _, f := range flowlog.Formats() {
		for _, path := range logtest.Samples(t, f.Name) {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			if bytes.IndexByte(text, 0) >= 0 { // binary, UTF-16 too
				continue
			}
			var opt flowlog.Options
			want, first, err := logtest.ReadFlows(path, opt, flow.All, 1)
			if err != nil {
				continue
			}
			for _, before := range blanks {
				got, report, err := logtest.ReadFlows(logtest.WriteFile(t, "log", append([]byte(before), text...)), opt, flow.All, 2)
				if err != nil || got != want || report.Inputs[0].Input.Format != first.Inputs[0].Input.Format {
					t.Errorf("%s, %.10q: %v %d %d", path, before, err, len(got), len(want))
				}
			}
		}
	}
}
