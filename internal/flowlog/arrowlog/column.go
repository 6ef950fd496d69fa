package arrowlog

import (
	"fmt"
	"slices"
	"time"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/called"
	"beacon/internal/flowlog/clocks"
	"beacon/internal/flowlog/timeparts"
)

// column is a column of a table that has a role.
type column struct {
	field *field
	role  flowlog.Role
	index int      // among the table's columns and those in its structs
	outer []*field // structs that it stands in, the outermost first
	zone  *time.Location
	opt   *flowlog.Options
	clock *clocks.Clock // of times that are numbers or texts, from the first value on
}

// pick finds the columns of a table that have a role, times first: the end of a flow
// is told from its start. Parts of the times come before them.
func (r *reader) pick(opt *flowlog.Options) error {
	fields, names, outer := r.leaves()
	found, err := flowlog.MatchColumns(names, opt)
	if err != nil {
		return err
	}
	r.parts, r.names, r.roles = partsOf(fields, names, found), names, found
	add := func(i int) {
		r.columns = append(r.columns, &column{field: fields[i], role: found[i], index: i, outer: outer[i], zone: opt.For(names[i]).Location(), opt: opt.For(names[i])})
	}
	for _, n := range r.parts.Columns() {
		add(n - 1)
	}
	for want := flowlog.StartTime; want < flowlog.RoleCount; want++ {
		for i, role := range found {
			f := fields[i]
			switch {
			case role != want:
				continue
			case f.isOfDay() && r.parts.Date == 0:
				return &flowlog.InputError{Err: fmt.Errorf("column %s holds times of day, without the day", f.path),
					Hint: "write the two as one, a timestamp, or the day into a column named date"}
			case f.isList() && !want.Needed():
				r.notes = append(r.notes, flowlog.Note{Text: "flows of which %s isn't read, a list", Detail: names[i]})
				continue
			case !f.holds(want) && !f.isOfDay() && !(want == flowlog.StartTime && f.kind == kindDate && r.parts.Hour > 0 && r.parts.Minute > 0):
				return f.unfit(want)
			}
			add(i)
		}
	}
	return nil
}

// deepest is how many structs a column may stand in.
const deepest = 16

// leaves returns the columns of a table, those in a struct by a dotted name instead of it, and
// the structs that each stands in.
func (r *reader) leaves() (fields []*field, names []string, outer [][]*field) {
	var add func(list []*field, prefix string, within []*field)
	add = func(list []*field, prefix string, within []*field) {
		for _, f := range list {
			if f.kind == kindStruct && f.dict < 0 && len(within) < deepest {
				add(f.children, prefix+f.name+".", append(slices.Clip(within), f))
				continue
			}
			f.path = prefix + f.name
			fields, names, outer = append(fields, f), append(names, f.path), append(outer, within)
		}
	}
	add(r.fields, "", nil)
	return fields, names, outer
}

// isOfDay tells whether a field's type is a time of day.
func (f *field) isOfDay() bool { return f.kind == kindTime }

// isList tells whether a field's values are lists.
func (f *field) isList() bool {
	switch f.kind {
	case kindList, kindLargeList, kindFixedList, kindListView, kindLargeListView:
		return true
	}
	return false
}

// unfit says that a field's type can't be what its name says.
func (f *field) unfit(r flowlog.Role) error {
	return &flowlog.InputError{Err: fmt.Errorf("column %s has type %s, which can't be read as %s", f.path, f, flowlog.RoleName(r)),
		Hint: "name another: --map " + flowlog.RoleName(r) + "=COLUMN"}
}

// holds tells whether a column of the field's type can have a role.
func (f *field) holds(r flowlog.Role) bool {
	text := f.isText()
	number := (f.kind == kindInt || f.kind == kindFloat || f.kind == kindDecimal) && f.width > 0
	switch r {
	case flowlog.StartTime, flowlog.EndTime: // a float of 32 bits holds times of today to two minutes
		return text || number && !(f.kind == kindFloat && f.width < 8) || f.kind == kindTimestamp || f.kind == kindDate && f.width == 8
	case flowlog.Source, flowlog.Destination:
		if f.kind == kindFixedBinary {
			return f.width == 4 || f.width == 16
		}
		return text || f.kind == kindInt && f.width >= 4 || f.kind == kindDecimal
	case flowlog.HostName, flowlog.Query:
		return text
	case flowlog.Duration:
		return text || number || f.kind == kindDuration
	}
	return text || number
}

// learns tells whether the values have to tell how the column's times are written.
func (c *column) learns() bool {
	if c.role != flowlog.StartTime && c.role != flowlog.EndTime {
		return false
	}
	return c.field.kind != kindTimestamp && c.field.kind != kindDate
}

// learn finds it from the first value that tells; false where none does.
func (c *column) learn(v *vector) bool {
	for i := range v.n {
		if v.null(i) {
			continue
		}
		if v.isText() {
			if known, ok := flowlog.NewClock(v.bytes(i), c.opt); ok {
				c.clock = known
				return true
			}
		} else if f := v.float(i); f > 0 {
			c.clock = &clocks.Clock{Unit: clocks.EpochUnit(f)}
			return true
		}
	}
	return false
}

// columnReader reads one column of a batch into the worker's columns.
type columnReader interface {
	// open begins with the column of a batch. clock is how its times are written, nil
	// where it has none or that is not known yet.
	open(v *vector, clock *clocks.Clock)
	// fill reads the values [lo, lo+n) into rows [0, n).
	fill(lo, n int) error
}

// table holds what one worker reads batches with.
type table struct {
	w        *flowlog.Worker
	loader   loader
	columns  []columnReader
	names    called.Columns
	troubles []flowlog.Trouble
	scratch  []int64 // a column's numbers
}

func newTable(r *reader) *table {
	t := &table{scratch: make([]int64, flow.BatchRows)}
	rows := timeparts.Rows{} // texts of the times and their parts, where times are joined of several columns
	for _, c := range r.columns {
		rows = append(rows, make(timeparts.Rows, max(0, c.index+2-len(rows)))...)
	}
	for _, c := range r.columns {
		if c.role == flowlog.Ignored || r.times[c.role] != nil {
			t.columns = append(t.columns, t.part(r, rows, c))
		} else {
			t.columns = append(t.columns, t.reader(c))
		}
	}
	return t
}

func (t *table) reader(c *column) columnReader {
	numbers := func() []int64 { return t.scratch }
	store := func(n int) { t.w.Store(0, c.role, t.scratch[:n]) }
	switch c.role {
	case flowlog.Source:
		return &typed[uint32]{column: c, t: t, one: t.address, many: t.addresses, null: flowlog.NoAddress, into: func() []uint32 { return t.w.Src }}
	case flowlog.Destination:
		return &typed[uint32]{column: c, t: t, one: t.address, many: t.addresses, null: flowlog.NoAddress, into: func() []uint32 { return t.w.Dst }}
	case flowlog.HostName, flowlog.Query:
		return &typed[uint32]{column: c, t: t, one: t.name, many: noNames, into: func() []uint32 { return t.names.Column(c.role) }}
	case flowlog.StartTime, flowlog.EndTime:
		clock := &timeClock{}
		r := &typed[int64]{column: c, t: t, one: t.times(c, clock), clock: clock}
		if c.role == flowlog.EndTime {
			r.into, r.then = numbers, store
		} else {
			r.many, r.null, r.into = manyTimes(c), flowlog.BadTime, func() []int64 { return t.w.Time }
		}
		return r
	}
	return &typed[int64]{column: c, t: t, one: t.counts(c), into: numbers, then: store}
}

// typed reads a column whose values are T in the worker's columns: host ids or
// numbers. The values of a dictionary are read once.
type typed[T any] struct {
	*column
	t    *table
	one  func(v *vector, i int) (value T, reason string)
	many func(v *vector, lo int, out []T) (read int) // values from lo on, as many as it can
	null string                                      // why a row without a value is bad, "" where it is none the worse
	into func() []T                                  // rows of the batch
	then func(n int)

	clock   *timeClock // of a column of times
	v       *vector
	known   *dictionary // whose values these are
	values  []T
	reasons []string // nil where all of them are good
}

func (c *typed[T]) open(v *vector, clock *clocks.Clock) {
	if clock != nil && !c.clock.known {
		*c.clock = timeClock{true, *clock}
	}
	if c.v = v; v.dict == nil || v.dict == c.known {
		return
	}
	c.known, c.reasons = v.dict, nil
	c.values = c.values[:0]
	for _, part := range v.dict.vectors {
		for i := range part.n {
			var value T
			reason := c.null
			if !part.null(i) {
				value, reason = c.one(part, i)
			}
			if reason != "" && c.reasons == nil {
				c.reasons = make([]string, v.dict.n)
			}
			if reason != "" {
				c.reasons[len(c.values)] = reason
			}
			c.values = append(c.values, value)
		}
	}
}

var errIndex = fmt.Errorf("corrupt: it refers past the end of its dictionary")

func (c *typed[T]) fill(lo, n int) error {
	out, v := c.into()[:n], c.v
	i := 0
	for i < n {
		if v.dict == nil && v.valid == nil && c.many != nil { // Fast path
			if i += c.many(v, lo+i, out[i:]); i == n {
				break
			}
		}
		var value T
		reason := ""
		switch {
		case v.null(lo + i):
			reason = c.null
		case v.dict != nil:
			k, ok := v.int(lo + i)
			if !ok || k < 0 || k >= int64(len(c.values)) {
				return errIndex
			}
			value = c.values[k]
			if c.reasons != nil {
				reason = c.reasons[k]
			}
		default:
			value, reason = c.one(v, lo+i)
		}
		if out[i] = value; reason != "" {
			var none T
			out[i] = none
			c.t.troubles = append(c.t.troubles, flowlog.Trouble{Row: i, Role: c.role, Reason: reason, Text: c.text(lo + i)})
		}
		i++
	}
	if c.then != nil {
		c.then(n)
	}
	return nil
}

// text returns a value for people.
func (c *typed[T]) text(i int) string {
	v := c.v
	if v.null(i) {
		return c.field.path + " is null"
	}
	if v.dict == nil {
		return c.field.path + "=" + v.format(i)
	}
	k, _ := v.int(i)
	for _, part := range v.dict.vectors {
		if k < int64(part.n) {
			if part.null(int(k)) {
				return c.field.path + " is null"
			}
			return c.field.path + "=" + part.format(int(k))
		}
		k -= int64(part.n)
	}
	return c.field.path
}
