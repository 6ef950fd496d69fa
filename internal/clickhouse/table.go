package clickhouse

import (
	"errors"
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

	expression string // of what stands within a column; "" is the column itself
}

// schemaOf is the columns of a table, in order.
type schemaOf struct {
	columns []column
	names   []string
}

// of returns the column of a name.
func (s *schemaOf) of(name string) *column {
	return &s.columns[slices.Index(s.names, name)]
}

// table holds the SQL expressions for the properties of a flow, by the columns of
// a table. An expression is "" where the table has no column for it.
type table struct {
	from     string // what stands behind FROM
	time     clock
	badTime  string // condition that the time is unreadable text
	src, dst address
	srcPort  string
	port     string
	bytes    string
	srcBytes string
	proto    string
	duration string // ns
	name     string
	weight   string // flows that a row stands for: the sampling rate
	filter   string // condition of the rows that count, the analyst's
	other    string // condition of a row without time or addresses, or of another kind
	kind     string // of the rows that count, where the table mixes kinds of records
	matched  map[string][]string
}

// address is an address column as an expression.
type address struct {
	encoding
	key  string // the address
	name string // what a statement calls it: the column where the key is no more than that
	bad  string // condition that the column holds no address; "" where it always does
	sets *lookups
}

// version is a server's version.
type version struct{ major, minor int }

func (v version) atLeast(major, minor int) bool {
	return v.major > major || v.major == major && v.minor >= minor
}

// newTable says what a table's columns mean, by their names, the analyst's
// mapping, and types.
func newTable(from string, columns []column, mapping map[string]string, v version) (*table, error) {
	s := &schemaOf{}
	for _, c := range columns {
		if !strings.HasPrefix(c.typ, "AggregateFunction") {
			s.names, s.columns = append(s.names, c.name), append(s.columns, c)
		}
	}
	found, err := flowlog.MatchNames(s.names, mapping)
	if err != nil {
		return nil, err
	}
	if found["dst_ip"] == nil { // a file's destinations can be names
		return nil, &Error{Err: errors.New("no column for dst_ip: a table's destinations are addresses; it has " + flowlog.ListColumns(s.names)),
			hint: "say which it is, --map dst_ip=COLUMN; " + hintFiles}
	}
	t := &table{from: from, matched: map[string][]string{}}
	for what, at := range found {
		for _, i := range at {
			t.matched[what] = append(t.matched[what], s.names[i])
		}
	}
	if err := t.readTime(s); err != nil {
		return nil, err
	}
	if err := t.readAddresses(s, v); err != nil {
		return nil, err
	}
	return t, t.readOthers(s)
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

func (t *table) readTime(s *schemaOf) error {
	at := s.of(t.matched["timestamp"][0])
	typ, nullable := bare(at.typ)
	x := at.sql()
	if nullable {
		t.other = anyOf(t.other, call("isNull", x))
		x = call("assumeNotNull", x)
	}
	c, ok := newClock(x, typ)
	if !ok {
		return unfit(at.name, at.typ, "timestamp", "DateTime, DateTime64, text, or a number since 1970")
	}
	t.time = c
	if typ == "String" {
		t.other = anyOf(t.other, x+" = ''")
		t.badTime = c.ticks() + " = 0"
	}
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
func (t *table) readAddresses(s *schemaOf, v version) error {
	ends := []*address{&t.src, &t.dst}
	called := []string{srcName, dstName}
	raw := make([]string, len(ends))
	held := make([]encoding, len(ends)) // 0 is text
	plain := make([]bool, len(ends))    // it is a column as it stands
	for i, what := range []string{"src_ip", "dst_ip"} {
		c := s.of(t.matched[what][0])
		var err error
		if raw[i], held[i], err = t.readAddress(s, c, what); err != nil {
			return err
		}
		plain[i] = raw[i] == ident(c.name)
	}
	for i, end := range ends {
		if held[0] == held[1] && held[0] != 0 {
			*end = address{encoding: held[i], key: raw[i], name: called[i]}
			if plain[i] {
				end.name = raw[i]
			}
			continue
		}
		if held[i] != 0 { // two ways of holding them meet in text
			raw[i] = held[i].asText(raw[i])
		}
		*end = parsed(raw[i], called[i], v)
	}
	return nil
}

// readAddress returns the expression of an address, and how it is held; 0 is text.
func (t *table) readAddress(s *schemaOf, c *column, what string) (raw string, held encoding, err error) {
	if six := s.sibling(c.name); six != nil {
		if raw := s.eitherFamily(c, six); raw != "" {
			return raw, asBytes, nil
		}
	}
	typ, nullable := bare(c.typ)
	raw = c.sql()
	if nullable {
		t.other = anyOf(t.other, call("isNull", raw))
		raw = call("assumeNotNull", raw)
	}
	switch typ {
	case "UInt32":
		return raw, asNumber, nil
	case "FixedString(4)":
		return call("reinterpretAsUInt32", call("reverse", raw)), asNumber, nil
	case "IPv4":
		return raw, asIPv4, nil
	case "IPv6":
		return raw, asIPv6, nil
	case "FixedString(16)":
		return shortIPv4(raw, s), asBytes, nil
	case "String":
		t.other = anyOf(t.other, raw+" = ''")
		return raw, 0, nil
	}
	return "", 0, unfit(c.name, c.typ, what, "IPv4, IPv6, UInt32, FixedString(4), FixedString(16) or String")
}

// shortIPv4 returns an address of 16 bytes where goflow2 wrote it: an IPv4 address
// stands in the first four, zeros behind it, and only the EtherType tells.
func shortIPv4(raw string, s *schemaOf) string {
	i := slices.IndexFunc(s.columns, func(c column) bool { return normal(c.name) == "etype" && isInteger(c.typ) })
	if i < 0 {
		return raw
	}
	short := all(fmt.Sprintf("%s = %d", s.columns[i].sql(), etherIPv4),
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
func (t *table) readOthers(s *schemaOf) error {
	number := func(what string) (string, error) {
		var sum []string
		for _, name := range t.matched[what] {
			c := s.of(name)
			typ, nullable := bare(c.typ)
			x := c.sql()
			switch {
			case typ == "String": // text such as that of maps; what is no number counts as none
				if nullable {
					x, nullable = call("ifNull", x, text("")), false
				}
				x = call("toInt64OrZero", x)
			case !isInteger(typ) && !strings.HasPrefix(typ, "Float") && !strings.HasPrefix(typ, "Decimal"):
				return "", unfit(name, c.typ, what, "a number")
			}
			if nullable {
				x = call("ifNull", x, "0")
			}
			sum = append(sum, x)
		}
		return strings.Join(sum, " + "), nil
	}
	for _, what := range []string{"src_port", "dst_port"} { // a flow has the port of one transport
		for _, name := range t.matched[what] {
			other := strings.Replace(normal(name), "tcp", "udp", 1)
			if i := slices.IndexFunc(s.columns, func(c column) bool { return normal(c.name) == other && c.name != name }); i >= 0 {
				t.matched[what] = append(t.matched[what], s.names[i])
			}
		}
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
	t.duration = t.lasting(s)
	if named := t.matched["name"]; named != nil {
		c := s.of(named[0])
		if typ, nullable := bare(c.typ); typ == "String" {
			t.name = c.sql()
			if nullable {
				t.name = call("ifNull", t.name, text(""))
			}
		}
	}
	i := slices.IndexFunc(s.columns, func(c column) bool {
		return slices.Contains([]string{"samplingrate", "samplinginterval"}, normal(c.name)) && isInteger(c.typ)
	})
	if i >= 0 {
		t.weight = call("greatest", call("toInt64", s.columns[i].sql()), "1")
	}
	return nil
}

// lasting returns a flow's length in ns: from a duration in seconds, or to an end of
// the same type as the start.
func (t *table) lasting(s *schemaOf) string {
	if named := t.matched["duration"]; named != nil {
		c := s.of(named[0])
		typ, nullable := bare(c.typ)
		if !nullable && (isInteger(typ) || strings.HasPrefix(typ, "Float")) {
			return call("toInt64", call("round", c.sql()+" * 1000000")) + " * 1000"
		}
	}
	if named := t.matched["end"]; named != nil {
		c := s.of(named[0])
		if end, ok := newClock(c.sql(), c.typ); ok && c.typ == s.of(t.matched["timestamp"][0]).typ && (end.kind == dateTime || end.kind == dateTime64) {
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
