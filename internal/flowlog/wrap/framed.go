package wrap

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/stored"
)

// Records that something else than the end of a line sets apart: a record separator before each
// text of JSON, and the number of its bytes before each message of syslog.
//
// Shape: RFC 7464, RFC 6587 (octet counting).

func init() {
	flowlog.RegisterWrapping(&flowlog.Wrapping{Name: "a JSON text sequence", Rank: 1, Sniff: func(head flowlog.Head) func(io.Reader) io.Reader {
		if !bytes.HasPrefix(head, []byte{recordSeparator}) {
			return nil
		}
		return func(r io.Reader) io.Reader { return separators{r} }
	}})
	flowlog.RegisterWrapping(&flowlog.Wrapping{Name: "syslog with counted bytes", Rank: flowlog.RankLine - 1, Sniff: sniffFrames})
}

func sniffFrames(head flowlog.Head) func(io.Reader) io.Reader {
	text := head[head.Start():]
	size, n := frameSize(text)
	if n == 0 || text[n] != '<' || versionAt(text[n:]) == 0 {
		return nil
	}
	if next := n + size; next < len(text) { // the next one begins there, too
		if _, k := frameSize(bytes.TrimLeft(text[next:], "\r\n")); k == 0 && len(text)-next > maxFrameDigits {
			return nil
		}
	}
	return func(r io.Reader) io.Reader { return newLines(frames(r)) }
}

// recordSeparator stands before each text of a JSON text sequence.
const recordSeparator = 0x1e

// separators reads a JSON text sequence as texts apart by ends of lines.
type separators struct{ io.Reader }

func (s separators) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	for i, ch := range p[:n] {
		if ch == recordSeparator {
			p[i] = '\n'
		}
	}
	return n, err
}

// maxFrameDigits is how many digits the length of a message has at most: lines are no longer.
var maxFrameDigits = len(strconv.Itoa(flowlog.MaxLine))

// frameSize reads the number of bytes of a message and the blank behind it, which take n bytes;
// n is 0 where there is none.
func frameSize(p []byte) (size, n int) {
	size, n = cut.Digits(p, maxFrameDigits)
	if n == 0 || p[0] == '0' || n+1 >= len(p) || p[n] != ' ' || size > flowlog.MaxLine {
		return 0, 0
	}
	return size, n + 1
}

var (
	errFrame = &stored.DamageError{Err: errors.New("a number of bytes is missing where a message of syslog begins")}
	errCut   = &stored.DamageError{Err: errors.New("its last message of syslog has fewer bytes than the number before it")}
)

// frames yields messages by the numbers of bytes before them.
func frames(r io.Reader) func(yield func([]byte, error) bool) {
	return func(yield func([]byte, error) bool) {
		b := bufio.NewReaderSize(r, 1<<16)
		var message []byte
		for {
			head, err := b.Peek(maxFrameDigits + 2)
			for len(head) > 0 && (head[0] == '\n' || head[0] == '\r') {
				b.Discard(1)
				head, err = b.Peek(maxFrameDigits + 2)
			}
			if len(head) == 0 {
				if err != nil && err != io.EOF {
					yield(nil, err)
				}
				return
			}
			size, n := frameSize(head)
			if n == 0 {
				yield(nil, errFrame)
				return
			}
			b.Discard(n)
			message, err = appendN(message[:0], b, size)
			for i, ch := range message {
				if ch == '\n' {
					message[i] = ' '
				}
			}
			if len(message) > 0 && !yield(message, nil) {
				return
			}
			if err == io.EOF {
				err = errCut
			}
			if err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// appendN appends up to n bytes of a reader: what it says is there, is believed when it comes.
func appendN(dst []byte, b *bufio.Reader, n int) ([]byte, error) {
	buf := bytes.NewBuffer(dst)
	_, err := io.CopyN(buf, b, int64(n))
	return buf.Bytes(), err
}
