package flowlog

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/schema"

	"beacon/internal/flow"
)

// parquetTable is what one worker reads row groups of a file with.
type parquetTable struct {
	w        *Worker
	zone     *time.Location
	columns  []columnReader // by parquetFile.columns
	troubles []trouble      // of the batch
	scratch  []int64        // a column's numbers
	picked   []uint32       // a column's indices
	numbers  [2][]int64     // a page's differences
	minute   int64          // that shift is of, in minutes since the Unix epoch
	shift    int64          // ns by which the zone is ahead of UTC then
}

// trouble is what is wrong with a value.
type trouble struct {
	row    int
	rank   int // of several troubles of a row, the lowest is told
	reason string
	text   string
}

// trouble notes that a row's value can't be read; nil is a null.
func (t *parquetTable) trouble(row int, reason string, c *parquetColumn, value []byte) {
	x := trouble{row: row, reason: reason, rank: 2}
	switch {
	case reason == noAddress:
		x.rank = 0
	case reason == badAddress:
		x.rank = 1
	}
	switch {
	case x.rank == 0:
	case value == nil:
		x.text = c.name + " is null"
	default:
		x.text = c.name + "=" + c.format(value[:min(len(value), maxSampleText)])
	}
	t.troubles = append(t.troubles, x)
}

// settle takes rows with troubles out of the batch's n rows, and gives them to
// the worker. It returns the number of rows that stay.
func (t *parquetTable) settle(n int) (int, error) {
	w := t.w
	if len(t.troubles) == 0 { // Fast path
		w.Lines(int64(n))
		return n, nil
	}
	slices.SortStableFunc(t.troubles, func(a, b trouble) int {
		return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.rank, b.rank))
	})
	kept, row, counted := 0, 0, 0
	keep := func(until int) {
		for ; row < until; row++ {
			if kept != row {
				w.move(kept, row)
			}
			kept++
		}
	}
	for _, x := range t.troubles {
		if x.row < row {
			continue
		}
		keep(x.row)
		row++
		if x.reason == noAddress {
			w.Other()
			continue
		}
		w.Lines(int64(x.row - counted))
		counted = x.row
		if err := w.Bad([]byte(x.text), x.reason); err != nil {
			return 0, err
		}
	}
	keep(n)
	w.Lines(int64(n - counted))
	t.troubles = t.troubles[:0]
	return kept, nil
}

// reader is the reader of a column in its role, or an error where its type
// can't be that.
func (t *parquetTable) reader(c *parquetColumn) (columnReader, error) {
	numbers := func() []int64 { return t.scratch }
	ids := func(plain plainFunc[uint32], null string, into func() []uint32) columnReader {
		return newColumn(t, c, plain, null, into, nil)
	}
	switch c.role {
	case source, destination:
		if !c.holdsAddresses() {
			return nil, c.unfit("address")
		}
		if c.role == source {
			return ids(t.addresses(c), noAddress, func() []uint32 { return t.w.Src }), nil
		}
		return ids(t.addresses(c), noAddress, func() []uint32 { return t.w.Dst }), nil
	case hostName:
		if c.physical != parquet.Types.ByteArray {
			return nil, c.unfit("name")
		}
		return ids(t.names(c), "", func() []uint32 { return t.w.Name }), nil
	case startTime:
		plain, err := t.times(c)
		return newColumn(t, c, plain, badTime, func() []int64 { return t.w.Time }, nil), err
	case endTime:
		plain, err := t.times(c)
		return newColumn(t, c, plain, "", numbers, func(n int) {
			for i, end := range t.scratch[:n] {
				t.w.Duration[i] = max(0, end-t.w.Time[i])
			}
		}), err
	}
	if !c.holdsNumbers() {
		return nil, c.unfit("number")
	}
	return newColumn(t, c, t.counts(c), "", numbers, func(n int) { t.store(c.role, t.scratch[:n]) }), nil
}

func newColumn[T any](t *parquetTable, c *parquetColumn, plain plainFunc[T], null string, into func() []T, then func(int)) *column[T] {
	r := &column[T]{parquetColumn: c, table: t, plain: plain, null: null, into: into, then: then}
	if c.maxLevel > 0 {
		r.present = make([]uint8, c.maxLevel+1)
		r.present[c.maxLevel] = 1
		r.flags = make([]uint8, flow.BatchRows)
	}
	return r
}

// store puts numbers of a role into the batch.
func (t *parquetTable) store(r role, values []int64) {
	w := t.w
	for i, v := range values {
		switch r {
		case sourcePort:
			w.SrcPort[i] = uint16(v)
		case destinationPort:
			w.Port[i] = uint16(v)
		case protocol:
			w.Proto[i] = uint8(v)
		case duration:
			w.Duration[i] = v
		case sourceByteCount:
			w.SrcBytes[i] = v
		case byteCount:
			w.Bytes[i] += v
		case sourcePart:
			if w.Bytes != nil {
				w.Bytes[i] += v
			}
			if w.SrcBytes != nil {
				w.SrcBytes[i] = v
			}
		}
	}
}

// zero clears n rows of the columns that not every log has.
func (w *Worker) zeroRows(n int) {
	clear(w.SrcPort[:min(n, len(w.SrcPort))])
	clear(w.Port[:min(n, len(w.Port))])
	clear(w.Proto[:min(n, len(w.Proto))])
	clear(w.Bytes[:min(n, len(w.Bytes))])
	clear(w.SrcBytes[:min(n, len(w.SrcBytes))])
	clear(w.Duration[:min(n, len(w.Duration))])
	clear(w.Name[:min(n, len(w.Name))])
}

// values calls do with each of n PLAIN values, and returns what follows them.
func (c *parquetColumn) values(data []byte, n int, do func(i int, value []byte)) ([]byte, error) {
	for i := range n {
		size := c.width
		if size == 0 {
			if len(data) < 4 {
				return nil, errShortPage
			}
			length := binary.LittleEndian.Uint32(data)
			data = data[4:]
			if uint64(length) > uint64(len(data)) {
				return nil, errShortPage
			}
			size = int(length)
		}
		if len(data) < size {
			return nil, errShortPage
		}
		do(i, data[:size])
		data = data[size:]
	}
	return data, nil
}

// nullText says whether a text stands for no value.
func nullText(text []byte) bool {
	switch string(text) {
	case "", "-", "NULL", "null", "NaN", "nan", "None", `\N`:
		return true
	}
	return false
}

// addresses decodes host ids.
func (t *parquetTable) addresses(c *parquetColumn) plainFunc[uint32] {
	if c.width == 0 {
		return t.addressTexts(c)
	}
	return func(dst []uint32, data []byte, _ int) ([]byte, error) {
		return c.values(data, len(dst), func(i int, v []byte) {
			switch c.physical {
			case parquet.Types.FixedLenByteArray:
				addr, _ := netip.AddrFromSlice(v)
				dst[i] = t.w.NetAddr(addr)
			default: // of an INT64 the lower half
				dst[i] = t.w.Hosts.Intern4(binary.LittleEndian.Uint32(v))
			}
		})
	}
}

// textMasks keep the first n bytes of 16, as two little-endian words.
var textMasks = func() (masks [16][2]uint64) {
	for n := range masks {
		var m [16]byte
		for i := range n {
			m[i] = 0xff
		}
		masks[n] = [2]uint64{le64(m[:]), le64(m[8:])}
	}
	return masks
}()

// addressTexts decodes host ids of addresses in text. Fast path: a text of up
// to 15 bytes that the worker has met lately.
func (t *parquetTable) addressTexts(c *parquetColumn) plainFunc[uint32] {
	return func(dst []uint32, data []byte, row int) ([]byte, error) {
		w := t.w
		at, padded := 0, data[:min(len(data)+pagePad, cap(data))]
		for i := range dst {
			if len(data)-at < 4 {
				return nil, errShortPage
			}
			n := int(binary.LittleEndian.Uint32(data[at:]))
			at += 4
			if n > len(data)-at {
				return nil, errShortPage
			}
			if n <= 15 {
				words := padded[at : at+16]
				mask := &textMasks[n&15]
				lo, hi := le64(words)&mask[0], le64(words[8:])&mask[1]
				e := w.addrs.entry(lo, hi)
				if e.lo == lo && e.hi == hi && lo != 0 {
					dst[i] = e.id
					at += n
					continue
				}
			}
			dst[i] = t.address(c, data[at:at+n], row+i)
			at += n
		}
		return data[at:], nil
	}
}

// address is the host id of an address in text or, where the column isn't of
// text, in 4 or 16 bytes.
func (t *parquetTable) address(c *parquetColumn, text []byte, row int) uint32 {
	if id, ok := t.w.Addr(text); ok {
		return id
	}
	if _, isText := c.logical.(schema.StringLogicalType); !isText {
		if addr, ok := netip.AddrFromSlice(text); ok {
			return t.w.NetAddr(addr)
		}
	}
	if nullText(text) {
		t.trouble(row, noAddress, c, text)
	} else {
		t.trouble(row, badAddress, c, text)
	}
	return 0
}

// names decodes ids of host names.
func (t *parquetTable) names(c *parquetColumn) plainFunc[uint32] {
	return func(dst []uint32, data []byte, _ int) ([]byte, error) {
		return c.values(data, len(dst), func(i int, v []byte) {
			if nullText(v) {
				dst[i] = 0
			} else {
				dst[i] = t.w.internName(v)
			}
		})
	}
}

// times decodes ns since the Unix epoch.
func (t *parquetTable) times(c *parquetColumn) (plainFunc[int64], error) {
	var one func(v []byte) (int64, bool)
	switch c.physical {
	case parquet.Types.Int64:
		return t.int64Times(c), nil
	case parquet.Types.Int32:
		one = func(v []byte) (int64, bool) { return t.instant(c, int64(int32(binary.LittleEndian.Uint32(v)))) }
	case parquet.Types.Int96: // ns of the day, Julian day
		one = func(v []byte) (int64, bool) {
			day := int64(binary.LittleEndian.Uint32(v[8:])) - julianEpoch
			if day < -maxDays || day > maxDays || le64(v) > uint64(25*time.Hour) {
				return 0, false
			}
			return t.local(c, day*int64(24*time.Hour)+int64(le64(v))), true
		}
	case parquet.Types.Double:
		one = func(v []byte) (int64, bool) {
			whole, part := math.Modf(c.float(v))
			ns, ok := t.instant(c, int64(whole))
			return ns + int64(math.Round(part*float64(c.unit))), ok && math.Abs(whole) < math.MaxInt64
		}
	default: // text
		clock := *c.clock
		one = clock.parse
	}
	return func(dst []int64, data []byte, row int) ([]byte, error) {
		return c.values(data, len(dst), func(i int, v []byte) {
			ns, ok := one(v)
			if dst[i] = ns; !ok {
				t.trouble(row+i, badTime, c, v)
			}
		})
	}, nil
}

const (
	julianEpoch = 2440588 // Julian day of 1970-01-01
	maxDays     = 106000  // days from 1970 that are within the range of a time in ns
)

// int64Times decodes integers of c.unit.
func (t *parquetTable) int64Times(c *parquetColumn) plainFunc[int64] {
	limit := maxInstant / c.unit
	return func(dst []int64, data []byte, row int) ([]byte, error) {
		if len(data) < 8*len(dst) {
			return nil, errShortPage
		}
		unit, least, most := c.unit, int64(0), int64(0)
		for i, p := 0, data; i < len(dst) && len(p) >= 8; i, p = i+1, p[8:] {
			v := int64(le64(p))
			least, most = min(least, v), max(most, v)
			dst[i] = v * unit
		}
		if least < -limit || most > limit || c.local { // Slow path
			for i := range dst {
				v := data[8*i : 8*i+8]
				ns, ok := t.instant(c, int64(le64(v)))
				if dst[i] = ns; !ok {
					t.trouble(row+i, badTime, c, v)
				}
			}
		}
		return data[8*len(dst):], nil
	}
}

// maxInstant is how far from 1970 a time can lie, in ns, with room for a zone.
const maxInstant = math.MaxInt64 - int64(48*time.Hour)

// instant is the time that a number of c.unit is; false where it is out of range.
func (t *parquetTable) instant(c *parquetColumn, v int64) (int64, bool) {
	if limit := maxInstant / c.unit; v < -limit || v > limit {
		return 0, false
	}
	return t.local(c, v*c.unit), true
}

// local turns a time of a column without a zone, read as UTC, into UTC.
func (t *parquetTable) local(c *parquetColumn, ns int64) int64 {
	if !c.local {
		return ns
	}
	const perMinute = int64(time.Minute)
	minute := ns / perMinute
	if ns%perMinute < 0 {
		minute--
	}
	if minute != t.minute {
		u := time.Unix(0, minute*perMinute).UTC()
		there := time.Date(u.Year(), u.Month(), u.Day(), u.Hour(), u.Minute(), 0, 0, t.zone)
		t.minute, t.shift = minute, minute*perMinute-there.UnixNano()
	}
	return ns - t.shift
}

// counts decodes the numbers of a role: ports, protocols, bytes, durations.
func (t *parquetTable) counts(c *parquetColumn) plainFunc[int64] {
	return func(dst []int64, data []byte, row int) ([]byte, error) {
		return c.values(data, len(dst), func(i int, v []byte) {
			n, ok := c.count(v)
			if dst[i] = n; !ok {
				t.trouble(row+i, badNumber, c, v)
			}
		})
	}
}

// count is a number in its role: a duration in ns.
func (c *parquetColumn) count(v []byte) (n int64, ok bool) {
	switch c.physical {
	case parquet.Types.Int32:
		if n = int64(int32(binary.LittleEndian.Uint32(v))); c.unsigned {
			n = int64(uint32(n))
		}
	case parquet.Types.Int64:
		n = int64(le64(v))
	case parquet.Types.Float, parquet.Types.Double:
		f := c.float(v)
		if math.IsNaN(f) { // what pandas makes of a null
			return 0, true
		}
		if c.role == duration {
			return int64(math.Round(max(f, 0) * 1e9)), f < 1e9
		}
		if !(f >= 0 && f < math.MaxInt64/2) {
			return 0, false
		}
		n = int64(f)
	default: // text
		switch {
		case nullText(v):
			return 0, true
		case c.role == protocol:
			p, ok := parseProtocol(v)
			return int64(p), ok
		case c.role == duration:
			return parseSeconds(v, time.Second)
		}
		if n, ok = parseUint(v); !ok {
			return 0, false
		}
	}
	limit := int64(math.MaxInt64)
	switch c.role {
	case sourcePort, destinationPort:
		limit = math.MaxUint16
	case protocol:
		limit = math.MaxUint8
	case duration:
		return max(n, 0) * int64(time.Second), n <= 1e9
	}
	return n, 0 <= n && n <= limit
}

func (c *parquetColumn) float(v []byte) float64 {
	if c.physical == parquet.Types.Float {
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(v)))
	}
	return math.Float64frombits(le64(v))
}

// format is a PLAIN value as text.
func (c *parquetColumn) format(v []byte) string {
	switch c.physical {
	case parquet.Types.Int32:
		return strconv.FormatInt(int64(int32(binary.LittleEndian.Uint32(v))), 10)
	case parquet.Types.Int64:
		return strconv.FormatInt(int64(le64(v)), 10)
	case parquet.Types.Float, parquet.Types.Double:
		return strconv.FormatFloat(c.float(v), 'g', -1, 64)
	case parquet.Types.ByteArray:
		return string(v)
	}
	return fmt.Sprintf("%x", v)
}
