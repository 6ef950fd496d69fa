package flowlog

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"

	"beacon/internal/flowlog/clocks"
	"beacon/internal/flowlog/connstate"
	"beacon/internal/flowlog/numbers"
)

// Limit returns the greatest number that a column of this role can hold, -1 for a role
// whose values are not plain numbers.
func (r Role) Limit() int64 {
	switch r {
	case SourcePort, DestinationPort:
		return math.MaxUint16
	case Protocol:
		return math.MaxUint8
	case ByteCount, SourceByteCount, SourcePart:
		return math.MaxInt64 / 2 // two columns may be summed
	}
	return -1
}

// FieldParser reads the fields of a record that are neither its start time nor
// an address. A copy is independent of the original: each worker has its own.
type FieldParser struct {
	Nulls []string      // texts that stand for no value, besides the empty one
	Unit  time.Duration // of a duration; 0 is a second
	End   clocks.Clock  // of end times

	// Kind tells whether a record is a flow, by its field with the role recordKind.
	Kind func(field []byte) bool
}

// Null tells whether a field stands for no value.
func (p *FieldParser) Null(field []byte) bool {
	if len(field) == 0 {
		return true
	}
	for _, text := range p.Nulls {
		if string(field) == text {
			return true
		}
	}
	return false
}

// ReversedFlow is the direction of a flow that runs from destination to source.
const ReversedFlow = "<-"

// Number reads a field as the number that Worker.Store takes for its role. It
// returns false where the field is no such number, or where its record is no flow.
func (p *FieldParser) Number(w *Worker, r Role, field []byte) (v int64, ok bool) {
	if len(field) > 0 && (field[0] == ' ' || field[0] == '"' || field[len(field)-1] == ' ') {
		field = bytes.Trim(field, ` "`)
	}
	if p.Null(field) {
		return 0, true
	}
	switch r {
	case RecordKind:
		number, _ := ParseProtocol(field)
		return int64(number), p.Kind(field)
	case Direction:
		if string(field) == ReversedFlow {
			return 1, true
		}
		return 0, true
	case Protocol:
		number, ok := ParseProtocol(field)
		return int64(number), ok
	case State:
		return connstate.Failed(field), true
	case Duration:
		return numbers.ParseSeconds(field, p.Unit)
	case EndTime:
		return p.End.Parse(field)
	}
	v, ok = numbers.ParseUint(field)
	return v, ok && v <= r.Limit()
}

// Value reads a field into a row of the worker's columns, which has been cleared.
func (p *FieldParser) Value(w *Worker, row int, r Role, field []byte) bool {
	v, ok := p.Number(w, r, field)
	if ok {
		w.Store(row, r, []int64{v})
	}
	return ok
}

// Store writes the numbers of a role into the rows from row on, which must have been
// cleared by Zero.
func (w *Worker) Store(row int, r Role, values []int64) {
	n := len(values)
	switch r {
	case RecordKind:
		if w.Proto != nil {
			narrow(w.Proto[row:][:n], values)
		}
	case Protocol:
		narrow(w.Proto[row:][:n], values)
	case SourcePort:
		narrow(w.SrcPort[row:][:n], values)
	case DestinationPort:
		narrow(w.Port[row:][:n], values)
	case State:
		narrow(w.Failed[row:][:n], values)
	case Duration:
		narrow(w.Duration[row:][:n], values)
	case EndTime:
		for i, end := range values {
			if end != 0 {
				w.Duration[row+i] = max(0, end-w.Time[row+i])
			}
		}
	case SourceByteCount:
		narrow(w.SrcBytes[row:][:n], values)
	case SourcePart, ByteCount:
		if w.SrcBytes != nil && r == SourcePart {
			narrow(w.SrcBytes[row:][:n], values)
		}
		if w.Bytes != nil {
			sums := w.Bytes[row:][:n]
			for i, v := range values {
				sums[i] += v
			}
		}
	}
}

// narrow copies numbers into a column of a smaller type.
func narrow[T uint8 | uint16 | uint32 | int64](column []T, values []int64) {
	column = column[:len(values)]
	for i, v := range values {
		column[i] = T(v)
	}
}

// protocolNumbers maps the names of protocols in logs to IANA's numbers.
var protocolNumbers = map[string]uint8{"icmp": 1, "igmp": 2, "ipip": 4, "tcp": 6, "egp": 8, "udp": 17, "dccp": 33, "ipv6": 41, "rsvp": 46, "gre": 47, "esp": 50, "ah": 51,
	"icmp6": 58, "icmpv6": 58, "ipv6-icmp": 58, "eigrp": 88, "ospf": 89, "pim": 103, "vrrp": 112, "sctp": 132, "udplite": 136}

// ParseProtocol parses an IP protocol given by number or name. A name that is no IP
// protocol (Argus's arp, the name of a service) is 0.
func ParseProtocol(text []byte) (uint8, bool) {
	if len(text) > 0 && text[0]-'0' <= 9 {
		if at := bytes.IndexAny(text, " ("); at > 0 { // 6 (TCP)
			text = text[:at]
		}
		v, ok := numbers.ParseUint(text)
		return uint8(v), ok && v < 256
	}
	if string(text) == "TCP" || string(text) == "tcp" {
		return 6, true
	}
	if string(text) == "UDP" || string(text) == "udp" {
		return 17, true
	}
	return protocolNumbers[strings.ToLower(string(text))], true
}

// ProtocolName returns the protocol's name in lower case as IANA has it, or its
// number.
func ProtocolName(number uint8) string { return protocolNames[number] }

var protocolNames = func() (names [256]string) {
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	for _, name := range []string{"icmp", "igmp", "tcp", "egp", "udp", "dccp", "ipv6", "rsvp", "gre", "esp", "ah", "ipv6-icmp", "eigrp", "ospf", "pim", "vrrp", "sctp", "udplite"} {
		names[protocolNumbers[name]] = name
	}
	return names
}()

// NullTexts are the texts in a column of a table that stand for no value.
var NullTexts = []string{"", "-", "NULL", "null", "NaN", "nan", "None", `\N`}

// NullText tells whether a text in a column of a table stands for no value.
func NullText(text []byte) bool {
	switch string(text) {
	case "", "-", "NULL", "null", "NaN", "nan", "None", `\N`:
		return true
	}
	return false
}
