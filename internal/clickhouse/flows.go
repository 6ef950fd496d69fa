package clickhouse

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/named"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/flow"
	"beacon/internal/flowlog/write"
	"beacon/internal/netset"
)

// Flows hands the flows of [from, to) (see beacon.Query) that may match a selection to a
// picker, in order of time, then of their ends and numbers.
func (e *Engine) Flows(ctx context.Context, from, to int64, s write.Selection, picker *write.Picker) error {
	x, err := e.askNamed(ctx, &beacon.Query{Rules: beacon.EveryMinute, Bucket: time.Minute, Cycle: time.Hour, Slots: 1, From: from, To: to})
	if err != nil {
		return err
	}
	ask := x.statement()
	src, dst := schema.Cell{Encoding: x.Src.Encoding}, schema.Cell{Encoding: x.self().Encoding}
	numbers := make([]int64, 1+len(x.numbers()))
	dest := []any{src.Dest(), dst.Dest(), &numbers[0]}
	ask.Columns = []string{x.Src.Name, x.self().Name, schema.Call("toInt64", x.Time.Name())}
	ask.Order = []string{schema.Call("toInt64", x.Time.Name()), x.Src.Name, x.Dst.Name}
	for i, expression := range x.numbers() {
		ask.Columns = append(ask.Columns, schema.Call("toInt64", schema.IsTrue(expression, "0")))
		ask.Order = append(ask.Order, schema.IsTrue(expression, "0"))
		dest = append(dest, &numbers[i+1])
	}
	var name string
	ask.Columns = append(ask.Columns, schema.IsTrue(x.shown(), schema.Text("")))
	dest = append(dest, &name)
	condition := x.selected(s)
	if condition == "" {
		return nil
	}
	ask.Where = schema.All(ask.Where, condition)

	room, n := flow.NewColumns(picker.Columns), 0
	b := room.Batch(flow.BatchRows)
	hand := func() error {
		count := n
		n = 0
		return picker.Batch(room.Batch(count))
	}
	err = e.Rows(ctx, "reading flows", ask, dest, func() error {
		b.Time[n] = numbers[0] * x.Time.Tick()
		b.Src[n], b.Dst[n] = picker.Hosts.InternHost(src.Host()), picker.Hosts.InternHost(dst.Host())
		put(b.SrcPort, n, numbers[1])
		put(b.Port, n, numbers[2])
		put(b.Proto, n, numbers[3])
		put(b.Bytes, n, numbers[4])
		put(b.SrcBytes, n, numbers[5])
		put(b.Duration, n, numbers[6])
		if b.Name != nil {
			b.Name[n] = 0
			if id, ok := picker.Hosts.InternName([]byte(name)); ok && name != "" {
				b.Name[n] = flow.Alias(id)
			}
		}
		if n++; n == flow.BatchRows {
			return hand()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return hand()
}

// shown returns the expression of what stands beside a flow's destination, "" without a column:
// the name that it was called by, or the address that a name was met at.
func (x *question) shown() string {
	if meets := x.names.Meets(); meets != "" {
		return schema.Call("if", meets, schema.Call("IPv6NumToString", x.Met), named.Alias)
	}
	return x.beside()
}

// beside returns the expression of the name beside a flow's address, "" without a column.
func (x *question) beside() string {
	if x.names != nil {
		return named.Alias
	}
	return x.Name
}

// put sets a value of a column, unless the column isn't there. What it can't hold is 0.
func put[T uint8 | uint16 | int64](column []T, at int, value int64) {
	if column == nil {
		return
	}
	if column[at] = T(value); int64(column[at]) != value {
		column[at] = 0
	}
}

// numbers returns the expressions of a flow's numbers, "" for those that the table lacks.
func (x *question) numbers() []string {
	return []string{x.SrcPort, x.Port, x.Proto, x.Bytes, x.SrcBytes, x.Duration}
}

// selected returns the condition of the flows that may match a selection, "" where none can.
// What it lets through is still to be matched.
func (x *question) selected(s write.Selection) string {
	var parts []string
	for _, e := range s {
		there, back := x.to(&e, x.Dst, x.Port, x.beside()), x.to(&e, x.Src, x.SrcPort, "")
		if e.Source != nil {
			there, back = both(x.isHost(e.Source, x.Src, ""), there), both(x.isHost(e.Source, x.Dst, ""), back)
		}
		parts = append(parts, there, back)
	}
	return schema.AnyOf(parts...)
}

// both returns the condition that two conditions hold, "" where one never does.
func both(a, b string) string {
	if a == "" || b == "" {
		return ""
	}
	return schema.All(a, b)
}

// to returns the condition that a flow's end is the destination of ends.
func (x *question) to(e *write.Ends, end schema.Address, port, name string) string {
	at := x.isHost(&e.Host, end, name)
	if e.Port == 0 {
		return at
	}
	if port == "" {
		return ""
	}
	return both(at, fmt.Sprintf("%s = %d", port, e.Port))
}

// isHost returns the condition that a flow's end is a host, by its address or by the name that
// was asked for.
func (x *question) isHost(h *write.Host, end schema.Address, name string) string {
	switch {
	case h.Name != "":
		var known []netset.Host
		for _, addr := range h.Addresses() {
			known = append(known, netset.HostOf(addr))
		}
		asked := ""
		if name != "" {
			bare := strings.TrimPrefix(h.Name, "*.")
			matches := func(name string) string {
				return schema.Call("match", schema.Call("lower", name), schema.Text(`(^|[.])`+regexp.QuoteMeta(bare)+`[.]?$`))
			}
			if asked = matches(name); x.names != nil {
				asked = schema.AnyOf(matches(named.Asked), matches(named.Alias))
			}
		}
		return schema.AnyOf(asked, end.OneOf(end.Name, known))
	case h.Network.IsValid():
		set := new(netset.Set)
		set.Add(h.Network)
		return end.In(end.Name, set)
	}
	return schema.Always
}
