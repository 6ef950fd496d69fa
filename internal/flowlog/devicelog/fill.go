package devicelog

import (
	"bytes"
	"math"
	"time"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
)

// value is what a text of a message is.
type value uint8

const (
	vTime  value = iota // start, or the time of the message
	vDate               // of vClock
	vClock              // time of day
	vZone               // of both, as +0200
	vEnd                // only where nothing else says when
	vSrc
	vDst
	vSrcPort
	vDstPort
	vProto
	vBytes    // of both directions
	vSent     // by the source
	vReceived // by the source
	vDuration // s, unless values.unit says otherwise
	vName     // of the destination
	vState    // of the connection, as flowlog.FailedState takes it
	vKind     // what the message is, for the device's own use
	vAction   // likewise
	valueCount
)

// values is the texts of a message.
type values struct {
	text  [valueCount][]byte
	phase phase
	unit  time.Duration // of vDuration; 0 is a second
	early time.Duration // by which the flow began before its time
	until []byte        // when it ended, where nothing says how long it lasted
}

// valueRoles is what values are to the rest of beacon, by their number and one more.
var valueRoles = [valueCount + 1]flowlog.Role{
	vTime + 1: flowlog.StartTime, vDate + 1: flowlog.StartTime, vClock + 1: flowlog.StartTime, vSrc + 1: flowlog.Source, vDst + 1: flowlog.Destination,
	vSrcPort + 1: flowlog.SourcePort, vDstPort + 1: flowlog.DestinationPort, vProto + 1: flowlog.Protocol, vBytes + 1: flowlog.ByteCount,
	vSent + 1: flowlog.SourcePart, vReceived + 1: flowlog.DestinationPart, vDuration + 1: flowlog.Duration, vName + 1: flowlog.HostName,
}

// fill makes a flow of the texts of a message.
func (l *lineReader) fill(m *message, v *values, f *flowlog.Flow) (reason string) {
	if reason = l.ends(m, v, f); reason != "" {
		return reason
	}
	var ok bool
	if f.Time, reason = m.start(v); reason != "" {
		return reason
	}
	f.Duration = l.duration(m, v)
	if f.Duration == 0 && !cut.Null(v.until) {
		if end, n, ok := m.s.Stamp(v.until); ok && n == len(v.until) {
			f.Duration = max(0, end-f.Time)
		}
	}
	f.Time -= int64(v.early)
	f.Failed = uint8(flowlog.FailedState(v.text[vState]))
	f.SrcPort, f.Port = l.port(m, v, vSrcPort), l.port(m, v, vDstPort)
	if p := v.text[vProto]; !cut.Null(p) {
		if f.Proto, ok = flowlog.ParseProtocol(p); !ok {
			f.Proto = 0
			l.unknown(m, vProto)
		}
	}
	sent, received := l.count(m, v, vSent), l.count(m, v, vReceived)
	f.SrcBytes, f.Bytes = sent, sent+received
	if !cut.Null(v.text[vBytes]) {
		f.Bytes = l.count(m, v, vBytes)
	}
	return ""
}

// ends finds source and destination of a message: the destination is an address, a
// name, or both.
func (l *lineReader) ends(m *message, v *values, f *flowlog.Flow) (reason string) {
	src, dst, name := v.text[vSrc], v.text[vDst], v.text[vName]
	if cut.Null(name) {
		name = nil
	}
	if cut.Null(src) || cut.Null(dst) && name == nil {
		return noAddress
	}
	var ok bool
	if f.Src, ok = l.addr(src); !ok {
		return unreadable(src)
	}
	if cut.Null(dst) {
		if f.Dst, ok = l.w.NameHost(name); !ok {
			return flowlog.BadName
		}
		return ""
	}
	if f.Dst, ok = l.host(dst); !ok {
		return unreadable(dst)
	}
	beside := v.phase == request && l.beside
	if name == nil {
		if beside {
			return notFlow
		}
		return ""
	}
	if f.Name, ok = l.w.InternName(name); !ok {
		l.unknown(m, vName)
	}
	if beside {
		return l.besides(name, f)
	}
	return ""
}

// besides makes the name of a flow its destination, for another record tells of the
// connection to the address.
func (l *lineReader) besides(name []byte, f *flowlog.Flow) (reason string) {
	id, ok := l.w.NameHost(name)
	if !ok || !l.w.Hosts.IsName(id) {
		return notFlow
	}
	f.Dst, f.Name = id, flow.Alias(f.Dst)
	return ""
}

// unreadable is why a text is no address: it is a name, or a hardware address, or
// neither.
func unreadable(text []byte) (reason string) {
	if cut.IsName(text) || len(text) == len("00:11:22:33:44:55") && bytes.Count(text, []byte(":")) == 5 {
		return noAddress
	}
	return badAddress
}

// start is when the flow of a message began.
func (m *message) start(v *values) (t int64, reason string) {
	if clock := v.text[vClock]; len(clock) > 0 && len(v.text[vDate]) > 0 {
		var joined [64]byte
		text := append(append(append(joined[:0], v.text[vDate]...), ' '), clock...)
		text = append(text, v.text[vZone]...)
		if t, n, ok := m.s.Stamp(text); ok && n == len(text) {
			return t, ""
		}
		return 0, badTime
	}
	for _, which := range [...]value{vTime, vEnd} {
		text := v.text[which]
		if cut.Null(text) {
			continue
		}
		if zone := v.text[vZone]; len(zone) > 0 && len(text) > 10 && text[len(text)-3] == ':' { // a date without a zone
			var joined [64]byte
			text = append(append(joined[:0], text...), zone...)
		}
		if t, n, ok := m.s.Stamp(text); ok && n == len(text) {
			return t, ""
		}
		return 0, badTime
	}
	h := m.s.Header(m.line)
	if !h.Timed {
		return 0, noTime
	}
	return h.Time, ""
}

// addr is the host of an address, which may stand in brackets or with a zone.
func (l *lineReader) addr(text []byte) (uint32, bool) { return l.w.Addr(unbracketed(text)) }

// host is the host of an address, as addr takes it, or of a name with a domain.
func (l *lineReader) host(text []byte) (uint32, bool) { return l.w.Host(unbracketed(text)) }

func unbracketed(text []byte) []byte {
	if n := len(text); n > 2 && text[0] == '[' && text[n-1] == ']' {
		return text[1 : n-1]
	}
	return text
}

// port reads a port; one that can't be read is unknown.
func (l *lineReader) port(m *message, v *values, which value) uint16 {
	text := v.text[which]
	if cut.Null(text) {
		return 0
	}
	port, ok := flowlog.ParseUint(text)
	if !ok || port > math.MaxUint16 {
		l.unknown(m, which)
		return 0
	}
	return uint16(port)
}

// count reads a number of bytes; one that can't be read is unknown.
func (l *lineReader) count(m *message, v *values, which value) int64 {
	text := v.text[which]
	if cut.Null(text) {
		return 0
	}
	n, ok := flowlog.ParseUint(text)
	if !ok {
		l.unknown(m, which)
		return 0
	}
	return n
}

// duration reads how long a flow lasted: a number, or h:mm:ss.
func (l *lineReader) duration(m *message, v *values) int64 {
	text := v.text[vDuration]
	if cut.Null(text) {
		return 0
	}
	if d, ok := cut.ClockDuration(text); ok {
		return d
	}
	d, ok := flowlog.ParseSeconds(text, v.unit)
	if !ok {
		l.unknown(m, vDuration)
	}
	return d
}

// unknown counts a value that can't be read and isn't needed for the flow, where it is
// wanted.
func (l *lineReader) unknown(m *message, which value) {
	r := valueRoles[which+1]
	wanted := false
	switch r {
	case flowlog.SourcePort:
		wanted = l.w.SrcPort != nil
	case flowlog.DestinationPort:
		wanted = l.w.Port != nil
	case flowlog.Protocol:
		wanted = l.w.Proto != nil
	case flowlog.Duration:
		wanted = l.w.Duration != nil
	case flowlog.HostName:
		wanted = l.w.Name != nil
	default:
		wanted = l.w.Bytes != nil
	}
	if wanted {
		l.w.Unknown(m.line, r)
	}
}

// takePairs takes the values of a text of key=value by their keys; of several of one value
// the first counts.
func (v *values) takePairs(text []byte, keys map[string]value) {
	p := cut.Pairs{Rest: text, End: " ", Assign: '='}
	for key, val, ok := p.Next(); ok; key, val, ok = p.Next() {
		if at, known := keys[string(key)]; known && v.text[at] == nil {
			v.text[at] = val
		}
	}
}
