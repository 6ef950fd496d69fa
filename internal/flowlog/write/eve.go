package write

import (
	"strings"
	"time"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/protocol"
)

func init() {
	registerText("eve", "Suricata eve.json, flow events", flow.All&^flow.Name, nil, eveRow, nil)
}

func eveRow(t *textWriter, f *flowlog.Flow) {
	t.text(`{"timestamp":"`)
	t.eveTime(f.Time + f.Duration)
	t.text(`","flow_id":`)
	t.int(t.rows + 1)
	t.text(`,"event_type":"flow","src_ip":"`)
	t.addr(f.Src)
	t.text(`","src_port":`)
	t.int(int64(f.SrcPort))
	t.text(`,"dest_ip":"`)
	t.addr(f.Dst)
	t.text(`","dest_port":`)
	t.int(int64(f.Port))
	t.text(`,"proto":"`)
	t.text(eveProtocols[f.Proto])
	t.text(`","flow":{"bytes_toserver":`)
	t.int(f.SrcBytes)
	t.text(`,"bytes_toclient":`)
	t.int(f.Bytes - f.SrcBytes)
	t.text(`,"start":"`)
	t.eveTime(f.Time)
	t.text(`","end":"`)
	t.eveTime(f.Time + f.Duration)
	t.text(`","age":`)
	t.int(f.Duration / int64(time.Second))
	t.text(`,"state":"closed","reason":"timeout","alerted":false}}` + "\n")
}

func (t *textWriter) eveTime(ns int64) {
	t.fraction(t.dateTime(ns, 'T'))
	t.text("+0000")
}

// eveProtocols is the names that Suricata has for protocols.
var eveProtocols = func() (names [256]string) {
	for i := range names {
		names[i] = strings.ToUpper(protocol.Name(uint8(i)))
	}
	names[58] = "IPv6-ICMP"
	return names
}()
