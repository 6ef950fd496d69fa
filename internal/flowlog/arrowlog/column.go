package arrowlog

import (
	"fmt"
	"math"
	"net/netip"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"beacon/internal/flowlog"
)

// arrowColumn is a column of an Arrow table that has a role.
type arrowColumn struct {
	role  flowlog.Role
	name  string
	index int
	zone  *time.Location
	clock *flowlog.Clock // of times that are numbers or texts, from the first value on
}

// arrowCell reads a row of a batch into a row of the worker's columns, or says
// why not.
type arrowCell func(i, row int) (reason string)

// arrowColumns finds the columns of a table that have a role, times first: the
// end of a flow is told from its start.
func arrowColumns(schema *arrow.Schema, opt *flowlog.Options) ([]*arrowColumn, error) {
	names := make([]string, schema.NumFields())
	for i, f := range schema.Fields() {
		names[i] = f.Name
	}
	found, err := flowlog.MatchColumns(names, opt)
	if err != nil {
		return nil, err
	}
	var columns []*arrowColumn
	for want := flowlog.StartTime; want < flowlog.RoleCount; want++ {
		for i, r := range found {
			if r != want {
				continue
			}
			kind := schema.Field(i).Type
			if d, ok := kind.(*arrow.DictionaryType); ok {
				kind = d.ValueType
			}
			if !arrowHolds(r, kind) {
				return nil, &flowlog.InputError{Err: fmt.Errorf("column %s has type %s, which can't be read as %s", names[i], kind, flowlog.RoleName(r)),
					Hint: "name another: --map " + flowlog.RoleName(r) + "=COLUMN"}
			}
			columns = append(columns, &arrowColumn{role: r, name: names[i], index: i, zone: opt.Location()})
		}
	}
	return columns, nil
}

// arrowHolds says whether a column of a type can have a role.
func arrowHolds(r flowlog.Role, kind arrow.DataType) bool {
	text := arrow.IsBaseBinary(kind.ID())
	number := arrow.IsInteger(kind.ID()) || kind.ID() == arrow.FLOAT64 || kind.ID() == arrow.FLOAT32
	switch r {
	case flowlog.StartTime, flowlog.EndTime:
		return text || number || kind.ID() == arrow.TIMESTAMP || kind.ID() == arrow.DATE64
	case flowlog.Source, flowlog.Destination:
		if f, ok := kind.(*arrow.FixedSizeBinaryType); ok {
			return f.ByteWidth == 4 || f.ByteWidth == 16
		}
		return text || kind.ID() == arrow.UINT32
	case flowlog.HostName:
		return text
	case flowlog.Duration:
		return text || number || kind.ID() == arrow.DURATION
	}
	return text || number
}

// learn finds, from the first value of a column of times, how they are written.
// A batch is learned from before any worker reads it.
func (c *arrowColumn) learn(a arrow.Array) error {
	if c.role != flowlog.StartTime && c.role != flowlog.EndTime || c.clock != nil {
		return nil
	}
	if d, ok := a.(*array.Dictionary); ok {
		a = d.Dictionary()
	}
	for i := range a.Len() {
		if a.IsNull(i) {
			continue
		}
		if text := arrowText(a); text != nil {
			if known, ok := flowlog.NewClock(text(i), c.zone); ok {
				c.clock = known
				return nil
			}
			continue // a bad record: the next may tell
		}
		if value := arrowFloat(a); value != nil {
			if v := value(i); v > 0 {
				c.clock = &flowlog.Clock{Unit: flowlog.EpochUnit(v)}
				return nil
			}
			continue
		}
		c.clock = &flowlog.Clock{}
		return nil
	}
	return nil
}

// bind makes the reader of a batch's column.
func (c *arrowColumn) bind(w *flowlog.Worker, a arrow.Array) arrowCell {
	var cell arrowCell
	if d, ok := a.(*array.Dictionary); ok {
		inner := c.bindDictionary(w, d)
		cell = func(i, row int) string { return inner(d.GetValueIndex(i), row) }
	} else {
		cell = c.bindPlain(w, a)
	}
	if a.NullN() == 0 {
		return cell
	}
	null := ""
	switch c.role {
	case flowlog.StartTime:
		null = flowlog.BadTime
	case flowlog.Source, flowlog.Destination:
		null = flowlog.NoAddress
	}
	return func(i, row int) string {
		if a.IsNull(i) {
			return null
		}
		return cell(i, row)
	}
}

// bindDictionary reads a dictionary's addresses once a batch.
func (c *arrowColumn) bindDictionary(w *flowlog.Worker, d *array.Dictionary) arrowCell {
	values := d.Dictionary()
	plain := c.bindPlain(w, values)
	if values.NullN() > 0 {
		inner := plain
		plain = func(i, row int) string {
			if values.IsNull(i) {
				return flowlog.NoAddress
			}
			return inner(i, row)
		}
	}
	if c.role != flowlog.Source && c.role != flowlog.Destination {
		return plain
	}
	ids := w.Columns.Src
	if c.role == flowlog.Destination {
		ids = w.Columns.Dst
	}
	seen := make([]uint32, values.Len()) // 1 + id
	return func(i, row int) string {
		if seen[i] != 0 {
			ids[row] = seen[i] - 1
			return ""
		}
		reason := plain(i, row)
		if reason == "" {
			seen[i] = ids[row] + 1
		}
		return reason
	}
}

func (c *arrowColumn) bindPlain(w *flowlog.Worker, a arrow.Array) arrowCell {
	switch c.role {
	case flowlog.StartTime, flowlog.EndTime:
		return c.bindTime(w, a)
	case flowlog.Source:
		return bindAddress(w, a, w.Columns.Src)
	case flowlog.Destination:
		return bindAddress(w, a, w.Columns.Dst)
	}
	if d, ok := a.(*array.Duration); ok {
		unit := int64(d.DataType().(*arrow.DurationType).Unit.Multiplier())
		return func(i, row int) string {
			v := int64(d.Value(i))
			if v > math.MaxInt64/unit {
				return flowlog.BadNumber
			}
			w.Columns.Duration[row] = max(0, v*unit)
			return ""
		}
	}
	if text := arrowText(a); text != nil {
		p := flowlog.FieldParser{Nulls: []string{"-"}}
		return func(i, row int) string {
			if !p.Value(w, row, c.role, text(i)) {
				return flowlog.BadNumber
			}
			return ""
		}
	}
	if c.role == flowlog.Duration {
		value := arrowFloat(a)
		return func(i, row int) string {
			v := value(i) * float64(time.Second)
			if !(v < math.MaxInt64) {
				return flowlog.BadNumber
			}
			w.Columns.Duration[row] = int64(math.Round(max(v, 0)))
			return ""
		}
	}
	value := arrowInt(a)
	return func(i, row int) string {
		v := value(i)
		if v < 0 || v > c.role.Limit() {
			return flowlog.BadNumber
		}
		w.Store(row, c.role, []int64{v})
		return ""
	}
}

func (c *arrowColumn) bindTime(w *flowlog.Worker, a arrow.Array) arrowCell {
	var read func(i int) (int64, bool)
	switch a := a.(type) {
	case *array.Timestamp:
		kind := a.DataType().(*arrow.TimestampType)
		read = scaledTime(func(i int) int64 { return int64(a.Value(i)) }, int64(kind.Unit.Multiplier()))
		if kind.TimeZone == "" && c.zone != time.UTC {
			naive := read
			read = func(i int) (int64, bool) {
				t, ok := naive(i)
				return inZone(t, c.zone), ok
			}
		}
	case *array.Date64:
		read = scaledTime(func(i int) int64 { return int64(a.Value(i)) }, int64(time.Millisecond))
	default:
		read = c.readTime(a)
	}
	if c.role == flowlog.StartTime {
		return func(i, row int) string {
			t, ok := read(i)
			if w.Time[row] = t; !ok {
				return flowlog.BadTime
			}
			return ""
		}
	}
	return func(i, row int) string {
		t, ok := read(i)
		if !ok {
			return flowlog.BadTime
		}
		w.Columns.Duration[row] = max(0, t-w.Time[row])
		return ""
	}
}

// readTime reads times that are texts or numbers.
func (c *arrowColumn) readTime(a arrow.Array) func(i int) (int64, bool) {
	if c.clock == nil { // no value in the log so far is one
		return func(int) (int64, bool) { return 0, false }
	}
	known := *c.clock // a worker's own
	if text := arrowText(a); text != nil {
		return func(i int) (int64, bool) { return known.Parse(text(i)) }
	}
	if arrow.IsFloating(a.DataType().ID()) {
		value := arrowFloat(a)
		return func(i int) (int64, bool) {
			v := value(i) * float64(known.Unit)
			return int64(v), v >= 0 && v < math.MaxInt64
		}
	}
	return scaledTime(arrowInt(a), known.Unit)
}

// scaledTime reads numbers of a unit since 1970, which ns must hold.
func scaledTime(value func(i int) int64, unit int64) func(i int) (int64, bool) {
	most := math.MaxInt64 / unit
	return func(i int) (int64, bool) {
		v := value(i)
		return v * unit, v <= most && v >= -most
	}
}

// inZone is the time of a clock in a zone that shows what one in UTC shows at t.
func inZone(t int64, zone *time.Location) int64 {
	u := time.Unix(0, t).UTC()
	return time.Date(u.Year(), u.Month(), u.Day(), u.Hour(), u.Minute(), u.Second(), u.Nanosecond(), zone).UnixNano()
}

func bindAddress(w *flowlog.Worker, a arrow.Array, ids []uint32) arrowCell {
	switch a := a.(type) {
	case *array.FixedSizeBinary:
		return func(i, row int) string {
			addr, _ := netip.AddrFromSlice(a.Value(i))
			ids[row] = w.NetAddr(addr)
			return ""
		}
	case *array.Uint32:
		return func(i, row int) string {
			ids[row] = w.Hosts.Intern4(a.Value(i))
			return ""
		}
	}
	text := arrowText(a)
	return func(i, row int) string {
		t := text(i)
		if len(t) == 0 || len(t) == 1 && t[0] == '-' {
			return flowlog.NoAddress
		}
		id, ok := w.Addr(t)
		if ids[row] = id; !ok {
			return flowlog.BadAddress
		}
		return ""
	}
}
