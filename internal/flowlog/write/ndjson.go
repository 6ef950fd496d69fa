package write

import (
	"encoding/json"

	"beacon/internal/escape"
	"beacon/internal/flow"
	"beacon/internal/flowlog"
)

func init() {
	registerText("ndjson", "an object a line, named as the columns of csv, times in UTC", flow.All, nil, ndjsonRow, nil).Optional = flow.Name
}

func ndjsonRow(t *textWriter, f *flowlog.Flow) {
	t.text(`{"timestamp":"`)
	t.fraction(t.dateTime(f.Time, 'T'))
	t.text(`Z","src_ip":"`)
	t.addr(f.Src)
	t.text(`","dst_ip":"`)
	t.addr(f.Dst)
	t.buf = append(t.buf, '"')
	for _, field := range [...]struct {
		column flow.Column
		key    string
		value  int64
	}{
		{flow.SrcPort, `,"src_port":`, int64(f.SrcPort)}, {flow.Port, `,"dst_port":`, int64(f.Port)}, {flow.Proto, `,"protocol":`, int64(f.Proto)},
		{flow.Bytes, `,"bytes":`, f.Bytes}, {flow.SrcBytes, `,"src_bytes":`, f.SrcBytes},
	} {
		if t.columns.Has(field.column) {
			t.text(field.key)
			t.int(field.value)
		}
	}
	if t.columns.Has(flow.Duration) {
		t.text(`,"duration":`)
		t.epoch(f.Duration)
	}
	if t.columns.Has(flow.Name) { // in every record: a reader looks for keys in the first ones
		text, _ := json.Marshal(t.nameOf(f)) // a string always has a form
		t.text(`,"hostname":`)
		t.buf = append(t.buf, escape.JSON(text)...)
	}
	t.text("}\n")
}
