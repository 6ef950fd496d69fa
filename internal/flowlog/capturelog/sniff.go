package capturelog

import (
	"bytes"

	"beacon/internal/flowlog"
)

// export tells what exporters send to a collector in a capture.
type export int

const (
	exportNone export = iota // the capture is one of packets
	exportNetFlow
	exportSFlow
)

// A capture is taken for one of exporters where, of its first packets of IP, a half
// or more are messages of NetFlow, or of sFlow.
const (
	exportLook  = 64 // packets
	exportParts = 2
)

// exportOf returns what a capture carries, by its head; exportNone also for what is no
// capture.
func exportOf(head flowlog.Head) export {
	if !sniffPcap(head) && !sniffPcapng(head) {
		return exportNone
	}
	var seen, netflow, sflow int
	captureHead(head, func(p *packet) bool {
		seen++
		switch {
		case isNetFlow(p.payload):
			netflow++
		case isSFlow(p.payload):
			sflow++
		}
		return seen < exportLook
	})
	switch {
	case netflow > 0 && netflow*exportParts >= seen && netflow >= sflow:
		return exportNetFlow
	case sflow > 0 && sflow*exportParts >= seen:
		return exportSFlow
	}
	return exportNone
}

// captureHead reads the packets that lie whole in the head of a capture.
func captureHead(head flowlog.Head, do func(*packet) (more bool)) {
	c, err := newCapture(bytes.NewReader(head), len(head)+pcapRecord)
	if err != nil {
		return
	}
	var p packet
	for {
		data, info, err := c.read()
		if err != nil {
			return
		}
		if p.decode(info.link, data, info.wire) == "" && !do(&p) {
			return
		}
	}
}
