package flowlog

import (
	"bytes"
	"math/bits"

	"beacon/internal/flow"
)

// triple is a layout of which time, source and destination are read, in this
// order, and nothing else: what the main job asks of most logs.
type triple struct {
	separator byte
	skip      [3]int // ignored fields before each of the three
	last      byte   // ends the destination
}

// tripleRows is how many lines are scanned before their addresses are looked
// up.
const tripleRows = 256

// maxOddLines is how many lines of a block may need the slow path before its
// rest is read field by field, which knows more kinds of line.
const maxOddLines = 64

// tripleLines is what a worker has scanned and not looked up yet.
type tripleLines struct {
	starts [tripleRows]int // of the lines in the text
	keys   [tripleRows][2]addrKey

	missing int                    // addresses that aren't in the worker's cache
	values  [2 * tripleRows]uint32 // these, as numbers
	ids     [2 * tripleRows]uint32
	places  [2 * tripleRows]uint16 // 2*line, and 1 more for a destination
}

// newTriple is the triple layout of a delimited one, nil where it is not of the kind.
func newTriple(d *delimited) *triple {
	if d.padded || d.runs {
		return nil
	}
	b := &triple{separator: d.separator, last: d.ends[len(d.ends)-1]}
	wanted := []role{startTime, source, destination}
	for _, r := range d.roles[:len(d.ends)] {
		switch {
		case len(wanted) == 0:
			return nil
		case r == wanted[0]:
			wanted = wanted[1:]
		case r == ignored:
			b.skip[3-len(wanted)]++
		default:
			return nil
		}
	}
	return b
}

// parseTriple is parse for a triple layout, in two steps for some lines at once:
// scan them, then look their addresses up, so that the cache misses of several
// lines are waited for together.
//
// Note: both steps line by line took 33 ns a line against 28.
func (l *lineParser) parseTriple(text []byte) error {
	w := l.w
	padded := text[: len(text)+blockPad : len(text)+blockPad]
	copy(padded[len(text):], "\n")
	row, lines, odd := w.n, int64(0), 0
	ahead := tripleRows
	for start := 0; start < len(text); {
		// Fast path
		n, next := l.triple.scan(w, &l.clock, padded, start, row, min(ahead, flow.BatchRows-row))
		found := w.lookUp(row, n)
		row += found
		lines += int64(found)
		ahead = min(2*ahead, tripleRows)
		if found < n {
			next = w.lines.starts[found]
		}
		start = next
		if (found < n || n == 0) && start < len(text) { // Slow path
			w.Lines(lines)
			lines = 1
			w.n = row
			end := start + bytes.IndexByte(padded[start:], '\n')
			if err := l.parseLine(padded[start:end]); err != nil {
				return err
			}
			row = w.n
			start = end + 1
			ahead = 1
			if odd++; odd == maxOddLines && row < flow.BatchRows && start < len(text) { // most addresses are IPv6, say
				w.Lines(lines)
				return l.parseFields(text[start:])
			}
		}
		if row == flow.BatchRows {
			w.n = 0
			row = 0
			if err := w.Emit(flow.BatchRows); err != nil {
				return err
			}
		}
	}
	w.Lines(lines)
	w.n = row
	return nil
}

// scan reads the times and address keys of up to limit lines, the first of them
// at start, into rows; n is how many, and next where the line after them starts.
// It stops at a line that isn't written as lines mostly are.
func (t *triple) scan(w *Worker, c *clock, text []byte, start, row, limit int) (n, next int) {
	times := w.Time[row : row+limit]
	seps, lasts := uint64(t.separator)*lowBits, uint64(t.last)*lowBits
	size := len(text) - blockPad
	for n < len(times) && start < size {
		p := start
		if t.skip[0] > 0 {
			if p = t.skipFields(text, p, t.skip[0]); p < 0 {
				return n, start
			}
		}
		q := text[p : p+32]
		x := le64(q[20:])<<16 | zeroDigits&0xFFFF
		if le64(q) == c.second[0] && le64(q[8:]) == c.second[1] && le64(q[11:]) == c.second[2] && q[19] == '.' && q[26] == t.separator && eightDigits(x) {
			times[n] = c.secondBase + parseEight(x)*1000
			p += 27
		} else {
			at, k, ok := c.scanField(text[p:p+48], t.separator)
			if !ok {
				return n, start
			}
			times[n] = at
			p += k + 1
		}
		end := p + bytes.IndexByte(text[p:], '\n')
		if t.skip[1] > 0 {
			if p = t.skipFields(text, p, t.skip[1]); p < 0 {
				return n, start
			}
		}
		q = text[p : p+16]
		key := addrKey{le64(q), le64(q[8:])}
		k := key.cut(seps)
		w.lines.keys[n][0] = key
		p += k + 1
		if t.skip[2] > 0 {
			if p > end {
				return n, start
			}
			if p = t.skipFields(text, p, t.skip[2]); p < 0 {
				return n, start
			}
		}
		q = text[p : p+16]
		key = addrKey{le64(q), le64(q[8:])}
		k = key.cut(lasts)
		w.lines.keys[n][1] = key
		p += k
		if p > end || t.last == '\r' && p+1 != end {
			return n, start
		}
		w.lines.starts[n] = start
		start = end + 1
		n++
	}
	return n, start
}

// lookUp turns the keys of n lines into the ids of their rows. It says how many
// there are before the first that is no address.
func (w *Worker) lookUp(row, n int) int {
	srcs, dsts, keys := w.Src[row:row+n], w.Dst[row:row+n], w.lines.keys[:n]
	w.lines.missing = 0
	for i := range keys {
		id, ok := w.addrs.hit(keys[i][0])
		if !ok {
			if id, ok = w.missed(keys[i][0], 2*i); !ok {
				n = i
				break
			}
		}
		srcs[i] = id
		if id, ok = w.addrs.hit(keys[i][1]); !ok {
			if id, ok = w.missed(keys[i][1], 2*i+1); !ok {
				n = i
				break
			}
		}
		dsts[i] = id
	}
	m := w.lines.missing
	w.Hosts.Intern4s(w.lines.values[:m], w.lines.ids[:m])
	for k, place := range w.lines.places[:m] {
		i, id := place/2, w.lines.ids[k]
		if place%2 == 0 {
			srcs[i] = id
		} else {
			dsts[i] = id
		}
		w.addrs.keep(keys[i][place%2], id)
	}
	return n
}

// missed takes an address that isn't in the cache: an IPv4 address is put aside,
// any other gets its id. It is false where the text is no address.
func (w *Worker) missed(key addrKey, place int) (id uint32, ok bool) {
	var b [16]byte
	if v, ok := parseIPv4(key.text(&b)); ok && key.hi>>56 <= 15 {
		k := w.lines.missing
		w.lines.values[k], w.lines.places[k] = v, uint16(place)
		w.lines.missing++
		return 0, true
	}
	return w.addrs.miss(w.Hosts, key)
}

// skipFields is the place after n fields that are ignored, -1 where the line
// ends before, or where one may be quoted.
func (b *triple) skipFields(text []byte, p, n int) int {
	seps := uint64(b.separator) * lowBits
	const newlines = '\n' * lowBits
	for ; n > 0; n-- {
		if text[p] == '"' || text[p] == ' ' {
			return -1
		}
		for {
			x := le64(text[p:])
			if m := zeroByte(x^seps) | zeroByte(x^newlines); m != 0 {
				p += bits.TrailingZeros64(m) >> 3
				break
			}
			p += 8
		}
		if text[p] != b.separator {
			return -1
		}
		p++
	}
	return p
}

// scanField is scan for a time that is a whole field. Fast path: a date within
// the second that was read last.
func (c *clock) scanField(p []byte, separator byte) (t int64, n int, ok bool) {
	p = p[:48]
	if le64(p) != c.second[0] || le64(p[8:]) != c.second[1] || le64(p[11:]) != c.second[2] || p[19] != '.' {
		t, n, ok = c.scan(p) // Slow path
		return t, n, ok && p[n] == separator
	}
	x := le64(p[20:])
	k := bits.TrailingZeros64(zeroByte(x^uint64(separator)*lowBits)) &^ 7
	digits := x<<(64-k) | zeroDigits>>k
	if k == 64 || !eightDigits(digits) {
		t, n, ok = c.scan(p) // Slow path
		return t, n, ok && p[n] == separator
	}
	return c.secondBase + parseEight(digits)*pow10[9-k>>3], 20 + k>>3, true
}

// zeroDigits is eight digits of 0.
const zeroDigits = 0x3030303030303030

// eightDigits says whether the eight bytes of a little-endian word are digits.
func eightDigits(x uint64) bool {
	return x&0xF0F0F0F0F0F0F0F0|(x+0x0606060606060606)&0xF0F0F0F0F0F0F0F0>>4 == 0x3333333333333333
}

// parseEight is the number of eight digits, by pairs, fours and all.
func parseEight(x uint64) int64 {
	x = (x & 0x0F0F0F0F0F0F0F0F) * 2561 >> 8
	x = (x & 0x00FF00FF00FF00FF) * 6553601 >> 16
	return int64((x & 0x0000FFFF0000FFFF) * 42949672960001 >> 32)
}
