package write

import (
	"time"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
)

func init() {
	registerText("aws-vpc", "AWS VPC flow log, text of version 2, in whole seconds", flow.All&^(flow.Name|flow.SrcBytes), awsHeader, awsRow, nil)
}

func awsHeader(t *textWriter) {
	t.text("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n")
}

func awsRow(t *textWriter, f *flowlog.Flow) {
	t.text("2 - - ")
	t.addr(f.Src)
	t.buf = append(t.buf, ' ')
	t.addr(f.Dst)
	t.buf = append(t.buf, ' ')
	t.int(int64(f.SrcPort))
	t.buf = append(t.buf, ' ')
	t.int(int64(f.Port))
	t.buf = append(t.buf, ' ')
	t.int(int64(f.Proto))
	t.text(" 1 ")
	t.int(f.Bytes)
	t.buf = append(t.buf, ' ')
	start, _ := floorDiv(f.Time, int64(time.Second))
	t.int(start)
	t.buf = append(t.buf, ' ')
	end, _ := floorDiv(f.Time+f.Duration, int64(time.Second))
	t.int(end)
	t.text(" ACCEPT OK\n")
}
