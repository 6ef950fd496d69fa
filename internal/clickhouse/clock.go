package clickhouse

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// clock describes a column of times: whole ticks since the Unix epoch.
type clock struct {
	column string // quoted
	kind   clockKind
	scale  int   // of DateTime64: digits after the second
	unit   int64 // ns of a tick
}

type clockKind uint8

const (
	dateTime   clockKind = iota + 1 // DateTime: seconds
	dateTime64                      // DateTime64(scale)
	epoch                           // an integer; its unit shows by its magnitude
	epochFloat                      // a float likewise; its ticks are microseconds
	textTime                        // text; its ticks are microseconds
)

// newClock returns the clock of an expression by its type; ok is false where it holds no times.
// unit is still to be set for numbers.
func newClock(expression, typ string) (clock, bool) {
	c := clock{column: expression}
	base, args, _ := strings.Cut(strings.TrimSuffix(typ, ")"), "(")
	switch {
	case base == "DateTime":
		c.kind, c.unit = dateTime, int64(time.Second)
	case base == "DateTime64":
		c.kind = dateTime64
		if _, err := fmt.Sscanf(args, "%d", &c.scale); err != nil || c.scale < 0 || c.scale > 9 {
			return c, false
		}
		c.unit = int64(time.Second)
		for range (c.scale + 2) / 3 {
			c.unit /= 1000
		}
	case isInteger(base):
		c.kind = epoch
	case base == "Float64":
		c.kind = epochFloat
	case strings.HasPrefix(base, "Decimal"):
		c.kind, c.column = epochFloat, call("toFloat64", expression)
	case base == "String":
		c.kind, c.unit = textTime, int64(time.Microsecond)
	default:
		return c, false
	}
	return c, true
}

func isInteger(typ string) bool {
	switch strings.TrimPrefix(typ, "U") {
	case "Int8", "Int16", "Int32", "Int64":
		return true
	}
	return false
}

// numeric reports whether the column is a number, whose unit only its values show.
func (c *clock) numeric() bool { return c.kind == epoch || c.kind == epochFloat }

// ticks returns the expression of a time in ticks, an integer.
func (c *clock) ticks() string {
	switch c.kind {
	case dateTime:
		return call("toUInt32", c.column)
	case dateTime64:
		return call(map[int64]string{1: "toUnixTimestamp64Nano", 1e3: "toUnixTimestamp64Micro", 1e6: "toUnixTimestamp64Milli", 1e9: "toUnixTimestamp"}[c.unit], c.column)
	case epochFloat:
		return call("toInt64", call("round", fmt.Sprintf("%s * %d", c.column, c.unit/int64(time.Microsecond))))
	case textTime:
		seconds := call("toInt64", call("toUInt32", call("parseDateTimeBestEffortOrZero", c.column, text("UTC"))))
		fraction := call("substring", call("concat", call("extract", c.column, text(`[0-9][.,]([0-9]{1,6})`)), text("000000")), "1", "6")
		return fmt.Sprintf("if(%[1]s = 0, 0, %[1]s * 1000000 + toInt64(%[2]s))", seconds, fraction)
	}
	return c.column
}

// name returns the name of the time in ticks within a statement: the column itself
// where it holds ticks.
func (c *clock) name() string {
	if c.ticks() == c.column {
		return c.column
	}
	return timeName
}

// tick returns the length of a tick in ns.
func (c *clock) tick() int64 {
	if c.kind == epochFloat {
		return int64(time.Microsecond)
	}
	return c.unit
}

// between returns the condition that a time lies in [from, to), in ns; it stands on
// the column itself, so that the server leaves out the partitions that don't
// matter.
func (c *clock) between(from, to int64) string {
	if from == 0 && to == 0 {
		return ""
	}
	return all(c.bound(">=", from), c.bound("<", to))
}

func (c *clock) bound(operator string, t int64) string {
	ticks := ceilDiv(t, c.tick())
	switch c.kind {
	case dateTime:
		if ticks <= 0 && operator == ">=" || ticks > math.MaxUint32 && operator == "<" {
			return ""
		}
		return fmt.Sprintf("%s %s toDateTime(%d)", c.column, operator, min(max(ticks, 0), math.MaxUint32))
	case dateTime64:
		at := time.Unix(0, 0).UTC().Add(time.Duration(t))
		layout := "2006-01-02 15:04:05.000000000"
		literal := call("toDateTime64", text(at.Format(layout)), "9", text("UTC"))
		return fmt.Sprintf("%s %s %s", c.column, operator, literal)
	case epochFloat, textTime:
		return fmt.Sprintf("%s %s %d", c.ticks(), operator, ticks)
	}
	return fmt.Sprintf("%s %s %d", c.column, operator, ticks)
}

// ceilDiv returns a/b rounded up, for b > 0.
func ceilDiv(a, b int64) int64 {
	q := a / b
	if a%b > 0 {
		q++
	}
	return q
}

// bucket returns the number of the bucket, of so many ns, that a time in ticks lies
// in. before says that times before the epoch are possible.
func (c *clock) bucket(ticks string, length int64, before bool) string {
	tick := c.tick()
	if length%tick != 0 {
		ticks, tick = fmt.Sprintf("toInt64(%s) * %d", ticks, tick), 1
	}
	length /= tick
	if before {
		ticks = fmt.Sprintf("%s - if(%s < 0, %s, 0)", ticks, ticks, signed(length-1))
	}
	return fmt.Sprintf("intDiv(%s, %s)", ticks, signed(length))
}

// signed returns a number as a literal that keeps the sign of what it divides: to the
// server, one past 32 bits is an UInt64.
func signed(n int64) string {
	if n > math.MaxUint32 {
		return fmt.Sprintf("toInt64(%d)", n)
	}
	return fmt.Sprint(n)
}

// remainder returns n modulo m, never negative.
func remainder(n string, m int, before bool) string {
	if before {
		return fmt.Sprintf("(%s %% %d + %d) %% %d", n, m, m, m)
	}
	return fmt.Sprintf("%s %% %d", n, m)
}
