package wrap

import (
	"bufio"
	"bytes"
	"io"
	"iter"

	"beacon/internal/flowlog"
)

// lines is a reader of records, each on a line of its own.
type lines struct {
	next func() ([]byte, error, bool)
	stop func()
	rest []byte
	err  error
}

// newLines returns a reader of what records yields. A record is only good until the
// next is asked for.
func newLines(records iter.Seq2[[]byte, error]) io.ReadCloser {
	l := &lines{}
	l.next, l.stop = iter.Pull2(records)
	return l
}

func (l *lines) Read(p []byte) (int, error) {
	for len(l.rest) == 0 {
		if l.err != nil {
			return 0, l.err
		}
		record, err, ok := l.next()
		switch {
		case !ok:
			l.err = io.EOF
		case err != nil:
			l.err = err
		default:
			l.rest = append(append(l.rest[:0], record...), '\n')
		}
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

func (l *lines) Close() error {
	l.stop()
	return nil
}

// rewriteLines returns a reader of what rewrite makes of each line of a text; a line without
// bytes stays. What rewrite returns is good until it is called again.
func rewriteLines(r io.Reader, rewrite func(line []byte) []byte) io.Reader {
	return newLines(func(yield func([]byte, error) bool) {
		b := bufio.NewReaderSize(r, 1<<16)
		var long []byte
		for {
			line, err := b.ReadSlice('\n')
			if err == bufio.ErrBufferFull || len(long) > 0 {
				if long = append(long, line...); len(long) > flowlog.MaxLine {
					yield(nil, flowlog.ErrLongLine)
					return
				}
				if err == bufio.ErrBufferFull {
					continue
				}
				line = long
			}
			if text := bytes.TrimRight(line, "\r\n"); len(text) > 0 || err == nil {
				if !yield(rewrite(text), nil) {
					return
				}
			}
			if long = long[:0]; err == io.EOF {
				return
			}
			if err != nil {
				yield(nil, err)
				return
			}
		}
	})
}

// element is a value of a JSON text: a record, or one beside the records that the
// envelope asked to keep.
type element struct {
	key  string // of a value that is kept, "" for a record
	text []byte
}

// values reads the JSON values of a text that stand at a path: the keys that lead
// to an array of records, "*" for any element of an array. An empty path is the
// values of the text itself, those in an array at its top one by one. What is no
// JSON is one element up to the end of its line, for the log's reader to count.
type values struct {
	r    *bufio.Reader
	path []string
	keep string // key of a value beside the records that is an element too
	deep bool   // whether the records stand in arrays anywhere in the text's objects
	buf  []byte
	stop bool
	err  error
}

func newValues(r io.Reader, path []string, keep string) *values {
	return &values{r: bufio.NewReaderSize(r, 1<<16), path: path, keep: keep}
}

// all yields the elements. A text's own fault is an error.
func (v *values) all(yield func(element, error) bool) {
	give := func(e element) bool {
		if !yield(e, nil) {
			v.stop = true
		}
		return !v.stop
	}
	for !v.stop && v.err == nil {
		ch, ok := v.peek()
		switch {
		case !ok:
		case ch == '[' || ch == ']' || ch == ',' || ch == 0x1e:
			v.r.ReadByte()
		case ch != '{':
			line, _ := v.line()
			give(element{text: line})
		case v.deep:
			v.search(0, give)
		case len(v.path) == 0:
			v.record(give)
		default:
			v.descend(v.path, give)
		}
	}
	if v.err != nil && v.err != io.EOF && !v.stop {
		yield(element{}, v.err)
	}
}

// JSONLines returns a reader of a JSON text that has each of its values on a line of its own,
// those of an array at its top one by one. The reader is to be closed.
func JSONLines(r io.Reader) io.ReadCloser { return recordLines(newValues(r, nil, "")) }

// recordLines returns a reader of values, each on a line of its own.
func recordLines(v *values) io.ReadCloser {
	return newLines(func(yield func([]byte, error) bool) {
		for e, err := range v.all {
			if !yield(e.text, err) || err != nil {
				return
			}
		}
	})
}

// peek returns the next byte that is no blank.
func (v *values) peek() (byte, bool) {
	for {
		ch, err := v.r.ReadByte()
		if err != nil {
			v.err = err
			return 0, false
		}
		if ch > ' ' && ch != 0xef && ch != 0xbb && ch != 0xbf { // a byte order mark may stand at the beginning
			v.r.UnreadByte()
			return ch, true
		}
	}
}

// line returns the rest of a line.
func (v *values) line() ([]byte, bool) {
	v.buf = v.buf[:0]
	for {
		part, err := v.r.ReadSlice('\n')
		v.buf = append(v.buf, part...)
		if err != bufio.ErrBufferFull {
			if err != nil {
				v.err = err
			}
			return bytes.TrimRight(v.buf, "\r\n"), true
		}
		if len(v.buf) > flowlog.MaxLine {
			v.err = flowlog.ErrLongLine
			return nil, false
		}
	}
}

// record yields the value that comes next.
func (v *values) record(give func(element) bool) {
	v.buf = v.buf[:0]
	v.value(true)
	if len(v.buf) > 0 {
		give(element{text: v.buf})
	}
}

// value reads a value, and keeps its text in buf or not.
func (v *values) value(keep bool) {
	depth, quoted, escaped := 0, false, false
	for n := 0; ; n++ {
		ch, err := v.r.ReadByte()
		if err != nil {
			v.err = err
			return
		}
		if !quoted && depth == 0 && n > 0 && (ch == ',' || ch == '}' || ch == ']' || ch <= ' ') { // behind a number or literal
			v.r.UnreadByte()
			return
		}
		if keep {
			if ch == '\n' || ch == '\r' {
				ch = ' ' // a record is a line
			}
			v.buf = append(v.buf, ch)
			if len(v.buf) > flowlog.MaxLine {
				v.err = flowlog.ErrLongLine
				return
			}
		}
		switch {
		case escaped:
			escaped = false
		case quoted && ch == '\\':
			escaped = true
		case ch == '"':
			quoted = !quoted
			if !quoted && depth == 0 {
				return
			}
		case quoted:
		case ch == '{' || ch == '[':
			depth++
		case ch == '}' || ch == ']':
			if depth--; depth <= 0 {
				return
			}
		}
	}
}

// descend looks for the records in the object or array that comes next.
func (v *values) descend(path []string, give func(element) bool) {
	if v.err != nil || v.stop {
		return
	}
	ch, ok := v.peek()
	if !ok {
		return
	}
	switch {
	case ch == '[' && (len(path) == 0 || path[0] == "*"):
		v.r.ReadByte()
		v.elements(path, give)
	case ch == '{' && len(path) > 0 && path[0] != "*":
		v.r.ReadByte()
		v.members(path, give)
	default:
		v.value(false)
	}
}

// each calls next at each item of the object or array that was just begun, with the byte that the
// item begins with; end closes it.
func (v *values) each(end byte, next func(first byte)) {
	for v.err == nil && !v.stop {
		switch ch, ok := v.peek(); {
		case !ok:
		case ch == end:
			v.r.ReadByte()
			return
		case ch == ',':
			v.r.ReadByte()
		default:
			next(ch)
		}
	}
}

func (v *values) elements(path []string, give func(element) bool) {
	v.each(']', func(byte) {
		if len(path) == 0 {
			v.record(give)
		} else {
			v.descend(path[1:], give)
		}
	})
}

func (v *values) members(path []string, give func(element) bool) {
	v.each('}', func(first byte) {
		if first != '"' {
			v.value(false)
			return
		}
		v.buf = v.buf[:0]
		v.value(true)
		key := string(bytes.Trim(v.buf, `"`))
		if ch, ok := v.peek(); !ok || ch != ':' {
			return
		}
		v.r.ReadByte()
		switch key {
		case path[0]:
			v.descend(path[1:], give)
		case v.keep:
			v.buf = v.buf[:0]
			v.peek()
			v.value(true)
			give(element{key: key, text: v.buf})
		default:
			v.peek()
			v.value(false)
		}
	})
}

// isJSON says whether a text begins as JSON does.
func isJSON(head flowlog.Head) bool {
	text := bytes.TrimLeft(head[head.Start():], " \t\r\n\x1e[")
	return len(text) > 0 && text[0] == '{'
}
