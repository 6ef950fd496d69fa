package flowlog

import (
	"bytes"
	"math"
	"time"

	"beacon/internal/flowlog/clocks"
	"beacon/internal/flowlog/connstate"
	"beacon/internal/flowlog/numbers"
	"beacon/internal/flowlog/protocol"
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

	Grouped bool // points stand between groups of three digits: 1.234 is no fraction

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
		number, _ := protocol.Parse(field)
		return int64(number), p.Kind(field)
	case Direction:
		if string(field) == ReversedFlow {
			return 1, true
		}
		return 0, true
	case Protocol:
		number, ok := protocol.Parse(field)
		return int64(number), ok
	case State:
		return connstate.Failed(field), true
	case Duration:
		return numbers.ParseSeconds(field, p.Unit)
	case EndTime:
		return p.End.Parse(field)
	}
	switch {
	case p.Grouped && numbers.IsGrouped(string(field)):
		v, ok = numbers.ParseUint(bytes.ReplaceAll(field, []byte("."), nil))
	case r == SourcePort || r == DestinationPort:
		v, ok = numbers.ParsePort(field)
	default:
		v, ok = numbers.ParseUint(field)
	}
	if !ok || v > r.Limit() {
		return 0, false
	}
	return v, true
}

// Value reads a field into a row of the worker's columns, which has been cleared.
func (p *FieldParser) Value(w *Worker, row int, r Role, field []byte) bool {
	v, ok := p.Number(w, r, field)
	if v != 0 { // an empty port leaves the one behind the address
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
