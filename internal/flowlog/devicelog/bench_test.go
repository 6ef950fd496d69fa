package devicelog_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	_ "beacon/internal/flowlog/devicelog"
	_ "beacon/internal/flowlog/textlog"
)

// benchRows is how many connections each log of the benchmark tells of.
const benchRows = 50_000

// benchLines writes one connection in each format.
var benchLines = []struct {
	name string
	line func(b *bytes.Buffer, at time.Time, src, dst string, port, n int)
}{
	{"csv", func(b *bytes.Buffer, at time.Time, src, dst string, port, n int) {
		if n == 0 {
			b.WriteString("timestamp,src_ip,dst_ip,src_port,dst_port,protocol,bytes\n")
		}
		fmt.Fprintf(b, "%s,%s,%s,%d,%d,TCP,%d\n", at.Format("2006-01-02 15:04:05.000000"), src, dst, 1024+n%60000, port, n)
	}},
	{"fortigate", func(b *bytes.Buffer, at time.Time, src, dst string, port, n int) {
		fmt.Fprintf(b, `<189>date=%s time=%s devname="fw1" devid="FG100E" logid="0000000013" type="traffic" subtype="forward" level="notice" vd="root" eventtime=%d tz="+0000" srcip=%s srcport=%d srcintf="port2" srcintfrole="lan" dstip=%s dstport=%d dstintf="port1" dstintfrole="wan" sessionid=%d proto=6 action="close" policyid=1 policytype="policy" service="HTTPS" dstcountry="United States" srccountry="Reserved" trandisp="snat" duration=5 sentbyte=%d rcvdbyte=900 sentpkt=5 rcvdpkt=6 appcat="unscanned"`+"\n",
			at.Format("2006-01-02"), at.Format("15:04:05"), at.UnixNano(), src, 1024+n%60000, dst, port, n, n)
	}},
	{"cisco-asa", func(b *bytes.Buffer, at time.Time, src, dst string, port, n int) {
		fmt.Fprintf(b, "<166>%s fw01 : %%ASA-6-302013: Built outbound TCP connection %d for outside:%s/%d (%s/%d) to inside:%s/%d (198.51.100.1/%d)\n", at.Format("Jan 02 2006 15:04:05"), n, dst, port, dst, port, src, 1024+n%60000, 1024+n%60000)
		fmt.Fprintf(b, "<166>%s fw01 : %%ASA-6-302014: Teardown TCP connection %d for outside:%s/%d to inside:%s/%d duration 0:00:05 bytes %d TCP FINs\n", at.Format("Jan 02 2006 15:04:05"), n, dst, port, src, 1024+n%60000, n)
	}},
	{"panos", func(b *bytes.Buffer, at time.Time, src, dst string, port, n int) {
		t := at.Format("2006/01/02 15:04:05")
		fmt.Fprintf(b, "1,%s,0011,TRAFFIC,end,2305,%s,%s,%s,198.51.100.1,%s,rule1,,,ssl,vsys1,trust,untrust,eth1,eth2,fwd,%s,%d,1,%d,%d,40000,443,0x400000,tcp,allow,%d,300,900,10,%s,5,any,0\n", t, t, src, dst, dst, t, n, 1024+n%60000, port, n, t)
	}},
	{"squid", func(b *bytes.Buffer, at time.Time, src, dst string, port, n int) {
		fmt.Fprintf(b, "%d.%03d %6d %s TCP_TUNNEL/200 %d CONNECT a%d.example:%d - HIER_DIRECT/%s -\n", at.Unix(), n%1000, n%300, src, n, n%1000, port, dst)
	}},
}

// BenchmarkDevices reads logs of the same connections in each format.
func BenchmarkDevices(b *testing.B) {
	for _, format := range benchLines {
		b.Run(format.name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "log")
			if err := os.WriteFile(path, benchLog(format.line), 0o600); err != nil {
				b.Fatal(err)
			}
			log, err := flowlog.Open([]string{path}, nil, flowlog.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer log.Close()
			if got := log.Inputs[0].Format.Name; got != format.name {
				b.Fatalf("read as %s", got)
			}
			b.SetBytes(log.Inputs[0].Size)
			for b.Loop() {
				report, err := log.Read(b.Context(), flowlog.Pass{Workers: 1, Columns: flow.All, Hosts: flow.NewHosts(nil), Sink: func() flowlog.Sink { return discard{} }})
				if err != nil || report.Rows() != benchRows {
					b.Fatal(err, report.Rows())
				}
			}
			b.ReportMetric(float64(benchRows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func benchLog(line func(b *bytes.Buffer, at time.Time, src, dst string, port, n int)) []byte {
	var b bytes.Buffer
	r := rand.New(rand.NewPCG(1, 1))
	at := time.Date(2020, 6, 21, 8, 0, 0, 0, time.UTC)
	for n := range benchRows {
		at = at.Add(time.Duration(r.IntN(20)) * time.Millisecond)
		line(&b, at, fmt.Sprintf("10.0.%d.%d", r.IntN(4), r.IntN(120)), fmt.Sprintf("%d.%d.1.9", 20+r.IntN(100), r.IntN(50)), []int{53, 80, 443, 8080}[r.IntN(4)], n)
	}
	return b.Bytes()
}

type discard struct{}

func (discard) Begin(int)               {}
func (discard) Batch(*flow.Batch) error { return nil }
