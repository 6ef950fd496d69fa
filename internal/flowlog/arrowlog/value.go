package arrowlog

import (
	"math"
	"unsafe"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// arrowText reads the texts of a column, nil where it holds none. They are good
// while the array is.
func arrowText(a arrow.Array) func(i int) []byte {
	switch a := a.(type) {
	case *array.String:
		return func(i int) []byte { return stringBytes(a.Value(i)) }
	case *array.LargeString:
		return func(i int) []byte { return stringBytes(a.Value(i)) }
	case *array.Binary:
		return a.Value
	case *array.LargeBinary:
		return a.Value
	}
	return nil
}

func stringBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// arrowInt reads the numbers of a column as integers, nil where it holds none.
// One that an int64 can't hold is -1.
func arrowInt(a arrow.Array) func(i int) int64 {
	switch a := a.(type) {
	case *array.Int8:
		return func(i int) int64 { return int64(a.Value(i)) }
	case *array.Int16:
		return func(i int) int64 { return int64(a.Value(i)) }
	case *array.Int32:
		return func(i int) int64 { return int64(a.Value(i)) }
	case *array.Int64:
		return a.Value
	case *array.Uint8:
		return func(i int) int64 { return int64(a.Value(i)) }
	case *array.Uint16:
		return func(i int) int64 { return int64(a.Value(i)) }
	case *array.Uint32:
		return func(i int) int64 { return int64(a.Value(i)) }
	case *array.Uint64:
		return func(i int) int64 { return int64(min(a.Value(i), math.MaxInt64)) }
	}
	value := arrowFloat(a)
	if value == nil {
		return nil
	}
	return func(i int) int64 {
		if v := value(i); v >= 0 && v < math.MaxInt64 {
			return int64(v)
		}
		return -1
	}
}

// arrowFloat reads the numbers of a column, nil where it holds none.
func arrowFloat(a arrow.Array) func(i int) float64 {
	switch a := a.(type) {
	case *array.Float32:
		return func(i int) float64 { return float64(a.Value(i)) }
	case *array.Float64:
		return a.Value
	}
	if !arrow.IsInteger(a.DataType().ID()) {
		return nil
	}
	value := arrowInt(a)
	return func(i int) float64 { return float64(value(i)) }
}
