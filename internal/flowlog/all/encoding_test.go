package all

import (
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/stretchr/testify/require"
)

// A header in another encoding than UTF-8 and Windows-1252 is refused with what changes it.
func TestHeadersInOtherEncodings(t *testing.T) {
	for name, header := range map[string]string{
		"GBK":          "\xca\xb1\xbc\xe4,\xd4\xb4\xb5\xd8\xd6\xb7,\xc4\xbf\xb5\xc4\xb5\xd8\xd6\xb7",
		"Windows-1251": "\xe2\xf0\xe5\xec\xff,\xe8\xf1\xf2\xee\xf7\xed\xe8\xea,\xed\xe0\xe7\xed\xe0\xf7\xe5\xed\xe8\xe5",
	} {
		path := logtest.WriteFile(t, "log.csv", []byte(header+"\n2020-03-05 12:00:00,10.0.0.5,203.0.113.9\n"))
		_, _, err := logtest.ReadFlows(path, flowlog.Options{}, flow.Base, 1)
		var refusal *flowlog.InputError
		require.ErrorAs(t, err, &refusal, name)
		require.Contains(t, refusal.Hint, name)
		require.Contains(t, refusal.Hint, "iconv -f GBK -t UTF-8 "+path+" | beacon detect -")
	}
	path := logtest.WriteFile(t, "log.csv", []byte("when,von,wohin\n2020-03-05 12:00:00,10.0.0.5,203.0.113.9\n"))
	_, _, err := logtest.ReadFlows(path, flowlog.Options{}, flow.Base, 1)
	var refusal *flowlog.InputError
	require.ErrorAs(t, err, &refusal)
	require.NotContains(t, refusal.Hint, "iconv")
}
