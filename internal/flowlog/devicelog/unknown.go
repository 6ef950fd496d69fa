package devicelog

import (
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/wrap"
)

// Syslog whose messages are of no kind that is known is told apart from other text.
func init() {
	flowlog.RegisterUnsupported(flowlog.Unsupported{Last: true,
		What: "a log of messages that tell of no connections in a form that is known",
		Also: isSyslog,
		Hint: "beacon formats lists the devices whose messages are read; have the device that wrote FILE send CEF, LEEF or JSON, or make a CSV of it with the columns timestamp, src_ip, dst_ip"})
}

// isSyslog tells whether most of a text's first lines have a header with a time.
func isSyslog(head flowlog.Head) bool {
	s := wrap.Stamper{Anchor: wrap.FirstAnchor(head, &flowlog.Options{})}
	n, timed := 0, 0
	for line := range cut.FirstLines(head) {
		n++
		if h := s.Header(line); h.Timed && len(h.Message(line)) < len(line) {
			timed++
		}
	}
	return timed > n/2
}
