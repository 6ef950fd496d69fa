package clickhouse

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"beacon/internal/flowlog"
)

// column is a column of a table as the server describes it.
type column struct {
	name, typ string
	kind      string // of a default expression: DEFAULT, MATERIALIZED, ALIAS or ""
}

// table holds the SQL expressions for the properties of a flow, by the columns of
// a table. An expression is "" where the table has no column for it.
type table struct {
	from     string // what stands behind FROM
	time     clock
	src, dst address
	srcPort  string
	port     string
	bytes    string
	srcBytes string
	proto    string
	duration string // ns
	name     string
	weight   string // flows that a row stands for: the sampling rate
	other    string // condition of a row without time or addresses
	matched  map[string][]string
}

// address is an address column as an expression.
type address struct {
	encoding
	key  string // the address
	name string // what a statement calls it: the column where the key is no more than that
	bad  string // condition that the column holds no address; "" where it always does
}

// version is a server's version.
type version struct{ major, minor int }

func (v version) atLeast(major, minor int) bool {
	return v.major > major || v.major == major && v.minor >= minor
}

// newTable says what a table's columns mean, by their names, the analyst's
// mapping, and types.
func newTable(from string, columns []column, mapping map[string]string, v version) (*table, error) {
	var names []string
	types := map[string]string{}
	for _, c := range columns {
		if !strings.HasPrefix(c.typ, "AggregateFunction") {
			names = append(names, c.name)
			types[c.name] = c.typ
		}
	}
	found, err := flowlog.MatchNames(names, mapping)
	if err != nil {
		return nil, err
	}
	t := &table{from: from, matched: map[string][]string{}}
	for what, at := range found {
		for _, i := range at {
			t.matched[what] = append(t.matched[what], names[i])
		}
	}
	if err := t.readTime(types); err != nil {
		return nil, err
	}
	if err := t.readAddresses(names, types, v); err != nil {
		return nil, err
	}
	return t, t.readOthers(names, types)
}

// bare returns a type without Nullable and LowCardinality.
func bare(typ string) (inner string, nullable bool) {
	for {
		switch {
		case strings.HasPrefix(typ, "Nullable("):
			typ, nullable = typ[len("Nullable("):len(typ)-1], true
		case strings.HasPrefix(typ, "LowCardinality("):
			typ = typ[len("LowCardinality(") : len(typ)-1]
		default:
			return typ, nullable
		}
	}
}

func (t *table) readTime(types map[string]string) error {
	name := t.matched["timestamp"][0]
	typ, nullable := bare(types[name])
	c, ok := newClock(name, typ)
	if !ok {
		return unfit(name, types[name], "timestamp", "DateTime, DateTime64, or a number since 1970")
	}
	if nullable {
		t.other = anyOf(t.other, call("isNull", c.column))
		c.column = call("assumeNotNull", c.column)
	}
	t.time = c
	return nil
}

func unfit(name, typ, what, want string) error {
	return &Error{Err: fmt.Errorf("column %s of type %s can't be read as %s, which is %s", name, typ, what, want),
		hint: fmt.Sprintf("name the column with --map %s=COLUMN", what)}
}

// etherIPv4 is the EtherType of IPv4.
const etherIPv4 = 0x0800

// readAddresses finds how the ends of a flow are held. Both get the same
// encoding.
func (t *table) readAddresses(names []string, types map[string]string, v version) error {
	ends := []*address{&t.src, &t.dst}
	raw := make([]string, len(ends))
	held := make([]encoding, len(ends)) // 0 is text
	for i, what := range []string{"src_ip", "dst_ip"} {
		name := t.matched[what][0]
		typ, nullable := bare(types[name])
		raw[i] = ident(name)
		if nullable {
			t.other = anyOf(t.other, call("isNull", raw[i]))
			raw[i] = call("assumeNotNull", raw[i])
		}
		switch typ {
		case "UInt32":
			held[i] = asNumber
		case "IPv4":
			held[i] = asIPv4
		case "IPv6":
			held[i] = asIPv6
		case "FixedString(16)":
			held[i] = asBytes
			raw[i] = shortIPv4(raw[i], names, types)
		case "String":
			t.other = anyOf(t.other, raw[i]+" = ''")
		default:
			return unfit(name, types[name], what, "IPv4, IPv6, UInt32, FixedString(16) or String")
		}
	}
	for i, end := range ends {
		plain := raw[i] == ident(t.matched[[]string{"src_ip", "dst_ip"}[i]][0])
		if held[0] == held[1] && held[0] != 0 {
			*end = address{encoding: held[i], key: raw[i], name: []string{srcName, dstName}[i]}
			if plain {
				end.name = raw[i]
			}
			continue
		}
		if held[i] != 0 { // two ways of holding them meet in text
			raw[i] = held[i].asText(raw[i])
		}
		*end = parsed(raw[i], []string{srcName, dstName}[i], v)
	}
	return nil
}

// shortIPv4 returns an address of 16 bytes where goflow2 wrote it: an IPv4 address
// stands in the first four, zeros behind it, and only the EtherType tells.
func shortIPv4(raw string, names []string, types map[string]string) string {
	i := slices.IndexFunc(names, func(n string) bool { return normal(n) == "etype" && isInteger(types[n]) })
	if i < 0 {
		return raw
	}
	short := all(fmt.Sprintf("%s = %d", ident(names[i]), etherIPv4),
		call("substring", raw, "5", "12")+" = "+call("unhex", text(strings.Repeat("00", 12))))
	mapped := call("toFixedString", call("concat", call("unhex", text(mappedPrefix)), call("substring", raw, "1", "4")), "16")
	return call("if", short, mapped, raw)
}

// parsed returns an address that a column holds as text, called name in a statement. Servers read IPv4 text into
// a number and IPv6 text into 16 bytes; ahead of it ::ffff: makes one way of
// both. Unreadable text gives zeros, or an error unless asked otherwise since
// 22.3.
func parsed(raw, name string, v version) address {
	parse := "IPv6StringToNum"
	if v.atLeast(22, 3) {
		parse = "IPv6StringToNumOrDefault"
	}
	zoneless := call("substring", raw, "1", call("position", call("concat", raw, text("%")), text("%"))+" - 1")
	key := call(parse, call("if", call("position", raw, text(":"))+" > 0", zoneless, call("concat", text("::ffff:"), raw)))
	zero := call("toFixedString", text(""), "16")
	return address{encoding: asBytes, key: key, name: name, bad: all(name+" = "+zero, not(call("match", raw, text(`^[0:]+(%.*)?$`))))}
}

// readOthers finds what else a flow has.
func (t *table) readOthers(names []string, types map[string]string) error {
	number := func(what string) (string, error) {
		var sum []string
		for _, name := range t.matched[what] {
			typ, nullable := bare(types[name])
			if !isInteger(typ) && !strings.HasPrefix(typ, "Float") {
				return "", unfit(name, types[name], what, "a number")
			}
			x := ident(name)
			if nullable {
				x = call("ifNull", x, "0")
			}
			sum = append(sum, x)
		}
		return strings.Join(sum, " + "), nil
	}
	for what, expression := range map[string]*string{"src_port": &t.srcPort, "dst_port": &t.port, "bytes": &t.bytes, "src_bytes": &t.srcBytes} {
		var err error
		if *expression, err = number(what); err != nil {
			return err
		}
	}
	t.proto, _ = number("protocol") // a name of it tells nothing here
	if sum := t.matched["bytes"]; len(sum) == 2 && t.srcBytes == "" {
		t.matched["src_bytes"] = sum[:1] // the source's part
		t.srcBytes, _ = number("src_bytes")
	}
	t.duration = t.lasting(types)
	if named := t.matched["name"]; named != nil {
		if typ, nullable := bare(types[named[0]]); typ == "String" {
			t.name = ident(named[0])
			if nullable {
				t.name = call("ifNull", t.name, text(""))
			}
		}
	}
	i := slices.IndexFunc(names, func(n string) bool {
		return slices.Contains([]string{"samplingrate", "samplinginterval"}, normal(n)) && isInteger(types[n])
	})
	if i >= 0 {
		t.weight = call("greatest", call("toInt64", ident(names[i])), "1")
	}
	return nil
}

// lasting returns a flow's length in ns: from a duration in seconds, or to an end of
// the same type as the start.
func (t *table) lasting(types map[string]string) string {
	if named := t.matched["duration"]; named != nil {
		typ, nullable := bare(types[named[0]])
		if !nullable && (isInteger(typ) || strings.HasPrefix(typ, "Float")) {
			return call("toInt64", call("round", ident(named[0])+" * 1000000")) + " * 1000"
		}
	}
	if named := t.matched["end"]; named != nil && types[named[0]] == types[t.matched["timestamp"][0]] {
		if end, ok := newClock(named[0], types[named[0]]); ok && !end.numeric() {
			return fmt.Sprintf("(toInt64(%s) - toInt64(%s)) * %d", end.ticks(), t.time.ticks(), t.time.tick())
		}
	}
	return ""
}

// normal returns the letters and digits of a column's name in lower case.
func normal(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

func (v version) String() string { return fmt.Sprintf("%d.%d", v.major, v.minor) }
