package all

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/stretchr/testify/require"
)

func BenchmarkJSON(b *testing.B) {
	var text bytes.Buffer
	for i := range 200_000 {
		fmt.Fprintf(&text, `{"ts":%d.%06d,"uid":"Cx3bf12iVwo5m7Gkd%d","id.orig_h":"10.0.%d.%d","id.orig_p":%d,"id.resp_h":"192.0.%d.%d","id.resp_p":443,"proto":"tcp","service":"ssl","duration":1196.975041,"orig_bytes":%d,"resp_bytes":1200,"conn_state":"SF","local_orig":false,"local_resp":true,"missed_bytes":0,"history":"ShADadFf","orig_pkts":194,"orig_ip_bytes":7760,"resp_pkts":191,"resp_ip_bytes":8404}`+"\n",
			1592697602+i/100, i%1000000, i, i%7, i%250, 1024+i%60000, i%5, i%200, i%9999)
	}
	benchmarkRead(b, "conn.log", text.Bytes())
}

func BenchmarkZeek(b *testing.B) {
	var text bytes.Buffer
	text.WriteString("#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\tmissed_bytes\thistory\n")
	for i := range 400_000 {
		fmt.Fprintf(&text, "%d.%06d\tCx3bf12iVwo5m7Gkd%d\t10.0.%d.%d\t%d\t192.0.%d.%d\t443\ttcp\tssl\t1196.975041\t%d\t1200\tSF\t-\t0\tShADadFf\n",
			1592697602+i/100, i%1000000, i, i%7, i%250, 1024+i%60000, i%5, i%200, i%9999)
	}
	benchmarkRead(b, "conn.log", text.Bytes())
}

// BenchmarkZeekNames reads the logs of a sensor beside each other: the same connections,
// by the columns of each.
func BenchmarkZeekNames(b *testing.B) {
	const id = "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\t"
	for _, log := range []struct{ path, columns, rest string }{
		{"conn", "proto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\tlocal_resp\tmissed_bytes\thistory", "tcp\tssl\t1.975041\t%d\t1200\tSF\t-\t-\t0\tShADadFf"},
		{"ssl", "version\tcipher\tcurve\tserver_name\tresumed\tlast_alert\tnext_protocol\testablished\tssl_history", "TLSv12\tTLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\tx25519\twww.name%d.example.com\tF\t-\th2\tT\tCsxknGIi"},
		{"http", "trans_depth\tmethod\thost\turi\treferrer\tversion\tuser_agent\torigin\trequest_body_len", "1\tGET\twww.name%d.example.com\t/some/path/of/a/page.html?with=a&query=1\t-\t1.1\tMozilla/5.0\t-\t0"},
		{"dns", "proto\ttrans_id\trtt\tquery\tqclass\tqclass_name\tqtype\tqtype_name\trcode\trcode_name\tAA\tTC\tRD\tRA\tZ\tanswers", "udp\t1\t0.01\twww.name%d.example.com\t1\tC_INTERNET\t1\tA\t0\tNOERROR\tF\tF\tT\tT\t0\tcdn.example.net,192.0.2.9"},
	} {
		b.Run(log.path, func(b *testing.B) {
			var text bytes.Buffer
			text.WriteString("#separator \\x09\n#path\t" + log.path + "\n#fields\t" + id + log.columns + "\n")
			const rows = 400_000
			for i := range rows {
				fmt.Fprintf(&text, "%d.%06d\tCx3bf12iVwo5m7Gkd%d\t10.0.%d.%d\t%d\t192.0.%d.%d\t443\t"+log.rest+"\n",
					1592697602+i/100, i%1000000, i, i%7, i%250, 1024+i%60000, i%5, i%200, i*7919%20000)
			}
			benchmarkRead(b, log.path+".log", text.Bytes())
		})
	}
}

func benchmarkRead(b *testing.B, name string, text []byte) {
	path := logtest.WriteFile(b, name, text)
	for _, c := range []struct {
		name    string
		columns flow.Column
	}{{"base", flow.Base}, {"bytes", flow.Base | flow.Port | flow.Bytes}, {"all", flow.All}} {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/%d", c.name, workers), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				l, err := flowlog.Open([]string{path}, nil, flowlog.Options{})
				require.NoError(b, err)
				defer l.Close()
				hosts := flow.NewHosts(nil)
				for b.Loop() {
					_, err := l.Read(context.Background(), flowlog.Pass{Workers: workers, Columns: c.columns, Hosts: hosts, Sink: func() flowlog.Sink { return noSink{} }})
					require.NoError(b, err)
				}
			})
		}
	}
}

type noSink struct{}

func (noSink) Begin(int)               {}
func (noSink) Batch(*flow.Batch) error { return nil }
