package write

import (
	"beacon/internal/flow"
	"beacon/internal/flowlog"
)

func init() {
	columns := flow.All &^ flow.Name
	registerText("zeek", "Zeek conn.log, tab-separated, for RITA and whatever reads Zeek", columns, zeekHeader, zeekRow, nil)
	registerText("zeek-json", "Zeek conn.log as JSON lines", columns, nil, zeekJSONRow, nil)
}

func zeekHeader(t *textWriter) {
	t.text("#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n" +
		"#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\n" +
		"#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\n")
}

func zeekRow(t *textWriter, f *flowlog.Flow) {
	t.epoch(f.Time)
	t.buf = append(t.buf, '\t')
	t.uid()
	t.buf = append(t.buf, '\t')
	t.addr(f.Src)
	t.buf = append(t.buf, '\t')
	t.int(int64(f.SrcPort))
	t.buf = append(t.buf, '\t')
	t.addr(f.Dst)
	t.buf = append(t.buf, '\t')
	t.int(int64(f.Port))
	t.buf = append(t.buf, '\t')
	t.text(zeekProtocol(f.Proto))
	t.text("\t-\t")
	t.epoch(f.Duration)
	t.buf = append(t.buf, '\t')
	t.int(f.SrcBytes)
	t.buf = append(t.buf, '\t')
	t.int(f.Bytes - f.SrcBytes)
	t.text("\t-\n")
}

func zeekJSONRow(t *textWriter, f *flowlog.Flow) {
	t.text(`{"ts":`)
	t.epoch(f.Time)
	t.text(`,"uid":"`)
	t.uid()
	t.text(`","id.orig_h":"`)
	t.addr(f.Src)
	t.text(`","id.orig_p":`)
	t.int(int64(f.SrcPort))
	t.text(`,"id.resp_h":"`)
	t.addr(f.Dst)
	t.text(`","id.resp_p":`)
	t.int(int64(f.Port))
	t.text(`,"proto":"`)
	t.text(zeekProtocol(f.Proto))
	t.text(`","duration":`)
	t.epoch(f.Duration)
	t.text(`,"orig_bytes":`)
	t.int(f.SrcBytes)
	t.text(`,"resp_bytes":`)
	t.int(f.Bytes - f.SrcBytes)
	t.text("}\n")
}

// uid writes what names a connection in Zeek's logs: here its number.
func (t *textWriter) uid() {
	t.buf = append(t.buf, 'C')
	at := len(t.buf)
	t.buf = append(t.buf, "00000000000"...)
	for i, v := at+10, t.rows; v > 0; i-- {
		t.buf[i] = byte('0' + v%10)
		v /= 10
	}
}

// zeekProtocol returns a protocol in Zeek's terms, which are three.
func zeekProtocol(number uint8) string {
	switch number {
	case 6:
		return "tcp"
	case 17:
		return "udp"
	case 1, 58:
		return "icmp"
	}
	return "unknown_transport"
}
