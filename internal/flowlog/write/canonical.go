package write

import (
	"time"

	"beacon/internal/flow"
)

// canonicalColumns is the table that convert writes as Parquet and as Arrow: the
// names that matchColumns prefers, in the order of the schema. Times are in
// microseconds UTC, finer digits cut off; a protocol is its number; bytes are
// those of both directions; durations are in seconds.
var canonicalColumns = []struct {
	name   string
	column flow.Column
}{
	{"timestamp", flow.Time},
	{"src_ip", flow.Src},
	{"dst_ip", flow.Dst},
	{"src_port", flow.SrcPort},
	{"dst_port", flow.Port},
	{"protocol", flow.Proto},
	{"bytes", flow.Bytes},
	{"src_bytes", flow.SrcBytes},
	{"duration", flow.Duration},
	{"hostname", flow.Name},
}

// columnsOf returns the columns that a batch carries.
func columnsOf(b *flow.Batch) flow.Column {
	c := flow.Base
	for _, x := range []struct {
		has    bool
		column flow.Column
	}{{b.SrcPort != nil, flow.SrcPort}, {b.Port != nil, flow.Port}, {b.Proto != nil, flow.Proto}, {b.Bytes != nil, flow.Bytes},
		{b.SrcBytes != nil, flow.SrcBytes}, {b.Duration != nil, flow.Duration}, {b.Name != nil, flow.Name}} {
		if x.has {
			c |= x.column
		}
	}
	return c
}

// micros returns a time in whole microseconds, rounded down.
func micros(ns int64) int64 {
	us := ns / int64(time.Microsecond)
	if ns < us*int64(time.Microsecond) {
		us--
	}
	return us
}

// seconds returns a length of time in s; of up to a hundred days it keeps each ns.
func seconds(ns int64) float64 { return float64(ns) / float64(time.Second) }
