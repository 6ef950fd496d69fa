package write

import (
	"beacon/internal/flow"
	"beacon/internal/flowlog"
)

func init() {
	registerText("csv", "comma-separated text with a header, times in UTC", flow.All, csvHeader, csvRow, nil)
}

func csvHeader(t *textWriter) {
	for i, c := range canonicalColumns {
		if !t.columns.Has(c.column) {
			continue
		}
		if i > 0 {
			t.buf = append(t.buf, ',')
		}
		t.text(c.name)
	}
	t.buf = append(t.buf, '\n')
}

func csvRow(t *textWriter, f *flowlog.Flow) {
	t.fraction(t.dateTime(f.Time, ' '))
	t.buf = append(t.buf, ',')
	t.addr(f.Src)
	t.buf = append(t.buf, ',')
	t.addr(f.Dst)
	if t.columns.Has(flow.SrcPort) {
		t.cell(int64(f.SrcPort))
	}
	if t.columns.Has(flow.Port) {
		t.cell(int64(f.Port))
	}
	if t.columns.Has(flow.Proto) {
		t.cell(int64(f.Proto))
	}
	if t.columns.Has(flow.Bytes) {
		t.cell(f.Bytes)
	}
	if t.columns.Has(flow.SrcBytes) {
		t.cell(f.SrcBytes)
	}
	if t.columns.Has(flow.Duration) {
		t.buf = append(t.buf, ',')
		t.epoch(f.Duration)
	}
	if t.columns.Has(flow.Name) {
		t.buf = append(t.buf, ',')
		t.text(t.nameOf(f))
	}
	t.buf = append(t.buf, '\n')
}

func (t *textWriter) cell(v int64) {
	t.buf = append(t.buf, ',')
	t.int(v)
}

func (t *textWriter) nameOf(f *flowlog.Flow) string {
	return t.hosts.HostnameOf(f.Dst, f.Name)
}
