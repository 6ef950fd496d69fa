package wrap

import (
	"bytes"
	"io"

	"beacon/internal/flowlog"
)

// Lines that end in a carriage return alone, as programs of the old Macintosh and some
// exports of Excel for Mac write them.

func init() {
	flowlog.RegisterWrapping(&flowlog.Wrapping{Name: "CR line ends", Rank: 1, Sniff: func(head flowlog.Head) func(io.Reader) io.Reader {
		if bytes.Count(head, []byte("\r")) < 2 || bytes.IndexByte(head, '\n') >= 0 || bytes.IndexByte(head, 0) >= 0 {
			return nil
		}
		return func(r io.Reader) io.Reader { return lineFeeds{r} }
	}})
}

// lineFeeds is a text with line feeds for carriage returns.
type lineFeeds struct{ r io.Reader }

func (l lineFeeds) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for i, ch := range p[:n] {
		if ch == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}
