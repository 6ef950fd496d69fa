package wrap

import (
	"bytes"
	"io"

	"beacon/internal/flowlog"
)

// Syslog around a log that has times of its own: JSON (Suricata, Zeek), AWS's flow
// logs, CSV. Messages that need the header's time are read with it (see Header).
//
// Shape: RFC 3164, RFC 5424.

func init() {
	flowlog.RegisterWrapping(&flowlog.Wrapping{Name: "syslog", Rank: flowlog.RankLine, Sniff: sniffSyslog(true)})
	flowlog.RegisterWrapping(&flowlog.Wrapping{Name: "syslog lines", Rank: flowlog.RankLine, Weak: true, Sniff: sniffSyslog(false)})
}

// sniffSyslog knows headers before JSON, or before anything else: that is taken off
// only where no format reads the messages with their headers.
func sniffSyslog(json bool) func(head flowlog.Head) func(io.Reader) io.Reader {
	return func(head flowlog.Head) func(io.Reader) io.Reader {
		stamper := Stamper{Anchor: FirstAnchor(head, &flowlog.Options{})}
		n := 0
		for line := range bytes.Lines(head[head.Start():]) {
			line = bytes.TrimRight(line, "\r\n")
			h := stamper.Header(line)
			if !h.Timed {
				return nil
			}
			message := h.Message(line)
			if len(message) == len(line) || json && (len(message) == 0 || message[0] != '{') {
				return nil
			}
			if n++; n == firstElements {
				break
			}
		}
		if n == 0 {
			return nil
		}
		return func(r io.Reader) io.Reader {
			s := stamper
			return rewriteLines(r, func(line []byte) []byte { return s.Header(line).Message(line) })
		}
	}
}
