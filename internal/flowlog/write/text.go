package write

import (
	"io"
	"strconv"
	"time"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
)

// textWriter writes a log of one line per flow: the machinery of every text
// format. Nothing is allocated for a flow.
type textWriter struct {
	w       io.Writer
	hosts   *flow.Hosts
	columns flow.Column // of the first batch
	header  func(t *textWriter)
	row     func(t *textWriter, f *flowlog.Flow)
	footer  func(t *textWriter) // nil for none

	buf    []byte
	rows   int64
	bytes  int64        // of all flows
	flow   flowlog.Flow // that is being written
	begun  bool
	minute int64 // since 1970, of date
	date   []byte
}

const textBuffer = 256 << 10

// registerText registers a text format.
func registerText(name, doc string, columns flow.Column, header func(*textWriter), row func(*textWriter, *flowlog.Flow), footer func(*textWriter)) *Format {
	f := &Format{Name: name, Doc: doc, Columns: columns, New: func(w io.Writer, hosts *flow.Hosts) (Writer, error) {
		return &textWriter{w: w, hosts: hosts, header: header, row: row, footer: footer, buf: make([]byte, 0, textBuffer+4<<10)}, nil
	}}
	register(f)
	return f
}

// Write implements Writer.
func (t *textWriter) Write(b *flow.Batch) error {
	t.begin(columnsOf(b))
	f := &t.flow
	for i := range b.Time {
		*f = flowAt(b, i)
		f.SrcBytes = min(f.SrcBytes, f.Bytes)
		t.row(t, f)
		t.rows++
		t.bytes += f.Bytes
		if len(t.buf) >= textBuffer {
			if err := t.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// Close implements Writer.
func (t *textWriter) Close() error {
	t.begin(flow.All)
	if t.footer != nil {
		t.footer(t)
	}
	return t.flush()
}

func (t *textWriter) begin(columns flow.Column) {
	if t.begun {
		return
	}
	t.begun, t.columns = true, columns
	if t.header != nil {
		t.header(t)
	}
}

func (t *textWriter) flush() error {
	_, err := t.w.Write(t.buf)
	t.buf = t.buf[:0]
	return err
}

func (t *textWriter) text(s string) { t.buf = append(t.buf, s...) }

func (t *textWriter) int(v int64) { t.buf = strconv.AppendInt(t.buf, v, 10) }

func (t *textWriter) addr(id uint32) { t.buf = t.hosts.AppendTo(t.buf, id) }

// epoch writes s since 1970 with six digits behind the point, nine where six
// are too few.
func (t *textWriter) epoch(ns int64) {
	whole, frac := floorDiv(ns, int64(time.Second))
	if whole < 0 && frac > 0 { // -0.4 s is not -1 s and 0.6
		whole, frac = whole+1, int64(time.Second)-frac
		if whole == 0 {
			t.buf = append(t.buf, '-')
		}
	}
	t.int(whole)
	t.fraction(frac)
}

// dateTime writes YYYY-MM-DD, a separator, HH:MM:SS in UTC; the fraction is the
// caller's. It gives the ns within the second.
func (t *textWriter) dateTime(ns int64, separator byte) (frac int64) {
	minute, rest := floorDiv(ns, int64(time.Minute))
	if t.date == nil || minute != t.minute {
		t.minute = minute
		t.date = time.Unix(minute*60, 0).UTC().AppendFormat(t.date[:0], "2006-01-02 15:04:")
	}
	at := len(t.buf) + len("2006-01-02")
	t.buf = append(t.buf, t.date...)
	t.buf[at] = separator
	second := rest / int64(time.Second)
	t.buf = append(t.buf, byte('0'+second/10), byte('0'+second%10))
	return rest % int64(time.Second)
}

// fraction writes a point and the ns within a second.
func (t *textWriter) fraction(ns int64) {
	digits, v := 6, ns/1000
	if ns%1000 != 0 {
		digits, v = 9, ns
	}
	at := len(t.buf)
	t.buf = append(t.buf, ".000000000"[:digits+1]...)
	for i := at + digits; v > 0; i-- {
		t.buf[i] = byte('0' + v%10)
		v /= 10
	}
}

// floorDiv is a/b rounded down, and the rest, which is not negative.
func floorDiv(a, b int64) (quotient, rest int64) {
	quotient, rest = a/b, a%b
	if rest < 0 {
		quotient, rest = quotient-1, rest+b
	}
	return quotient, rest
}
