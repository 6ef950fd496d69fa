package parquetlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/metadata"
	"github.com/apache/arrow/go/v15/parquet/schema"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/claims"
	"beacon/internal/flowlog/clocks"
	"beacon/internal/flowlog/octets"
)

// clockSamples is how many texts of a column are looked at to find out how it writes
// its times.
const clockSamples = 2000

// setUnit finds out what the numbers or texts of a column of times mean: from
// its type or, where that leaves it open, from its first value.
func (f *parquetFile) setUnit(c *parquetColumn, from io.ReaderAt) (err error) {
	switch c.logical.(type) {
	case *schema.TimeLogicalType:
		return &flowlog.InputError{Err: fmt.Errorf("column %s holds times of day, without the day", c.name),
			Hint: fmt.Sprintf(`write the two as one: duckdb -c "copy (select DATE + \"%s\" as timestamp, * from '%s') to 'new.parquet'", with the column of the day for DATE`, c.name, f.in.Name)}
	case schema.DateLogicalType, schema.IntervalLogicalType:
		return c.unfit("time")
	}
	var look func(v []byte) bool
	number := func(v float64) bool {
		if v == 0 || math.IsNaN(v) { // an unset time more likely than 1970
			return false
		}
		c.unit = clocks.EpochUnit(v)
		return true
	}
	stamp, isStamp := c.logical.(*schema.TimestampLogicalType)
	switch {
	case isStamp && (c.physical == parquet.Types.Int64 || c.physical == parquet.Types.Int32):
		c.unit = map[schema.TimeUnitType]int64{schema.TimeUnitMillis: 1e6, schema.TimeUnitMicros: 1e3, schema.TimeUnitNanos: 1}[stamp.TimeUnit()]
		c.local = !stamp.IsAdjustedToUTC() && f.zone != time.UTC
		return nil
	case c.isDecimal:
		look = func(v []byte) bool {
			f, _ := new(big.Rat).SetFrac(c.bigInt(v), pow10(c.scale)).Float64()
			return number(f)
		}
	case c.physical == parquet.Types.Int96:
		c.local = f.zone != time.UTC
		return nil
	case c.physical == parquet.Types.Int64:
		look = func(v []byte) bool { return number(float64(int64(octets.Load64(v)))) }
	case c.physical == parquet.Types.Int32:
		look = func(v []byte) bool { return number(float64(c.int32(v))) }
	case c.physical == parquet.Types.Double:
		look = func(v []byte) bool { return number(c.float(v)) }
	case c.physical == parquet.Types.ByteArray:
		var seen []string
		look = func(v []byte) bool {
			if !flowlog.NullText(v) {
				seen = append(seen, string(v))
			}
			return len(seen) >= clockSamples
		}
		defer func() {
			if err == nil {
				var found clocks.Clock
				found, err = flowlog.FindClock(seen, f.opt.For(c.name))
				c.clock = &found
			}
			if c.role != flowlog.StartTime {
				err = nil
			}
		}()
	default:
		return c.unfit("time")
	}
	c.unit = int64(time.Second)
	return f.look(c, from, look)
}

var errFound = errors.New("found")

// look shows a column's values, from the first on, until one is enough.
func (f *parquetFile) look(c *parquetColumn, from io.ReaderAt, enough func(value []byte) bool) error {
	t := &parquetTable{picked: make([]uint32, flow.BatchRows)}
	out := make([]int64, flow.BatchRows)
	col := newColumn(t, c, func(dst []int64, data []byte, _ int) ([]byte, error) {
		found := false
		data, err := c.values(data, len(dst), func(_ int, v []byte) { found = found || enough(v) })
		if found {
			err = errFound
		}
		return data, err
	}, "", func() []int64 { return out }, nil)
	var claim claims.Claim
	defer claim.Release()
	for _, g := range f.groups {
		col.open(from, g.chunks[slices.Index(f.columns, c)], g.rows, &claim)
		for left := g.rows; left > 0; left -= flow.BatchRows {
			if err := col.fill(int(min(left, flow.BatchRows))); errors.Is(err, errFound) {
				return nil
			} else if err != nil {
				return err
			}
		}
	}
	return nil
}

// bound finds the row groups whose every time is out of bounds, by the
// statistics of a column of timestamps.
func (f *parquetFile) bound(md *metadata.FileMetaData, opt *flowlog.Options) {
	c := f.columns[0]
	if f.times != nil || c.physical != parquet.Types.Int64 || c.unsigned || c.local {
		return
	}
	limit := maxInstant / c.unit
	k := 0
	for i := range md.RowGroups {
		rg := md.RowGroup(i)
		if rg.NumRows() == 0 {
			continue
		}
		g := f.groups[k]
		k++
		col, err := rg.ColumnChunk(c.index)
		if err != nil {
			continue
		}
		stats, err := col.Statistics()
		if err != nil {
			continue
		}
		s, ok := stats.(*metadata.Int64Statistics)
		if !ok || !s.HasMinMax() || s.Min() < -limit || s.Max() > limit || s.Min() > s.Max() || s.NullCount() > 0 {
			continue
		}
		g.out = s.Max()*c.unit < opt.From || s.Min()*c.unit >= opt.To
	}
}

// times decodes ns since the Unix epoch.
func (t *parquetTable) times(c *parquetColumn) (plainFunc[int64], error) {
	var one func(v []byte) (int64, bool)
	switch {
	case c.isDecimal:
		digits := len(strconv.FormatInt(c.unit, 10)) - 1
		one = func(v []byte) (int64, bool) {
			ns, ok := c.decimal(v, digits)
			return ns, ok && -maxInstant <= ns && ns <= maxInstant
		}
	case c.physical == parquet.Types.Int64:
		return func(dst []int64, data []byte, row int) ([]byte, error) { return t.int64Times(c, dst, data, row) }, nil
	case c.physical == parquet.Types.Int32:
		one = func(v []byte) (int64, bool) { return t.instant(c, c.int32(v)) }
	case c.physical == parquet.Types.Int96: // ns of the day, Julian day
		one = func(v []byte) (int64, bool) {
			day := int64(binary.LittleEndian.Uint32(v[8:])) - julianEpoch
			if day < -maxDays || day > maxDays || octets.Load64(v) > uint64(25*time.Hour) {
				return 0, false
			}
			return t.utc(c, day*int64(24*time.Hour)+int64(octets.Load64(v))), true
		}
	case c.physical == parquet.Types.Double:
		one = func(v []byte) (int64, bool) {
			whole, part := math.Modf(c.float(v))
			ns, ok := t.instant(c, int64(whole))
			return ns + int64(math.Round(part*float64(c.unit))), ok && math.Abs(whole) < math.MaxInt64
		}
	default: // text
		clock := *c.clock
		one = clock.Parse
	}
	return func(dst []int64, data []byte, row int) ([]byte, error) {
		return c.values(data, len(dst), func(i int, v []byte) {
			ns, ok := one(v)
			if dst[i] = ns; !ok {
				dst[i] = 0
				t.trouble(row+i, flowlog.BadTime, c, v)
			}
		})
	}, nil
}

const (
	julianEpoch = 2440588 // Julian day of 1970-01-01
	maxDays     = 106000  // days from 1970 that are within the range of a time in ns
)

// int64Times decodes integers of c.unit.
func (t *parquetTable) int64Times(c *parquetColumn, dst []int64, data []byte, row int) ([]byte, error) {
	if len(data) < 8*len(dst) {
		return nil, errShortPage
	}
	limit := maxInstant / c.unit
	unit, least, most := c.unit, int64(0), int64(0)
	for i, p := 0, data; i < len(dst) && len(p) >= 8; i, p = i+1, p[8:] {
		v := int64(octets.Load64(p))
		least, most = min(least, v), max(most, v)
		dst[i] = v * unit
	}
	if least < -limit || most > limit || c.local { // Slow path
		for i := range dst {
			v := data[8*i : 8*i+8]
			ns, ok := t.instant(c, int64(octets.Load64(v)))
			if dst[i] = ns; !ok {
				dst[i] = 0
				t.trouble(row+i, flowlog.BadTime, c, v)
			}
		}
	}
	return data[8*len(dst):], nil
}

// maxInstant is how far from 1970 a time can lie, in ns, with room for a zone.
const maxInstant = math.MaxInt64 - int64(48*time.Hour)

// instant returns the time that a number of c.unit is; false where it is out of range.
func (t *parquetTable) instant(c *parquetColumn, v int64) (int64, bool) {
	if limit := maxInstant / c.unit; v < -limit || v > limit {
		return 0, false
	}
	return t.utc(c, v*c.unit), true
}

// utc turns a time of a column without a zone, read as UTC, into UTC.
func (t *parquetTable) utc(c *parquetColumn, ns int64) int64 {
	if !c.local {
		return ns
	}
	return t.local.UTC(ns)
}
