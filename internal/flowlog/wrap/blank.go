package wrap

import (
	"bytes"
	"io"
	"slices"

	"beacon/internal/flowlog"
)

// Blank lines before the log. They are left to its format, which counts them in the numbers
// of lines, where that knows the log with them.

func init() {
	begins := func(head, text []byte) bool { return bytes.IndexByte(head[:len(head)-len(text)], '\n') >= 0 }
	strong := func(head, text []byte) bool {
		return len(text) == 0 && len(head) == flowlog.HeadSize || begins(head, text) && wrapped(text)
	}
	flowlog.RegisterWrapping(&flowlog.Wrapping{Name: blankLines, Rank: 1, Sniff: sniffBlank(strong)})
	flowlog.RegisterWrapping(&flowlog.Wrapping{Name: "some " + blankLines, Rank: 1, Weak: true, Sniff: sniffBlank(begins)})
}

const blankLines = "blank lines"

// wrapped tells whether a text without blanks at its beginning has another wrapping.
func wrapped(text []byte) bool {
	return slices.ContainsFunc(flowlog.Wrappings(), func(w *flowlog.Wrapping) bool {
		return !w.Weak && w.Name != blankLines && w.Sniff(text) != nil
	})
}

// sniffBlank returns the sniff of a wrapping of blanks. is is asked whether a head, of which
// text is what follows the blanks, has the kind.
func sniffBlank(is func(head, text []byte) bool) func(flowlog.Head) func(io.Reader) io.Reader {
	return func(head flowlog.Head) func(io.Reader) io.Reader {
		if !is(head, bytes.TrimLeft(head, blankBytes)) {
			return nil
		}
		return func(r io.Reader) io.Reader { return &blankReader{r: r} }
	}
}

// blankBytes are the characters that a blank line may hold.
const blankBytes = " \t\r\n"

// blankReader leaves out everything before the first character that is not blank.
type blankReader struct {
	r     io.Reader
	begun bool
}

func (b *blankReader) Read(p []byte) (int, error) {
	for {
		n, err := b.r.Read(p)
		if b.begun || len(p) == 0 {
			return n, err
		}
		if rest := bytes.TrimLeft(p[:n], blankBytes); len(rest) > 0 {
			b.begun = true
			return copy(p, rest), err
		}
		if err != nil {
			return 0, err
		}
	}
}
