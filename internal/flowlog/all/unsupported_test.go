package all

import (
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"
)

func TestForeignText(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"Date first seen         Duration         Proto      Src IP Addr:Port          Dst IP Addr:Port   Packets    Bytes Flows\n", "nfdump -r NFCAPD -o csv"},
		{"#separator \\x09\n#path\tssh\n#fields\tts\tid.orig_h\tid.resp_h\tclient\n", "ssl.log"},
		{`{"ts":1592697602.5,"id.orig_h":"10.0.0.5","id.resp_h":"192.0.2.53","cookie":"a","result":"Success"}` + "\n", "ssl.log"},
		{"         StartTime      Flgs  Proto            SrcAddr  Sport   Dir            DstAddr  Dport  TotPkts   TotBytes State\n", "ra -r ARGUS -u -n -c ,"},
		{"00:00:02.123456 IP 10.0.0.5.50000 > 203.0.113.9.443: Flags [S], seq 1, win 64240, length 0\n", "tcpdump -n -tttt"},
		{"00:00:02.123456 IP6 2001:db8::5.50000 > 2001:db8:1::9.53: 4711+ A? a.example. (27)\n", "tcpdump -w"},
	} {
		_, err := flowlog.Open([]string{logtest.WriteFile(t, "log", []byte(c.text))}, nil, flowlog.Options{})
		var placed *flowlog.InputError
		require.ErrorAs(t, err, &placed, c.text)
		require.Contains(t, placed.Hint, c.want)
	}
	for _, conn := range []string{
		`{"ts":1592697602.5,"id.orig_h":"10.0.0.5","id.resp_h":"192.0.2.53"}` + "\n",
		`{"ts":1592697602.5,"id.orig_h":"10.0.0.5","id.resp_h":"192.0.2.53","conn_state":"SF","query":"added by a script"}` + "\n",
		"#separator \\x09\n#path\tdns\n#fields\tts\tquery\n#path\tconn\n#fields\tts\tid.orig_h\tid.resp_h\n",
	} {
		_, err := flowlog.Open([]string{logtest.WriteFile(t, "log", []byte(conn))}, nil, flowlog.Options{})
		require.NoError(t, err, conn)
	}
}
