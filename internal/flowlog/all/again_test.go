package all

import (
	"path/filepath"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/stretchr/testify/require"
)

// A log that was read for some of its columns can be read again for others. It is of two files
// with the same header.
func TestReadAgain(t *testing.T) {
	for _, f := range flowlog.Formats() {
		for _, path := range logtest.Samples(t, f.Name) {
			t.Run(f.Name+"/"+filepath.Base(path), func(t *testing.T) {
				log, err := flowlog.Open([]string{path, path}, nil, flowlog.Options{Now: logtest.Now})
				require.NoError(t, err)
				defer log.Close()
				for _, columns := range []flow.Column{0, flow.All, 0, flow.Base | flow.Bytes} {
					want, _, wantErr := logtest.ReadFlows(path, flowlog.Options{}, columns, 1)
					got, _, err := logtest.ReadLog(log, columns, 1)
					require.Equal(t, wantErr, err)
					require.Equal(t, want+want, got)
				}
			})
		}
	}
}
