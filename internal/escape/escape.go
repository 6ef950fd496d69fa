// Package escape makes text from outside harmless on a terminal.
package escape

import (
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Text returns s with escapes in place of everything that a terminal obeys
// instead of showing it: control characters of C0, C1 and DEL, format characters
// such as those that reorder text, line and paragraph separators, characters for
// private use, and bytes that are no UTF-8. Newlines and tabs stay.
func Text(s string) string {
	if clean(s) {
		return s
	}
	return string(appendText(nil, []byte(s), false))
}

// Line is Text with newlines and tabs escaped too, for text that has to stay on
// one line.
func Line(s string) string {
	if clean(s) && !strings.ContainsAny(s, "\n\t") {
		return s
	}
	return string(appendText(nil, []byte(s), true))
}

// clean reports whether Text changes nothing.
func clean(s string) bool {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || Obeyed(r) && r != '\n' && r != '\t' {
			return false
		}
		i += size
	}
	return true
}

func appendText(dst, s []byte, line bool) []byte {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRune(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst = fmt.Appendf(dst, `\x%02x`, s[i])
		case line && r == '\n':
			dst = append(dst, `\n`...)
		case line && r == '\t':
			dst = append(dst, `\t`...)
		case r == '\n' || r == '\t' || !Obeyed(r):
			dst = append(dst, s[i:i+size]...)
		case r < utf8.RuneSelf:
			dst = fmt.Appendf(dst, `\x%02x`, r)
		case r > 0xffff:
			dst = fmt.Appendf(dst, `\U%08x`, r)
		default:
			dst = fmt.Appendf(dst, `\u%04x`, r)
		}
		i += size
	}
	return dst
}

// Obeyed reports whether a terminal may act on a character rather than show it.
func Obeyed(r rune) bool {
	if r < utf8.RuneSelf {
		return r < ' ' || r == 0x7f
	}
	return r == 0x2028 || r == 0x2029 || unicode.Is(unicode.C, r)
}

// Passwords that a URL may hold: before the host, whatever the scheme, and as a
// parameter. The slashes may be fewer than a URL has: a path is cleaned, or the URL was typed
// wrong. A password that isn't escaped may have any characters, spaces too.
var (
	userPassword  = regexp.MustCompile(`((?:[A-Za-z][A-Za-z0-9+.-]*:/+|(?i:clickhouses?|s3|gs|https?):)[^\s:@/?#]*):(?:[^\s]*|[^\n/@]*)@`)
	barePassword  = regexp.MustCompile(`\b([A-Za-z]{2,20}:[^\s:@/?#]+):[^\s/]+@`) // without a slash
	passwordParam = regexp.MustCompile(`(?i)([?&](?:password|passwd|secret|token)=)[^&\s]*`)
)

// hidden stands in place of a password.
const hidden = "***"

// Passwords returns s with *** in place of the passwords of its URLs.
func Passwords(s string) string {
	if !strings.ContainsAny(s, ":?&") {
		return s
	}
	s = userPassword.ReplaceAllString(s, "$1:"+hidden+"@")
	s = barePassword.ReplaceAllString(s, "$1:"+hidden+"@")
	return passwordParam.ReplaceAllString(s, "$1"+hidden)
}

// Writer escapes what is written to it. The end of a write that may be the
// beginning of a UTF-8 character waits for the next one; Flush writes it.
type Writer struct {
	w      io.Writer
	colors bool
	rest   []byte // the beginning of a character, or of a colour sequence
	buf    []byte
}

// NewWriter returns a Writer to w. With colors it lets sequences through that
// only set colours (SGR, ECMA-48 8.3.117): cells from outside have to be escaped
// before they are coloured.
func NewWriter(w io.Writer, colors bool) *Writer { return &Writer{w: w, colors: colors} }

// Write implements io.Writer.
func (e *Writer) Write(p []byte) (int, error) {
	text := append(e.rest, p...)
	whole := len(text) - incomplete(text)
	if begun := colorBegun.FindIndex(text[:whole]); e.colors && begun != nil {
		whole = begun[0]
	}
	e.buf = e.append(e.buf[:0], text[:whole])
	e.rest = append([]byte(nil), text[whole:]...)
	if _, err := e.w.Write(e.buf); err != nil {
		return 0, err
	}
	return len(p), nil
}

// color matches a colour sequence, colorBegun the beginning of one at the end.
var (
	color      = regexp.MustCompile(`\x1b\[[0-9;]*m`)
	colorBegun = regexp.MustCompile(`\x1b(\[[0-9;]{0,16})?$`)
)

func (e *Writer) append(dst, text []byte) []byte {
	for e.colors {
		at := color.FindIndex(text)
		if at == nil {
			break
		}
		dst = appendText(dst, text[:at[0]], false)
		dst = append(dst, text[at[0]:at[1]]...)
		text = text[at[1]:]
	}
	return appendText(dst, text, false)
}

// Flush writes what waits for the rest of a character.
func (e *Writer) Flush() error {
	if len(e.rest) == 0 {
		return nil
	}
	_, err := e.w.Write(appendText(nil, e.rest, false))
	e.rest = nil
	return err
}

// incomplete returns the length of the beginning of a UTF-8 character that b
// ends with, 0 where it ends with a whole one.
func incomplete(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if c := b[len(b)-n]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}

// JSON returns JSON text with the characters escaped that encoding/json leaves
// and a terminal obeys. The text means the same as before.
func JSON(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case r < 0x7f || !Obeyed(r):
			out = append(out, text[i:i+size]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		i += size
	}
	return out
}

// Formula returns a cell of CSV that a spreadsheet shows instead of computing: one
// that begins as a formula gets a leading apostrophe. Numbers stay.
func Formula(cell string) string {
	if cell == "" || !strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return cell
	}
	if _, err := strconv.ParseFloat(cell, 64); err == nil {
		return cell
	}
	return "'" + cell
}
