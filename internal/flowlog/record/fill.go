package record

import (
	"bytes"
	"math"
	"time"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/connstate"
	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/numbers"
	"beacon/internal/flowlog/protocol"
)

// Value tells what a text of a message is.
type Value uint8

const (
	Time  Value = iota // start, or the time of the message
	Date               // of Clock
	Clock              // time of day
	Zone               // of both, as +0200
	End                // only where nothing else says when
	Src
	Dst
	SrcPort
	DstPort
	Proto
	Bytes    // of both directions
	Sent     // by the source
	Received // by the source
	Duration // s, unless Values.Unit says otherwise
	Name     // of the destination
	State    // of the connection, as connstate.Failed takes it
	Kind     // what the message is, for the device's own use
	ValueCount
)

// Values is the texts of a message.
type Values struct {
	Text  [ValueCount][]byte
	Phase Phase
	Unit  time.Duration // of Duration; 0 is a second
	Early time.Duration // by which the flow began before its time
	Until []byte        // when it ended, where nothing says how long it lasted
}

// ValueRoles is what values are to the rest of beacon, by their number and one more.
var ValueRoles = [ValueCount + 1]flowlog.Role{
	Time + 1: flowlog.StartTime, Date + 1: flowlog.StartTime, Clock + 1: flowlog.StartTime, Src + 1: flowlog.Source, Dst + 1: flowlog.Destination,
	SrcPort + 1: flowlog.SourcePort, DstPort + 1: flowlog.DestinationPort, Proto + 1: flowlog.Protocol, Bytes + 1: flowlog.ByteCount,
	Sent + 1: flowlog.SourcePart, Received + 1: flowlog.DestinationPart, Duration + 1: flowlog.Duration, Name + 1: flowlog.HostName,
}

// fill makes a flow of the texts of a message.
func (l *LineReader) fill(m *Message, v *Values, f *flowlog.Flow) (reason string) {
	if reason = l.ends(m, v, f); reason != "" {
		return reason
	}
	var ok bool
	if f.Time, reason = m.start(v); reason != "" {
		return reason
	}
	f.Duration = l.duration(m, v)
	if f.Duration == 0 && !cut.Null(v.Until) {
		if end, n, ok := m.s.Stamp(v.Until); ok && n == len(v.Until) {
			f.Duration = max(0, end-f.Time)
		}
	}
	f.Time -= int64(v.Early)
	f.Failed = uint8(connstate.Failed(v.Text[State]))
	f.SrcPort, f.Port = l.port(m, v, SrcPort), l.port(m, v, DstPort)
	if p := v.Text[Proto]; !cut.Null(p) {
		if f.Proto, ok = protocol.Parse(p); !ok {
			f.Proto = 0
			l.unknown(m, Proto)
		}
	}
	sent, received := l.count(m, v, Sent), l.count(m, v, Received)
	f.SrcBytes, f.Bytes = sent, sent+received
	if !cut.Null(v.Text[Bytes]) {
		f.Bytes = l.count(m, v, Bytes)
	}
	return ""
}

// ends finds source and destination of a message: the destination is an address, a
// name, or both.
func (l *LineReader) ends(m *Message, v *Values, f *flowlog.Flow) (reason string) {
	src, dst, name := v.Text[Src], v.Text[Dst], v.Text[Name]
	if cut.Null(name) {
		name = nil
	}
	if cut.Null(src) || cut.Null(dst) && name == nil {
		return NoAddress
	}
	var ok bool
	if f.Src, ok = l.addr(src); !ok {
		return unreadable(src)
	}
	if cut.Null(dst) {
		if f.Dst, ok = l.W.NameHost(name); !ok {
			return flowlog.BadName
		}
		return ""
	}
	if f.Dst, ok = l.host(dst); !ok {
		return unreadable(dst)
	}
	beside := v.Phase == Request && l.beside
	if name == nil {
		if beside {
			return NotFlow
		}
		return ""
	}
	if f.Name, ok = l.W.InternName(name); !ok {
		l.unknown(m, Name)
	}
	if beside {
		return l.besides(name, f)
	}
	return ""
}

// besides makes the name of a flow its destination, for another record tells of the
// connection to the address.
func (l *LineReader) besides(name []byte, f *flowlog.Flow) (reason string) {
	id, ok := l.W.NameHost(name)
	if !ok || !l.W.Hosts.IsName(id) {
		return NotFlow
	}
	f.Dst, f.Name = id, flow.Alias(f.Dst)
	return ""
}

// unreadable is why a text is no address: it is a name, or a hardware address, or
// neither.
func unreadable(text []byte) (reason string) {
	if cut.IsName(text) || len(text) == len("00:11:22:33:44:55") && bytes.Count(text, []byte(":")) == 5 {
		return NoAddress
	}
	return badAddress
}

// start is when the flow of a message began.
func (m *Message) start(v *Values) (t int64, reason string) {
	if clock := v.Text[Clock]; len(clock) > 0 && len(v.Text[Date]) > 0 {
		var joined [64]byte
		text := append(append(append(joined[:0], v.Text[Date]...), ' '), clock...)
		text = append(text, v.Text[Zone]...)
		if t, n, ok := m.s.Stamp(text); ok && n == len(text) {
			return t, ""
		}
		return 0, BadTime
	}
	for _, which := range [...]Value{Time, End} {
		text := v.Text[which]
		if cut.Null(text) {
			continue
		}
		if zone := v.Text[Zone]; len(zone) > 0 && len(text) > 10 && text[len(text)-3] == ':' { // a date without a zone
			var joined [64]byte
			text = append(append(joined[:0], text...), zone...)
		}
		if t, n, ok := m.s.Stamp(text); ok && n == len(text) {
			return t, ""
		}
		return 0, BadTime
	}
	h := m.s.Header(m.Line)
	if !h.Timed {
		return 0, noTime
	}
	return h.Time, ""
}

// addr returns the host of an address, which may stand in brackets or with a zone.
func (l *LineReader) addr(text []byte) (uint32, bool) { return l.W.Addr(unbracketed(text)) }

// host returns the host of an address, as addr takes it, or of a name with a domain.
func (l *LineReader) host(text []byte) (uint32, bool) { return l.W.Host(unbracketed(text)) }

func unbracketed(text []byte) []byte {
	if n := len(text); n > 2 && text[0] == '[' && text[n-1] == ']' {
		return text[1 : n-1]
	}
	return text
}

// port reads a port; one that can't be read is unknown.
func (l *LineReader) port(m *Message, v *Values, which Value) uint16 {
	text := v.Text[which]
	if cut.Null(text) {
		return 0
	}
	port, ok := numbers.ParseUint(text)
	if !ok || port > math.MaxUint16 {
		l.unknown(m, which)
		return 0
	}
	return uint16(port)
}

// count reads a number of bytes; one that can't be read is unknown.
func (l *LineReader) count(m *Message, v *Values, which Value) int64 {
	text := v.Text[which]
	if cut.Null(text) {
		return 0
	}
	n, ok := numbers.ParseUint(text)
	if !ok {
		l.unknown(m, which)
		return 0
	}
	return n
}

// duration reads how long a flow lasted: a number, or h:mm:ss.
func (l *LineReader) duration(m *Message, v *Values) int64 {
	text := v.Text[Duration]
	if cut.Null(text) {
		return 0
	}
	if d, ok := cut.ClockDuration(text); ok {
		return d
	}
	d, ok := numbers.ParseSeconds(text, v.Unit)
	if !ok {
		l.unknown(m, Duration)
	}
	return d
}

// unknown counts a value that can't be read and isn't needed for the flow, where it is
// wanted.
func (l *LineReader) unknown(m *Message, which Value) {
	r := ValueRoles[which+1]
	wanted := false
	switch r {
	case flowlog.SourcePort:
		wanted = l.W.SrcPort != nil
	case flowlog.DestinationPort:
		wanted = l.W.Port != nil
	case flowlog.Protocol:
		wanted = l.W.Proto != nil
	case flowlog.Duration:
		wanted = l.W.Duration != nil
	case flowlog.HostName:
		wanted = l.W.Name != nil
	default:
		wanted = l.W.Bytes != nil
	}
	if wanted {
		l.W.Unknown(m.Line, r)
	}
}

// TakePairs takes the values of a text of key=value by their keys; of several of one value
// the first counts.
func (v *Values) TakePairs(text []byte, keys map[string]Value) {
	p := cut.Pairs{Rest: text, End: " ", Assign: '='}
	for key, val, ok := p.Next(); ok; key, val, ok = p.Next() {
		if at, known := keys[string(key)]; known && v.Text[at] == nil {
			v.Text[at] = val
		}
	}
}
