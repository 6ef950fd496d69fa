package arrowlog

import (
	"encoding/binary"
	"math"
	"net/netip"
	"time"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/addr"
	"beacon/internal/flowlog/called"
	"beacon/internal/flowlog/clocks"
	"beacon/internal/flowlog/connstate"
	"beacon/internal/flowlog/octets"
)

// address reads a host: an address in text, in 4 or 16 bytes, or as a number, or a name.
func (t *table) address(v *vector, i int) (id uint32, reason string) {
	switch {
	case v.kind == kindFixedBinary:
		addr, _ := netip.AddrFromSlice(v.bytes(i))
		return t.w.NetAddr(addr), ""
	case !v.isText():
		n, ok := v.int(i)
		if v.kind == kindInt && v.width == 4 {
			n = int64(uint32(n)) // some writers have no unsigned type
		}
		if !ok || n < 0 || n > math.MaxUint32 {
			return 0, flowlog.BadAddress
		}
		return t.w.Hosts.Intern4(uint32(n)), ""
	}
	text := v.bytes(i)
	if id, ok := t.w.Host(text); ok {
		return id, ""
	}
	if v.kind != kindUtf8 && v.kind != kindLargeUtf8 && v.kind != kindUtf8View {
		if addr, ok := netip.AddrFromSlice(text); ok {
			return t.w.NetAddr(addr), ""
		}
	}
	if flowlog.NullText(text) {
		return 0, flowlog.NoAddress
	}
	return 0, flowlog.BadAddress
}

// addresses reads addresses from texts with offsets of 4 bytes and views, up to one that
// address has to read. What isn't in the worker's caches is interned together.
func (t *table) addresses(v *vector, lo int, out []uint32) int {
	defer t.w.ResolveAddrs(out)
	switch v.kind {
	case kindUtf8, kindBinary:
		return t.addressTexts(v, lo, out)
	case kindUtf8View, kindBinaryView:
		return t.addressViews(v, lo, out)
	}
	return 0
}

// addressTexts is addresses for texts with offsets. Fast path: a text of up to 15 bytes
// that the worker has met lately.
func (t *table) addressTexts(v *vector, lo int, out []uint32) int {
	cache := &t.w.Addrs
	padded := v.text[:min(len(v.text)+bodyPad, cap(v.text))]
	offsets := v.offsets[4*lo:]
	at := int(binary.LittleEndian.Uint32(offsets))
	for i := range out {
		next := int(binary.LittleEndian.Uint32(offsets[4*i+4:]))
		if n := next - at; n <= 15 && at+16 <= len(padded) {
			words := padded[at : at+16]
			if id, ok := cache.Hit(addr.WordsKey(octets.Load64(words), octets.Load64(words[8:]), n)); ok {
				out[i] = id
				at = next
				continue
			}
		}
		if !t.w.AddrLater(v.text[at:next], out, i) {
			return i
		}
		at = next
	}
	return len(out)
}

// addressViews is addressTexts for views.
func (t *table) addressViews(v *vector, lo int, out []uint32) int {
	cache := &t.w.Addrs
	for i := range out {
		text := v.bytes(lo + i)
		if n := len(text); n <= 15 && cap(text) >= 16 {
			words := text[:16]
			if id, ok := cache.Hit(addr.WordsKey(octets.Load64(words), octets.Load64(words[8:]), n)); ok {
				out[i] = id
				continue
			}
		}
		if !t.w.AddrLater(text, out, i) {
			return i
		}
	}
	return len(out)
}

// name reads the name of a host for called.Columns.
func (t *table) name(v *vector, i int) (value uint32, reason string) {
	value, ok := called.Alias(t.w, v.bytes(i))
	if !ok {
		return 0, flowlog.BadName
	}
	return value, ""
}

// noNames reads texts with offsets of 4 bytes as long as they are empty: a column of names
// may be there for the sake of a few rows, or of none.
func noNames(v *vector, lo int, out []uint32) int {
	if v.kind != kindUtf8 && v.kind != kindBinary {
		return 0
	}
	offsets := v.offsets[4*lo:][:4*(len(out)+1)]
	first := binary.LittleEndian.Uint32(offsets)
	for i := range out {
		if binary.LittleEndian.Uint32(offsets[4*i+4:]) != first {
			return i
		}
		out[i] = 0
	}
	return len(out)
}

// times makes the reader of times, as ns since the Unix epoch.
func (t *table) times(c *column, clock *timeClock) func(v *vector, i int) (int64, string) {
	read := c.instants(clock)
	return func(v *vector, i int) (int64, string) {
		ns, ok := read(v, i)
		if !ok {
			return ns, flowlog.BadTime
		}
		return ns, ""
	}
}

// timeClock is a worker's own copy of the clock of a column; unknown while no value
// has told how the times are written.
type timeClock struct {
	known bool
	clocks.Clock
}

// instants makes the reader of a column of times.
func (c *column) instants(clock *timeClock) func(v *vector, i int) (int64, bool) {
	local := clocks.LocalTime{Zone: c.zone}
	switch c.field.kind {
	case kindTimestamp, kindDate:
		unit, most := c.field.unit, maxInstant/c.field.unit
		shifts := c.shifts()
		return func(v *vector, i int) (int64, bool) {
			n, ok := v.int(i)
			if !ok || n < -most || n > most {
				return 0, false
			}
			if shifts {
				return local.UTC(n * unit), true
			}
			return n * unit, true
		}
	}
	return func(v *vector, i int) (int64, bool) {
		switch {
		case !clock.known:
			return 0, false
		case v.isText():
			return clock.Parse(v.bytes(i))
		}
		return v.epoch(i, clock.Unit)
	}
}

// shifts tells whether the column's times are in the zone of the options.
func (c *column) shifts() bool {
	return c.field.kind == kindTimestamp && c.field.zone == "" && c.zone != time.UTC
}

// maxInstant is how far from 1970 a time can lie, in ns, with room for a zone.
const maxInstant = math.MaxInt64 - int64(48*time.Hour)

// epoch returns a number of units since 1970 as ns.
func (v *vector) epoch(i int, unit int64) (int64, bool) {
	if v.kind == kindFloat {
		whole, part := math.Modf(v.float(i))
		if !(whole >= 0 && whole <= float64(maxInstant/unit)) {
			return 0, false
		}
		return int64(whole)*unit + int64(math.Round(part*float64(unit))), true
	}
	if v.kind == kindDecimal {
		digits := 0
		for u := unit; u > 1; u /= 10 {
			digits++
		}
		ns, ok := v.decimal(i, digits)
		return ns, ok && ns >= -maxInstant && ns <= maxInstant
	}
	n, ok := v.int(i)
	if most := maxInstant / unit; !ok || n < -most || n > most {
		return 0, false
	}
	return n * unit, true
}

// manyTimes returns the fast path of timestamps: nil where the column needs another.
func manyTimes(c *column) func(v *vector, lo int, out []int64) int {
	if c.field.kind != kindTimestamp || c.shifts() {
		return nil
	}
	return func(v *vector, lo int, out []int64) int { return timestamps(v, lo, c.field.unit, out) }
}

// timestamps reads integers of so many ns, as long as they are within maxInstant.
//
// Note: nothing is inlined in the copy of a function literal that a constructor returns,
// so the loop has a function of its own.
func timestamps(v *vector, lo int, unit int64, out []int64) int {
	most := maxInstant / unit
	data := v.data[8*lo:][:8*len(out)]
	for i := range out {
		n := int64(octets.Load64(data[8*i:]))
		if n < -most || n > most {
			return i
		}
		out[i] = n * unit
	}
	return len(out)
}

// counts makes the reader of the numbers of a role: ports, protocols, bytes, durations.
func (t *table) counts(c *column) func(v *vector, i int) (int64, string) {
	parser := flowlog.FieldParser{Nulls: []string{"-"}}
	return func(v *vector, i int) (int64, string) {
		n, ok := int64(0), true
		switch {
		case v.isText():
			n, ok = parser.Number(t.w, c.role, v.bytes(i))
		case c.role == flowlog.Duration:
			n, ok = v.length(i)
		case v.kind == kindFloat && math.IsNaN(v.float(i)): // what pandas makes of a null
		default:
			n, ok = v.int(i)
			if c.role == flowlog.State {
				return connstate.FailedFlags(n), ""
			}
			ok = ok && n >= 0 && n <= c.role.Limit()
		}
		if !ok {
			return 0, flowlog.BadNumber
		}
		return n, ""
	}
}

// maxSeconds is the longest duration that is believed: 31 years.
const maxSeconds = 1e9

// length returns a duration in ns: a number is of seconds. A negative one is 0.
func (v *vector) length(i int) (int64, bool) {
	if v.kind == kindDuration {
		n, ok := v.int(i)
		return max(n, 0) * v.unit, ok && n <= maxSeconds*(int64(time.Second)/v.unit)
	}
	f := v.float(i)
	if math.IsNaN(f) {
		return 0, true
	}
	return int64(math.Round(min(max(f, 0), maxSeconds) * float64(time.Second))), f <= maxSeconds
}
