package wrap

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"beacon/internal/flowlog"
)

// UTF-16, in which Windows' tools export, with a byte order mark or without one.
//
// Shape: The Unicode Standard, section 3.10.

func init() {
	flowlog.RegisterWrapping(&flowlog.Wrapping{Name: "UTF-16", Rank: 0, Sniff: func(head flowlog.Head) func(io.Reader) io.Reader {
		little, ok := utf16Order(head)
		if !ok {
			return nil
		}
		return func(r io.Reader) io.Reader { return &utf16Reader{r: bufio.NewReaderSize(r, 1<<16), little: little} }
	}})
}

// unmarkedUnits is how many units a text without a byte order mark must begin with that are
// printable ASCII: more than the signature of any binary format has of bytes that alternate
// with zeros.
const unmarkedUnits = 16

// utf16Order tells whether a text is UTF-16, and whether the lower byte of a unit is the
// first one.
func utf16Order(head []byte) (little, ok bool) {
	if len(head) < 4 {
		return false, false
	}
	if bytes.HasPrefix(head, []byte("\xff\xfe\x00\x00")) { // UTF-32
		return false, false
	}
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return head[0] == 0xff, true
	}
	if len(head) < 2*unmarkedUnits {
		return false, false
	}
	little = head[0] != 0
	for i := 0; i < 2*unmarkedUnits; i += 2 {
		low, high := head[i], head[i+1]
		if !little {
			low, high = high, low
		}
		if high != 0 || low >= 0x7f || low < ' ' && low != '\t' && low != '\r' && low != '\n' {
			return false, false
		}
	}
	return little, true
}

// utf16Reader reads UTF-16 as UTF-8, without the byte order mark.
type utf16Reader struct {
	r      *bufio.Reader
	little bool
	begun  bool
	rest   []byte
	err    error
}

func (u *utf16Reader) unit() (rune, bool) {
	a, err := u.r.ReadByte()
	if err == nil {
		var b byte
		if b, err = u.r.ReadByte(); err == nil {
			if u.little {
				a, b = b, a
			}
			return rune(a)<<8 | rune(b), true
		}
	}
	u.err = err
	return 0, false
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.rest) < len(p) && u.err == nil {
		r, ok := u.unit()
		if !ok {
			break
		}
		if utf16.IsSurrogate(r) {
			low, ok := u.unit()
			if !ok {
				break
			}
			r = utf16.DecodeRune(r, low)
		}
		if !u.begun && r == 0xfeff {
			u.begun = true
			continue
		}
		u.begun = true
		u.rest = utf8.AppendRune(u.rest, r)
	}
	if len(u.rest) == 0 {
		return 0, u.err
	}
	n := copy(p, u.rest)
	u.rest = append(u.rest[:0], u.rest[n:]...)
	return n, nil
}
