package schema

import (
	"slices"
	"strings"

	"beacon/internal/flowlog"
)

// HostName is the column of names in tables that a load creates; in those that earlier
// versions created it is earlierHostName.
const HostName, earlierHostName = "hostname", "name"

// HostAddress is the column of the addresses that names which are destinations were met at, in
// tables that a load creates: the address :: where there is none. Tables that earlier versions
// created lack it.
const HostAddress = "hostname_ip"

// Current returns the name that a new table has for a column of a table that any version created.
func Current(name string) string {
	if name == earlierHostName {
		return HostName
	}
	return name
}

// earlier holds the other columns of a table that an earlier version created.
var earlier = []string{"timestamp", "src_ip", "dst_ip", "src_port", "dst_port", "protocol", "bytes", "src_bytes", "duration"}

// Match finds what the columns of a table hold, as flowlog.MatchNames does. It also knows
// HostAddress in tables that a load created, and the names in those that an earlier version did.
func Match(columns []string, mapping map[string]string) (map[string][]int, error) {
	found, err := flowlog.MatchNames(columns, mapping)
	lacks := func(name string) bool { return !slices.Contains(columns, name) }
	if err != nil || slices.ContainsFunc(earlier, lacks) {
		return found, err
	}
	if i := slices.Index(columns, earlierHostName); i >= 0 && found["name"] == nil {
		found["name"] = []int{i}
	}
	if i := slices.Index(columns, HostAddress); i >= 0 {
		found[HostAddress] = []int{i}
	}
	return found, nil
}

// MapValue returns the type of a map's values.
func MapValue(args string) string {
	if types := splitTypes(args); len(types) == 2 {
		return types[1]
	}
	return ""
}

// Elements returns the named elements of a tuple, those of tuples within it too.
func Elements(c Column, args string) (list []Column) {
	for _, part := range splitTypes(args) {
		name, typ, ok := strings.Cut(part, " ")
		if !ok || strings.Contains(name, "(") {
			continue
		}
		name = strings.Trim(name, "`")
		in := Column{Name: c.Name + "." + name, Typ: typ, Kind: c.Kind, Expression: Call("tupleElement", c.sql(), Text(name))}
		if inner, ok := strings.CutPrefix(typ, "Tuple("); ok {
			list = append(list, Elements(in, strings.TrimSuffix(inner, ")"))...)
			continue
		}
		list = append(list, in)
	}
	return list
}

// splitTypes splits at the commas that stand in no bracket.
func splitTypes(args string) (parts []string) {
	depth, from := 0, 0
	for i, c := range args {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, strings.TrimSpace(args[from:i]))
				from = i + 1
			}
		}
	}
	return append(parts, strings.TrimSpace(args[from:]))
}

// sql returns the expression of a column.
func (c *Column) sql() string {
	if c.Expression != "" {
		return c.Expression
	}
	return Ident(c.Name)
}

// siblings are the parts of columns' names in which those of IPv4 and IPv6 addresses differ.
var siblings = strings.NewReplacer("ipv4", "ipv6", "src4", "src6", "dst4", "dst6", "v4", "v6")

// versionColumns tell IPv4 flows (4, or the EtherType) from IPv6 flows.
var versionColumns = []string{"ipprotocolversion", "ipversion", "ipver", "etype"}

// sibling returns the column of IPv6 addresses beside one of IPv4 addresses, or nil.
func (s *schemaOf) sibling(name string) *Column {
	other := siblings.Replace(Normal(name))
	if other == Normal(name) {
		return nil
	}
	i := slices.IndexFunc(s.columns, func(c Column) bool { return Normal(c.Name) == other })
	if i < 0 {
		return nil
	}
	return &s.columns[i]
}

// eitherFamily returns the address in 16 bytes of a flow whose IPv4 and IPv6 addresses stand
// in two columns, "" where the columns are of other types.
func (s *schemaOf) eitherFamily(four, six *Column) string {
	x := four.sql()
	isFour := ""
	switch typ, nullable := Bare(four.Typ); typ {
	case "UInt32", "IPv4":
		if nullable {
			x = Call("ifNull", x, "0")
		}
		x = Call("toUInt32", x)
		isFour = x + " != 0"
		x = Call("IPv4ToIPv6", x)
	case "FixedString(4)":
		isFour = x + " != " + Call("toFixedString", Text(""), "4")
		x = Call("IPv4ToIPv6", Call("reinterpretAsUInt32", Call("reverse", x)))
	case "String":
		x = Call("toString", Call("ifNull", x, Text("")))
		isFour = x + " != ''"
		x = Call("IPv6StringToNum", Call("if", isFour, Call("concat", Text("::ffff:"), x), Text("::")))
	default:
		return ""
	}
	for _, c := range s.columns {
		if slices.Contains(versionColumns, Normal(c.Name)) && isInteger(c.Typ) {
			isFour = c.sql() + " IN (4, " + integer(etherIPv4) + ")"
			break
		}
	}
	y := six.sql()
	switch typ, _ := Bare(six.Typ); typ {
	case "FixedString(16)":
	case "IPv6":
		y = Call("IPv6StringToNum", Call("toString", y))
	case "String":
		y = Call("toString", Call("ifNull", y, Text("")))
		y = Call("IPv6StringToNum", Call("if", y+" = ''", Text("::"), y))
	default:
		return ""
	}
	return Call("if", isFour, x, y)
}
