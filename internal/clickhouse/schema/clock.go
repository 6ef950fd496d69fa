package schema

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// clock describes a column of times: whole ticks since the Unix epoch.
type clock struct {
	Column string // quoted
	Kind   clockKind
	scale  int   // of DateTime64: digits after the second
	Unit   int64 // ns of a tick
}

type clockKind uint8

const (
	DateTime   clockKind = iota + 1 // DateTime: seconds
	DateTime64                      // DateTime64(scale)
	Epoch                           // an integer; its unit shows by its magnitude
	EpochFloat                      // a float likewise; its ticks are microseconds
	textTime                        // text; its ticks are microseconds
)

// Regular expressions of the texts that are times: dates by ISO 8601 with a time of day or
// without, and seconds since 1970. Any other text is unreadable.
//
// Note: parseDateTimeBestEffort reads any text that it can make something of. On 18.16.1 junk is
// June 2000, 12-06-2020 a day of January 2000, and 1592697600 is in 2015.
const (
	textDate  = `^[0-9]{4}([-/](0?[1-9]|1[0-2])[-/](0?[1-9]|[12][0-9]|3[01])|(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01]))` + textOfDay + `$`
	textOfDay = `([T ]?([01]?[0-9]|2[0-3]):?[0-5][0-9](:?([0-5][0-9]|60)([.,][0-9]+)?)?( ?(Z|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?))?)?`
	textEpoch = `^[0-9]{9,10}([.,][0-9]+)?$`
)

// NewClock returns the clock of an expression by its type; ok is false where it holds no times.
// unit is still to be set for numbers.
func NewClock(expression, typ string) (clock, bool) {
	c := clock{Column: expression}
	base, args, _ := strings.Cut(strings.TrimSuffix(typ, ")"), "(")
	switch {
	case base == "DateTime":
		c.Kind, c.Unit = DateTime, int64(time.Second)
	case base == "DateTime64":
		c.Kind = DateTime64
		if _, err := fmt.Sscanf(args, "%d", &c.scale); err != nil || c.scale < 0 || c.scale > 9 {
			return c, false
		}
		c.Unit = int64(time.Second)
		for range (c.scale + 2) / 3 {
			c.Unit /= 1000
		}
	case isInteger(base):
		c.Kind = Epoch
	case base == "Float64":
		c.Kind = EpochFloat
	case strings.HasPrefix(base, "Decimal"):
		c.Kind, c.Column = EpochFloat, Call("toFloat64", expression)
	case base == "String":
		c.Kind, c.Unit = textTime, int64(time.Microsecond)
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

// Numeric reports whether the column is a number, whose unit only its values show.
func (c *clock) Numeric() bool { return c.Kind == Epoch || c.Kind == EpochFloat }

// Ticks returns the expression of a time in ticks, an integer.
func (c *clock) Ticks() string {
	switch c.Kind {
	case DateTime:
		return Call("toUInt32", c.Column)
	case DateTime64:
		return Call(map[int64]string{1: "toUnixTimestamp64Nano", 1e3: "toUnixTimestamp64Micro", 1e6: "toUnixTimestamp64Milli", 1e9: "toUnixTimestamp"}[c.Unit], c.Column)
	case EpochFloat:
		return Call("toInt64", Call("round", fmt.Sprintf("%s * %d", c.Column, c.Unit/int64(time.Microsecond))))
	case textTime:
		seconds := Call("multiIf", Call("match", c.Column, Text(textDate)), Call("toInt64", Call("toUInt32", Call("parseDateTimeBestEffortOrZero", c.Column, Text("UTC")))),
			Call("match", c.Column, Text(textEpoch)), Call("toInt64", Call("toUInt32OrZero", Call("extract", c.Column, Text("^[0-9]+")))), Call("toInt64", "0"))
		fraction := Call("substring", Call("concat", Call("extract", c.Column, Text(`[0-9][.,]([0-9]{1,6})`)), Text("000000")), "1", "6")
		return fmt.Sprintf("if(%[1]s = 0, 0, %[1]s * 1000000 + toInt64(%[2]s))", seconds, fraction)
	}
	return c.Column
}

// Name returns the name of the time in ticks within a statement: the column itself
// where it holds ticks.
func (c *clock) Name() string {
	if c.Ticks() == c.Column {
		return c.Column
	}
	return TimeName
}

// Tick returns the length of a tick in ns.
func (c *clock) Tick() int64 {
	if c.Kind == EpochFloat {
		return int64(time.Microsecond)
	}
	return c.Unit
}

// Between returns the condition that a time lies in [from, to), in ns; it stands on
// the column itself, so that the server leaves out the partitions that don't
// matter.
func (c *clock) Between(from, to int64) string {
	if from == 0 && to == 0 {
		return ""
	}
	return All(c.bound(">=", from), c.bound("<", to))
}

func (c *clock) bound(operator string, t int64) string {
	ticks := ceilDiv(t, c.Tick())
	switch c.Kind {
	case DateTime:
		if ticks <= 0 && operator == ">=" || ticks > math.MaxUint32 && operator == "<" {
			return ""
		}
		return fmt.Sprintf("%s %s toDateTime(%d)", c.Column, operator, min(max(ticks, 0), math.MaxUint32))
	case DateTime64:
		at := time.Unix(0, 0).UTC().Add(time.Duration(t))
		layout := "2006-01-02 15:04:05.000000000"
		literal := Call("toDateTime64", Text(at.Format(layout)), "9", Text("UTC"))
		return fmt.Sprintf("%s %s %s", c.Column, operator, literal)
	case EpochFloat, textTime:
		return fmt.Sprintf("%s %s %d", c.Ticks(), operator, ticks)
	}
	return fmt.Sprintf("%s %s %d", c.Column, operator, ticks)
}

// ceilDiv returns a/b rounded up, for b > 0.
func ceilDiv(a, b int64) int64 {
	q := a / b
	if a%b > 0 {
		q++
	}
	return q
}

// Bucket returns the number of the bucket, of so many ns, that a time in ticks lies
// in. before says that times before the epoch are possible.
func (c *clock) Bucket(ticks string, length int64, before bool) string {
	tick := c.Tick()
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

// Remainder returns n modulo m, never negative.
func Remainder(n string, m int, before bool) string {
	if before {
		return fmt.Sprintf("(%s %% %d + %d) %% %d", n, m, m, m)
	}
	return fmt.Sprintf("%s %% %d", n, m)
}
