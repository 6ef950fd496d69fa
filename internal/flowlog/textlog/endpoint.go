package textlog

import (
	"bytes"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/numbers"
)

// endpoint reads 10.0.0.5:443 or [2001:db8::5]:443 in a column of addresses: it returns the
// id of the address, and stores the port in the worker's row. A column of ports that stands
// behind it replaces that.
func endpoint(w *flowlog.Worker, r flowlog.Role, field []byte) (uint32, bool) {
	colon := bytes.LastIndexByte(field, ':')
	if colon < 0 {
		return 0, false
	}
	port, ok := numbers.ParseUint(field[colon+1:])
	if !ok || port > flowlog.SourcePort.Limit() {
		return 0, false
	}
	id, ok := w.Addr(field[:colon])
	if !ok {
		return 0, false
	}
	switch {
	case r == flowlog.Source && w.SrcPort != nil:
		w.SrcPort[w.Filled] = uint16(port)
	case r == flowlog.Destination && w.Port != nil:
		w.Port[w.Filled] = uint16(port)
	}
	return id, true
}
