package schema

import (
	"encoding/binary"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/ext"
	driver "github.com/ClickHouse/clickhouse-go/v2/lib/column"

	"beacon/internal/netset"
)

// maxRanges is how many ranges of addresses a statement compares an address with.
// More networks go to the server as tables beside the statement, one for each length
// of their prefixes, in which it looks up the address's leading bits: the text and the
// work stay the same for any number of networks.
const maxRanges = 16 // the default internal networks are fewer, and their ranges serve the primary key

// Lookups are the sets of networks that go to the server as tables.
type Lookups struct {
	tables  []*ext.Table
	names   map[string]string // of tables, by what they hold
	Version Version
	made    int      // tables of rows so far
	written []string // lists that stand in a statement itself: what WITH says of each
}

// maxWritten is how many networks of one length stand in a statement itself, where the
// server takes a list by its name: 40 bytes each stay far below max_query_size, 256 KiB.
const maxWritten = 1000

// definitionsIn returns the lists that a text names.
func (l *Lookups) definitionsIn(text string) (with []string) {
	if l == nil {
		return nil
	}
	for _, w := range l.written {
		if strings.Contains(text, w[strings.LastIndexByte(w, ' ')+1:]) {
			with = append(with, w)
		}
	}
	return with
}

// NamedIn returns the tables that a statement names.
func (l *Lookups) NamedIn(sql string) (named []*ext.Table) {
	for _, t := range l.tables {
		if strings.Contains(sql, t.Name()) {
			named = append(named, t)
		}
	}
	return named
}

// in returns the condition that the address x lies in one of the ranges.
func (l *Lookups) in(e Encoding, x string, ranges []addrRange) string {
	four, six := map[int][]netip.Addr{}, map[int][]netip.Addr{}
	for _, r := range ranges {
		for _, p := range PrefixesOf(r) {
			list := six
			if p.Addr().Is4In6() && p.Bits() >= mappedBits {
				list = four
			}
			list[p.Bits()] = append(list[p.Bits()], p.Addr())
		}
	}
	number, isFour := e.number(x)
	if number == "" {
		return l.anyLength(six, four, func(bits int, networks []netip.Addr) string { return l.lookup(e, x, bits, networks) })
	}
	inFour := l.anyLength(fewerLengths(four), nil, func(bits int, networks []netip.Addr) string { return l.lookupFour(number, bits, networks) })
	if inFour != "" {
		inFour = All(isFour, inFour)
	}
	if e == asNumber || e == asIPv4 {
		return inFour
	}
	return AnyOf(inFour, l.anyLength(six, nil, func(bits int, networks []netip.Addr) string { return l.lookup(e, x, bits, networks) }))
}

// mappedBits is the length of the prefix of IPv4 addresses among those of 16 bytes.
const mappedBits = 96

// number returns an IPv4 address as a number of 32 bits, and the condition that an address is
// IPv4, "" if it always is. number is "" if it is costly to compute for the encoding.
//
// Note: with pairs of 64 bits for IPv4 addresses as well, an every-minute query with 10,000
// networks took 4.6 times the CPU.
func (e Encoding) number(x string) (number, isFour string) {
	switch e {
	case asNumber, asIPv4:
		return Call("toUInt32", x), ""
	case asBytes:
		return Call("reinterpretAsUInt32", Call("reverse", Call("substring", x, "13", "4"))), Call("substring", x, "1", "12") + " = " + Call("unhex", Text(mappedPrefix))
	}
	return "", ""
}

// mostSplit is the largest number of networks that those of one length are split into, to save a
// look-up for every flow. A set of as many numbers stays in a processor's cache.
const mostSplit = 1024

// fewerLengths splits IPv4 networks into those of the next longer length, if there are few.
func fewerLengths(lengths map[int][]netip.Addr) map[int][]netip.Addr {
	all := maps.Clone(lengths)
	sorted := slices.Sorted(maps.Keys(all))
	for i, bits := range sorted[:max(0, len(sorted)-1)] {
		longer := sorted[i+1]
		parts := 1 << (longer - bits)
		if len(all[bits])*parts > mostSplit {
			continue
		}
		split := slices.Clone(all[longer])
		for _, a := range all[bits] {
			for range parts {
				split = append(split, a)
				a = lastOf(netip.PrefixFrom(a, longer)).Next()
			}
		}
		all[longer] = split
		delete(all, bits)
	}
	return all
}

// anyLength returns the condition that condition holds for the networks of any length.
func (l *Lookups) anyLength(lengths, more map[int][]netip.Addr, condition func(bits int, networks []netip.Addr) string) string {
	all := maps.Clone(lengths)
	for bits, networks := range more {
		all[bits] = append(slices.Clone(all[bits]), networks...)
	}
	var conditions []string
	for _, bits := range slices.Sorted(maps.Keys(all)) {
		conditions = append(conditions, condition(bits, all[bits]))
	}
	return AnyOf(conditions...)
}

// lookupFour returns the condition that an IPv4 address, as a number, lies in one of the networks
// of a prefix length of bits of 128.
func (l *Lookups) lookupFour(number string, bits int, networks []netip.Addr) string {
	return Call("bitAnd", number, integer(^uint32(0)<<(128-bits))) + " IN " + l.table([]string{"UInt32"}, networks, func(a netip.Addr) []any {
		b := a.As16()
		return []any{binary.BigEndian.Uint32(b[12:])}
	})
}

// lookup returns the condition that x lies in one of the networks of a prefix length of bits.
func (l *Lookups) lookup(e Encoding, x string, bits int, networks []netip.Addr) string {
	if e == asIPv6 {
		x = Call("tupleElement", Call("IPv6CIDRToRange", x, integer(bits)), "1")
		return x + " IN " + l.table([]string{"IPv6"}, networks, func(a netip.Addr) []any { return []any{a} })
	}
	half := func(from string) string {
		return Call("reinterpretAsUInt64", Call("reverse", Call("substring", x, from, "8")))
	}
	masked := func(half string, bits int) string {
		return Call("bitAnd", half, Call("toUInt64", integer(^uint64(0)<<(64-bits))))
	}
	if bits <= 64 {
		x = Call("tuple", masked(half("1"), bits), Call("toUInt64", "0"))
	} else {
		x = Call("tuple", half("1"), masked(half("9"), bits-64))
	}
	return x + " IN " + l.table([]string{"UInt64", "UInt64"}, networks, func(a netip.Addr) []any {
		b := a.As16()
		return []any{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
	})
}

// table makes a table of networks and returns its name.
func (l *Lookups) table(types []string, networks []netip.Addr, row func(netip.Addr) []any) string {
	content := fmt.Sprint(types, networks)
	if name, ok := l.names[content]; ok {
		return name
	}
	if l.names == nil {
		l.names = map[string]string{}
	}
	name := fmt.Sprintf("beacon_networks_%03d", len(l.names)+1)
	l.names[content] = name
	if l.Version.AtLeast(22, 3) && len(networks) <= maxWritten {
		var list []string
		for _, a := range networks {
			var parts []string
			for _, part := range row(a) {
				if ip, ok := part.(netip.Addr); ok {
					part, _ = asIPv6.Literal(netset.HostOf(ip))
				}
				parts = append(parts, fmt.Sprint(part))
			}
			list = append(list, Call("", parts...))
		}
		l.written = append(l.written, As(Call("tuple", list...), name))
		return name
	}
	var columns []func(*ext.Table) error
	for i, typ := range types {
		columns = append(columns, ext.Column(fmt.Sprint("part", i+1), driver.Type(typ)))
	}
	t, err := ext.NewTable(name, columns...)
	for _, a := range networks {
		if err == nil {
			err = t.Append(row(a)...)
		}
	}
	if err != nil {
		panic(fmt.Sprintf("a table of %v can't hold networks: %v", types, err)) // the types are ours
	}
	l.tables = append(l.tables, t)
	return name
}

// PrefixesOf returns the fewest networks that make a range, in the form of 16 bytes.
func PrefixesOf(r addrRange) (list []netip.Prefix) {
	for at := r.First; ; {
		p := netip.PrefixFrom(at, at.BitLen())
		for p.Bits() > 0 {
			wider := netip.PrefixFrom(at, p.Bits()-1)
			if wider.Masked().Addr() != at || r.Last.Less(lastOf(wider)) {
				break
			}
			p = wider
		}
		list = append(list, p)
		if last := lastOf(p); last.Less(r.Last) {
			at = last.Next()
			continue
		}
		return list
	}
}

// lastOf returns the last address of a network of 16 bytes.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().As16()
	for i := p.Bits(); i < 128; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	return netip.AddrFrom16(b)
}

// In returns the condition that the address x lies in a set, "" where it never does.
func (a Address) In(x string, set *netset.Set) string {
	in := a.inPrefixes(x, set)
	if out := a.inPrefixes(x, set.Except()); in != "" && out != "" {
		return All(in, Not(out))
	}
	return in
}

func (a Address) inPrefixes(x string, set *netset.Set) string {
	ranges := RangesOf(set)
	if len(ranges) > maxRanges && a.Sets != nil {
		return a.Sets.in(a.Encoding, x, ranges)
	}
	return a.between(x, ranges)
}

// TableOfEnds makes a table of sources and destinations and returns its name. drop lets go
// of it.
func (l *Lookups) TableOfEnds(src, dst Encoding, ends [][2]netset.Host) (name string, drop func()) {
	return l.tableOf(len(ends), []driver.Type{src.typ(), dst.typ()}, func(i int) []any {
		return []any{src.value(ends[i][0]), dst.value(ends[i][1])}
	})
}

// TableOfPorts makes a table of hosts with a port and returns its name. drop lets go of it.
func (l *Lookups) TableOfPorts(e Encoding, n int, at func(i int) (netset.Host, uint16)) (name string, drop func()) {
	return l.tableOf(n, []driver.Type{e.typ(), "UInt16"}, func(i int) []any {
		host, port := at(i)
		return []any{e.value(host), port}
	})
}

// TableOfHosts makes a table of hosts and returns its name. drop lets go of it.
func (l *Lookups) TableOfHosts(e Encoding, hosts []netset.Host) (name string, drop func()) {
	return l.tableOf(len(hosts), []driver.Type{e.typ()}, func(i int) []any { return []any{e.value(hosts[i])} })
}

// tableOf makes a table of n rows of columns of these types.
func (l *Lookups) tableOf(n int, types []driver.Type, row func(i int) []any) (name string, drop func()) {
	l.made++
	name = fmt.Sprintf("beacon_rows_%06d", l.made)
	var columns []func(*ext.Table) error
	for i, typ := range types {
		columns = append(columns, ext.Column(fmt.Sprint("part", i+1), typ))
	}
	t, err := ext.NewTable(name, columns...)
	for i := range n {
		if err == nil {
			err = t.Append(row(i)...)
		}
	}
	if err != nil {
		panic(fmt.Sprintf("a table of %v can't hold its rows: %v", types, err)) // the types are ours
	}
	l.tables = append(l.tables, t)
	return name, func() {
		l.tables = slices.DeleteFunc(l.tables, func(o *ext.Table) bool { return o == t })
	}
}
