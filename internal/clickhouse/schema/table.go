package schema

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/columnnames"
	"beacon/internal/flowlog/protocol"
)

// Column is a column of a table as the server describes it.
type Column struct {
	Name, Typ string
	Kind      string // of a default expression: DEFAULT, MATERIALIZED, ALIAS or ""

	Expression string // of what stands within a column; "" is the column itself
}

// schemaOf is the columns of a table, in order.
type schemaOf struct {
	columns []Column
	names   []string
}

// of returns the column of a name.
func (s *schemaOf) of(name string) *Column {
	return &s.columns[slices.Index(s.names, name)]
}

// Table holds the SQL expressions for the properties of a flow, by the columns of
// a table. An expression is "" where the table has no column for it.
type Table struct {
	From     string // what stands behind FROM
	Time     clock
	BadTime  string // condition that the time is unreadable text
	Src, Dst Address
	SrcPort  string
	Port     string
	Bytes    string
	SrcBytes string
	Proto    string
	Duration string // ns
	Name     string // what the flow called the destination, as the column has it
	Query    string // the name that a resolver was asked for, likewise
	Met      string // the address in 16 bytes that a name which is the destination was met at; of others ::
	Weight   string // flows that a row stands for: the sampling rate
	Filter   string // condition of the rows that count, the analyst's
	Other    string // condition of a row without time or addresses, or of another kind
	Kind     string // of the rows that count, where the table mixes kinds of records
	Final    bool   // rows that later ones replace are left out
	Columns  []string
	Matched  map[string][]string
}

// What the statements call a flow's parts. All names of ours begin with beacon_,
// for an alias hides a column of the same name.
const (
	srcName  = "beacon_src"
	dstName  = "beacon_dst"
	hostName = "beacon_host"
	TimeName = "beacon_time" // in ticks of the table's clock
)

// Address is an address column as an expression.
type Address struct {
	Encoding
	Key  string // the address
	Name string // what a statement calls it: the column where the key is no more than that
	Bad  string // condition that the column holds no address; "" where it always does
	Sets *Lookups
}

// Version is a server's version.
type Version struct{ Major, Minor int }

func (v Version) AtLeast(Major, Minor int) bool {
	return v.Major > Major || v.Major == Major && v.Minor >= Minor
}

// NewTable says what a table's columns mean, by their names, the analyst's
// mapping, and types.
func NewTable(from string, columns []Column, mapping map[string]string, v Version) (*Table, error) {
	s := &schemaOf{}
	for _, c := range columns {
		if !strings.HasPrefix(c.Typ, "AggregateFunction") {
			s.names, s.columns = append(s.names, c.Name), append(s.columns, c)
		}
	}
	found, err := Match(s.names, mapping)
	if err != nil {
		return nil, err
	}
	if found["dst_ip"] == nil { // a file's destinations can be names
		return nil, &flowlog.InputError{Err: errors.New("no column for dst_ip: a table's destinations are addresses; it has " + columnnames.List(s.names)),
			Hint: "say which it is, --map dst_ip=COLUMN; names without addresses are judged in log files: query a file"}
	}
	t := &Table{From: from, Columns: s.names, Matched: map[string][]string{}}
	for what, at := range found {
		for _, i := range at {
			t.Matched[what] = append(t.Matched[what], s.names[i])
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

// Bare returns a type without Nullable and LowCardinality.
func Bare(typ string) (inner string, nullable bool) {
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

func (t *Table) readTime(s *schemaOf) error {
	at := s.of(t.Matched["timestamp"][0])
	typ, nullable := Bare(at.Typ)
	x := at.sql()
	if nullable {
		t.Other = AnyOf(t.Other, Call("isNull", x))
		x = Call("assumeNotNull", x)
	}
	c, ok := NewClock(x, typ)
	if !ok {
		return unfit(at.Name, at.Typ, "timestamp", "DateTime, DateTime64, text, or a number since 1970")
	}
	t.Time = c
	if typ == "String" {
		t.Other = AnyOf(t.Other, x+" = ''")
		t.BadTime = c.Ticks() + " = 0"
	}
	return nil
}

func unfit(name, typ, what, want string) error {
	return &flowlog.InputError{Err: fmt.Errorf("column %s of type %s can't be read as %s, which is %s", name, typ, what, want),
		Hint: fmt.Sprintf("name the column with --map %s=COLUMN", what)}
}

// etherIPv4 is the EtherType of IPv4.
const etherIPv4 = 0x0800

// readAddresses finds how the ends of a flow are held. Both get the same
// encoding.
func (t *Table) readAddresses(s *schemaOf, v Version) error {
	ends := []*Address{&t.Src, &t.Dst}
	called := []string{srcName, dstName}
	raw := make([]string, len(ends))
	held := make([]Encoding, len(ends)) // 0 is text
	plain := make([]bool, len(ends))    // it is a column as it stands
	for i, what := range []string{"src_ip", "dst_ip"} {
		c := s.of(t.Matched[what][0])
		var err error
		if raw[i], held[i], err = t.readAddress(s, c, what); err != nil {
			return err
		}
		plain[i] = raw[i] == Ident(c.Name)
	}
	for i, end := range ends {
		if held[0] == held[1] && held[0] != 0 {
			*end = Address{Encoding: held[i], Key: raw[i], Name: called[i]}
			if plain[i] {
				end.Name = raw[i]
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
func (t *Table) readAddress(s *schemaOf, c *Column, what string) (raw string, held Encoding, err error) {
	if six := s.sibling(c.Name); six != nil {
		if raw := s.eitherFamily(c, six); raw != "" {
			return raw, asBytes, nil
		}
	}
	typ, nullable := Bare(c.Typ)
	raw = c.sql()
	if nullable {
		t.Other = AnyOf(t.Other, Call("isNull", raw))
		raw = Call("assumeNotNull", raw)
	}
	switch typ {
	case "UInt32":
		return raw, asNumber, nil
	case "FixedString(4)":
		return Call("reinterpretAsUInt32", Call("reverse", raw)), asNumber, nil
	case "IPv4":
		return raw, asIPv4, nil
	case "IPv6":
		return raw, asIPv6, nil
	case "FixedString(16)":
		return shortIPv4(raw, s), asBytes, nil
	case "String":
		t.Other = AnyOf(t.Other, raw+" = ''")
		return raw, 0, nil
	}
	return "", 0, unfit(c.Name, c.Typ, what, "IPv4, IPv6, UInt32, FixedString(4), FixedString(16) or String")
}

// shortIPv4 returns an address of 16 bytes where goflow2 wrote it: an IPv4 address
// stands in the first four, zeros behind it, and only the EtherType tells.
func shortIPv4(raw string, s *schemaOf) string {
	i := slices.IndexFunc(s.columns, func(c Column) bool { return Normal(c.Name) == "etype" && isInteger(c.Typ) })
	if i < 0 {
		return raw
	}
	short := All(fmt.Sprintf("%s = %d", s.columns[i].sql(), etherIPv4),
		Call("substring", raw, "5", "12")+" = "+Call("unhex", Text(strings.Repeat("00", 12))))
	mapped := Call("toFixedString", Call("concat", Call("unhex", Text(mappedPrefix)), Call("substring", raw, "1", "4")), "16")
	return Call("if", short, mapped, raw)
}

// parsed returns an address that a column holds as text, called name in a statement. Servers read IPv4 text into
// a number and IPv6 text into 16 bytes; ahead of it ::ffff: makes one way of
// both. Unreadable text gives zeros, or an error unless asked otherwise since
// 22.3.
func parsed(raw, name string, v Version) Address {
	parse := "IPv6StringToNum"
	if v.AtLeast(22, 3) {
		parse = "IPv6StringToNumOrDefault"
	}
	zoneless := Call("substring", raw, "1", Call("position", Call("concat", raw, Text("%")), Text("%"))+" - 1")
	key := Call(parse, Call("if", Call("position", raw, Text(":"))+" > 0", zoneless, Call("concat", Text("::ffff:"), raw)))
	return Address{Encoding: asBytes, Key: key, Name: name, Bad: All(name+" = "+unspecified, Not(Call("match", raw, Text(`^[0:]+(%.*)?$`))))}
}

// readOthers finds what else a flow has.
func (t *Table) readOthers(s *schemaOf) error {
	number := func(what string) (string, error) {
		var sum []string
		for _, name := range t.Matched[what] {
			c := s.of(name)
			typ, nullable := Bare(c.Typ)
			x := c.sql()
			switch {
			case typ == "String": // text such as that of maps; what is no number counts as none
				if nullable {
					x, nullable = Call("ifNull", x, Text("")), false
				}
				x = Call("toInt64OrZero", x)
			case !isInteger(typ) && !strings.HasPrefix(typ, "Float") && !strings.HasPrefix(typ, "Decimal"):
				return "", unfit(name, c.Typ, what, "a number")
			}
			if nullable {
				x = Call("ifNull", x, "0")
			}
			sum = append(sum, x)
		}
		return strings.Join(sum, " + "), nil
	}
	for _, what := range []string{"src_port", "dst_port"} { // a flow has the port of one transport
		for _, name := range t.Matched[what] {
			other := strings.Replace(Normal(name), "tcp", "udp", 1)
			if i := slices.IndexFunc(s.columns, func(c Column) bool { return Normal(c.Name) == other && c.Name != name }); i >= 0 {
				t.Matched[what] = append(t.Matched[what], s.names[i])
			}
		}
	}
	for what, expression := range map[string]*string{"src_port": &t.SrcPort, "dst_port": &t.Port, "bytes": &t.Bytes, "src_bytes": &t.SrcBytes} {
		var err error
		if *expression, err = number(what); err != nil {
			return err
		}
	}
	t.readProtocol(s)
	if sum := t.Matched["bytes"]; len(sum) == 2 && t.SrcBytes == "" {
		t.Matched["src_bytes"] = sum[:1] // the source's part
		t.SrcBytes, _ = number("src_bytes")
	}
	t.Duration = t.lasting(s)
	for what, expression := range map[string]*string{"name": &t.Name, "query": &t.Query} {
		if named := t.Matched[what]; named != nil {
			*expression = text(s.of(named[0]))
		}
	}
	if at := t.Matched[HostAddress]; at != nil {
		raw, held, err := t.readAddress(s, s.of(at[0]), HostAddress)
		if err != nil {
			return err
		}
		t.Met = held.bytes(raw)
	}
	i := slices.IndexFunc(s.columns, func(c Column) bool {
		return slices.Contains([]string{"samplingrate", "samplinginterval"}, Normal(c.Name)) && isInteger(c.Typ)
	})
	if i >= 0 {
		t.Weight = Call("greatest", Call("toInt64", s.columns[i].sql()), "1")
	}
	return nil
}

// text returns the expression of a column of texts, "" of any other.
func text(c *Column) string {
	typ, nullable := Bare(c.Typ)
	switch {
	case typ != "String":
		return ""
	case nullable:
		return Call("ifNull", c.sql(), Text(""))
	}
	return c.sql()
}

// readProtocol finds the protocol: a number, or a name of one.
func (t *Table) readProtocol(s *schemaOf) {
	if t.Matched["protocol"] == nil {
		return
	}
	c := s.of(t.Matched["protocol"][0])
	x := c.sql()
	typ, nullable := Bare(c.Typ)
	switch {
	case isInteger(typ):
		if t.Proto = x; nullable {
			t.Proto = Call("ifNull", x, "0")
		}
	case typ == "String":
		if nullable {
			x = Call("ifNull", x, Text(""))
		}
		names, numbers := []string{Text("icmpv6"), Text("icmp6")}, []string{"58", "58"}
		for n := range 256 {
			if name := protocol.Name(uint8(n)); name != integer(n) {
				names, numbers = append(names, Text(name)), append(numbers, integer(n))
			}
		}
		t.Proto = fmt.Sprintf("(toInt64(transform(lower(%[1]s), [%[2]s], [%[3]s], 0)) + toInt64(toUInt8OrZero(%[1]s)))", x, strings.Join(names, ", "), strings.Join(numbers, ", "))
	}
}

// lasting returns a flow's length in ns: from a duration in seconds, or to an end of
// the same type as the start.
func (t *Table) lasting(s *schemaOf) string {
	if named := t.Matched["duration"]; named != nil {
		c := s.of(named[0])
		typ, nullable := Bare(c.Typ)
		if !nullable && (isInteger(typ) || strings.HasPrefix(typ, "Float")) {
			return Call("toInt64", Call("round", c.sql()+" * 1000000")) + " * 1000"
		}
	}
	if named := t.Matched["end"]; named != nil {
		c := s.of(named[0])
		if end, ok := NewClock(c.sql(), c.Typ); ok && c.Typ == s.of(t.Matched["timestamp"][0]).Typ && (end.Kind == DateTime || end.Kind == DateTime64) {
			return fmt.Sprintf("(toInt64(%s) - toInt64(%s)) * %d", end.Ticks(), t.Time.Ticks(), t.Time.Tick())
		}
	}
	return ""
}

// Normal returns the letters and digits of a column's name in lower case.
func Normal(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }
