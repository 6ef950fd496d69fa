package simulate

import (
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// csvWriter writes a log as CSV, allocating nothing per row.
type csvWriter struct {
	w      io.Writer
	buf    []byte
	second int64  // since the Unix epoch
	clock  []byte // that second, as 2006-01-02 15:04:05.
}

// csvBuffer is the number of bytes that are written at once.
const csvBuffer = 1 << 18

// NewCSVWriter returns a Writer of CSV: a header, times like 2020-06-21
// 00:00:02.892702 in UTC with the nanoseconds cut, protocols by name, LF.
func NewCSVWriter(w io.Writer) Writer {
	c := &csvWriter{w: w, buf: make([]byte, 0, csvBuffer+256)}
	c.buf = append(append(c.buf, strings.Join(columns[:], ",")...), '\n')
	c.setSecond(0)
	return c
}

func (c *csvWriter) setSecond(s int64) {
	c.second = s
	c.clock = time.Unix(s, 0).UTC().AppendFormat(c.clock[:0], "2006-01-02 15:04:05.")
}

// Write adds one line.
func (c *csvWriter) Write(r Row) error {
	second, nanos := r.Time/1e9, r.Time%1e9
	if nanos < 0 {
		second, nanos = second-1, nanos+1e9
	}
	if second != c.second {
		c.setSecond(second)
	}
	b := append(c.buf, c.clock...)
	b = appendMicros(b, uint32(nanos/1000))
	b = append(b, ',')
	b = appendAddr(b, r.Src)
	b = append(b, ',')
	b = appendAddr(b, r.Dst)
	b = append(b, ',')
	b = strconv.AppendUint(b, uint64(r.SrcPort), 10)
	b = append(b, ',')
	b = strconv.AppendUint(b, uint64(r.DstPort), 10)
	b = append(b, ',')
	b = append(b, protocolNames[r.Proto]...)
	b = append(b, ',')
	b = strconv.AppendInt(b, r.Bytes, 10)
	c.buf = append(b, '\n')
	if len(c.buf) >= csvBuffer {
		return c.flush()
	}
	return nil
}

// Close writes what is still held.
func (c *csvWriter) Close() error { return c.flush() }

func (c *csvWriter) flush() error {
	if _, err := c.w.Write(c.buf); err != nil {
		return fmt.Errorf("writing CSV: %w", err)
	}
	c.buf = c.buf[:0]
	return nil
}

// appendMicros appends six digits.
func appendMicros(b []byte, us uint32) []byte {
	return append(b,
		byte('0'+us/100000), byte('0'+us/10000%10), byte('0'+us/1000%10),
		byte('0'+us/100%10), byte('0'+us/10%10), byte('0'+us%10))
}

// appendAddr appends an address as text.
func appendAddr(b []byte, a netip.Addr) []byte {
	// Slow path: anything but IPv4.
	if !a.Is4() {
		return a.AppendTo(b)
	}
	// Fast path: four octets from a table.
	for i, o := range a.As4() {
		if i > 0 {
			b = append(b, '.')
		}
		b = append(b, decimals[o]...)
	}
	return b
}

// decimals are the octets in decimal.
var decimals = func() (s [256]string) {
	for i := range s {
		s[i] = strconv.Itoa(i)
	}
	return s
}()

// protocolNames are the protocols as logs name them, by their IP number.
var protocolNames = func() [256]string {
	s := decimals
	s[ICMP], s[TCP], s[UDP] = "ICMP", "TCP", "UDP"
	return s
}()
