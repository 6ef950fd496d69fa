package textlog

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/addr"
)

// benchRows is about what a block of text holds.
const benchRows = 14_000

// officeLines is lines like those of the office log: a few seconds of its day,
// hundreds of internal hosts and thousands of external ones.
func officeLines(rows int) []byte {
	r := rand.New(rand.NewPCG(1, 1))
	var b bytes.Buffer
	at := time.Date(2020, 6, 21, 8, 0, 0, 0, time.UTC)
	inside := func() string { return fmt.Sprintf("120.18.%d.%d", r.IntN(4), r.IntN(120)) }
	outside := func() string {
		h := uint32(min(r.IntN(5000), r.IntN(5000))) * 2654435761
		return fmt.Sprintf("%d.%d.%d.%d", h>>24%200+1, h>>16&255, h>>8&255, h&255)
	}
	for range rows {
		at = at.Add(time.Duration(r.IntN(20)) * time.Millisecond)
		src, dst := inside(), outside()
		sport, dport := 1024+r.IntN(60000), []int{53, 80, 443, 8080}[r.IntN(4)]
		if r.IntN(2) == 0 {
			src, dst, sport, dport = dst, src, dport, sport
		}
		fmt.Fprintf(&b, "%s,%s,%s,%d,%d,%s,%d\n", at.Format("2006-01-02 15:04:05.000000"), src, dst, sport, dport, []string{"TCP", "UDP"}[r.IntN(2)], r.IntN(1500))
	}
	return b.Bytes()
}

type discard struct{}

func (discard) Begin(int)               {}
func (discard) Batch(*flow.Batch) error { return nil }

func BenchmarkScanCSV(b *testing.B) {
	for _, bench := range []struct {
		name    string
		columns flow.Column
	}{{"base", flow.Base}, {"all", flow.All}} {
		b.Run(bench.name, func(b *testing.B) {
			lines := officeLines(benchRows)

			opt := &flowlog.Options{Columns: bench.columns}
			w := flowlog.NewWorker(flowlog.Pass{Columns: opt.Columns, Hosts: flow.NewHosts(nil)}, discard{})
			d := &delimited{separator: ',', quoted: true}
			var err error
			if d.roles, err = flowlog.MatchColumns([]string{"timestamp", "src_ip", "dst_ip", "src_port", "dst_port", "protocol", "payload"}, opt); err != nil {
				b.Fatal(err)
			}
			if err := d.setClocks(lines, opt); err != nil {
				b.Fatal(err)
			}
			d.prepare(lines)
			text := append(lines, make([]byte, flowlog.BlockPad)...)[:len(lines)]
			b.SetBytes(int64(len(lines)))
			for b.Loop() {
				if err := d.parse(w, text); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
		})
	}
}

func BenchmarkParseAddress(b *testing.B) {
	texts := [][]byte{[]byte("8.8.8.8"), []byte("120.18.250.221"), []byte("251.139.203.226"), []byte("65.64.19.34")}
	for b.Loop() {
		for _, text := range texts {
			if _, ok := addr.ParseIPv4(text); !ok {
				b.Fatal(string(text))
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(texts)), "ns/address")
}
