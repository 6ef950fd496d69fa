package arrowlog

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// kind is a type of values: the numbers of the union Type in Schema.fbs.
type kind byte

const (
	kindNull kind = 1 + iota
	kindInt
	kindFloat
	kindBinary
	kindUtf8
	kindBool
	kindDecimal
	kindDate
	kindTime
	kindTimestamp
	kindInterval
	kindList
	kindStruct
	kindUnion
	kindFixedBinary
	kindFixedList
	kindMap
	kindDuration
	kindLargeBinary
	kindLargeUtf8
	kindLargeList
	kindRunEnd
	kindBinaryView
	kindUtf8View
	kindListView
	kindLargeListView
)

// kindNames are for people, by kind.
var kindNames = strings.Fields("none null int float binary string bool decimal date time timestamp interval list struct union fixed_size_binary " +
	"fixed_size_list map duration large_binary large_string large_list run_end_encoded binary_view string_view list_view large_list_view")

// metadataV5 is the first version of the metadata in which a union has no validity
// bitmap; Arrow 1.0 has written it since 2020.
const metadataV5 = 4

// field is a column of a table, or one inside another.
type field struct {
	name     string
	path     string // that names match, and messages tell: of one in a struct with a point between; "" of a struct
	kind     kind
	bits     int   // of a number
	signed   bool  // of an integer
	unit     int64 // ns, of a timestamp, a duration, a date or a time
	zone     string
	scale    int // digits behind the point, of a decimal
	width    int // bytes of a value of fixed width; 0 where they vary
	dense    bool
	dict     int64 // id of its dictionary, -1 for none; kind and the rest are the values'
	index    *field
	children []*field
}

// String returns the type for people.
func (f *field) String() string {
	switch {
	case f.kind == kindInt && f.signed:
		return fmt.Sprintf("int%d", f.bits)
	case f.kind == kindInt:
		return fmt.Sprintf("uint%d", f.bits)
	case f.kind == kindFloat:
		return fmt.Sprintf("float%d", f.bits)
	case f.kind == kindFixedBinary:
		return fmt.Sprintf("fixed_size_binary[%d]", f.width)
	}
	return kindNames[f.kind]
}

// isText tells whether a field's values are texts or bytes of any length.
func (f *field) isText() bool {
	switch f.kind {
	case kindBinary, kindUtf8, kindLargeBinary, kindLargeUtf8, kindBinaryView, kindUtf8View:
		return true
	}
	return false
}

// maxFields bounds the columns of a table, nested ones too: tables of a flatbuffer
// can stand in each other many times over.
const maxFields = 1 << 16

// parseSchema reads a Schema table.
func parseSchema(t fbTable) (fields []*field, err error) {
	err = decode(func() error {
		if t.short(0, 0) != 0 {
			return errors.New("an Arrow table in big-endian byte order, which can't be read")
		}
		left := maxFields
		fields, err = parseFields(t.tables(1), &left)
		return err
	})
	return fields, err
}

// sameFields reports whether two schemas agree. The ids of their dictionaries are not
// compared: not every writer numbers them in the footer as it does at the beginning.
func sameFields(a, b []*field) bool { return slices.EqualFunc(a, b, (*field).same) }

func (f *field) same(g *field) bool {
	if f == nil || g == nil {
		return f == g
	}
	return f.name == g.name && f.String() == g.String() && f.unit == g.unit && f.zone == g.zone && f.scale == g.scale && f.width == g.width &&
		f.dense == g.dense && f.index.same(g.index) && sameFields(f.children, g.children)
}

func parseFields(tables []fbTable, left *int) ([]*field, error) {
	var fields []*field
	for _, t := range tables {
		if *left--; *left < 0 {
			return nil, errMessage
		}
		f := &field{name: t.string(0), kind: kind(t.byte(2)), dict: -1}
		if f.kind == 0 || int(f.kind) >= len(kindNames) {
			return nil, fmt.Errorf("column %q has a type that is unknown (number %d)", f.name, f.kind)
		}
		if inner, ok := t.table(3); ok {
			f.describe(inner)
		}
		if d, ok := t.table(4); ok {
			f.dict = d.long(0)
			f.index = &field{kind: kindInt, bits: 32, signed: true, width: 4, dict: -1}
			if inner, ok := d.table(1); ok {
				f.index.describe(inner)
			}
		}
		if f.width < 0 || f.index != nil && f.index.width == 0 {
			return nil, errMessage
		}
		children, err := parseFields(t.tables(5), left)
		if err != nil {
			return nil, err
		}
		f.children = children
		fields = append(fields, f)
	}
	return fields, nil
}

// timeUnits are ns by TimeUnit of Schema.fbs.
var timeUnits = []int64{1e9, 1e6, 1e3, 1}

const nsPerDay = 86400e9

// maxScale is the greatest number of digits behind the point of a decimal: those of one
// of 256 bits.
const maxScale = 76

// describe reads what a type's table adds to the kind.
func (f *field) describe(t fbTable) {
	unit := func(slot int, other int16) int64 { return timeUnits[t.short(slot, other)] }
	switch f.kind {
	case kindInt:
		f.bits, f.signed = int(t.int(0, 0)), t.bool(1)
		f.width = map[int]int{8: 1, 16: 2, 32: 4, 64: 8}[f.bits]
	case kindFloat:
		f.bits = 16 << t.short(0, 0)
		f.width = f.bits / 8
	case kindDecimal:
		f.bits, f.scale = int(t.int(2, 128)), int(t.int(1, 0))
		f.width = f.bits / 8
		if f.scale < -maxScale || f.scale > maxScale {
			f.width = -1
		}
	case kindDate:
		f.unit, f.width = 1e6, 8
		if t.short(0, 1) == 0 {
			f.unit, f.width = nsPerDay, 4
		}
	case kindTime:
		f.unit, f.bits = unit(0, 1), int(t.int(1, 32))
		f.width = f.bits / 8
	case kindTimestamp:
		f.unit, f.width = unit(0, 0), 8
		f.zone = t.string(1)
	case kindDuration:
		f.unit, f.width = unit(0, 1), 8
	case kindFixedBinary:
		f.width = int(t.int(0, 0))
	case kindUnion:
		f.dense = t.short(0, 0) == 1
	}
}

// cursor is a place in a record batch: what comes next of its nodes, its buffers and
// its counts of buffers of views.
type cursor struct{ node, buffer, view int }

// skip passes over a field. counts are the batch's numbers of data buffers, by column
// of views.
func (f *field) skip(c *cursor, counts []int64, version int16) {
	c.node++
	if f.dict >= 0 {
		c.buffer += 2
		return
	}
	switch f.kind {
	case kindNull:
	case kindBinary, kindUtf8, kindLargeBinary, kindLargeUtf8, kindListView, kindLargeListView:
		c.buffer += 3
	case kindList, kindLargeList, kindMap:
		c.buffer += 2
	case kindStruct, kindFixedList:
		c.buffer++
	case kindUnion:
		c.buffer++
		if f.dense {
			c.buffer++
		}
		if version < metadataV5 {
			c.buffer++
		}
	case kindRunEnd:
	case kindBinaryView, kindUtf8View:
		c.buffer += 2 + int(counts[c.view])
		c.view++
	default:
		c.buffer += 2
	}
	for _, child := range f.children {
		child.skip(c, counts, version)
	}
}
