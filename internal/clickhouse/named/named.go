// Package named says in SQL which names the texts of a table stand for, as
// netset.CleanName does of a log's.
package named

import (
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"beacon/internal/clickhouse/schema"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/called"
	"beacon/internal/netset"
)

// label is a regular expression of the labels of regular names: all printable ASCII
// characters in lower case but those that no name has, and brackets and colons, which
// mostly belong to addresses.
const label = "[!#$%&()*+0-9=?\\\\^_`a-z{|}~-]+"

// octet is a regular expression of a number of an IPv4 address (see netip.ParseAddr).
const octet = `(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])`

// The texts that are names, that are IPv4 addresses, and that can't be a name.
const (
	regular = "^" + label + "([.]" + label + ")*$"
	quad    = "^" + octet + "([.]" + octet + "){3}$"
	never   = `[\x00-\x20\x7f/@"'<>,;]`
)

// Odd holds the hosts of the texts that a server can't read: internationalised names
// in letters, IPv6 addresses, names in brackets.
type Odd map[string]netset.Host

// MaxOdd is the most odd texts: with 120 bytes each they and their hosts take two thirds of
// a statement of max_query_size, 256 KiB.
const MaxOdd = 700

// Add adds a text that meets Oddly, unless it stands for no host. It returns false where
// there are too many.
func (o Odd) Add(text string) bool {
	if host, ok := called.Named([]byte(text)); ok {
		o[text] = host
	}
	return len(o) <= MaxOdd
}

// Let returns the expression of a body in which each variable stands for a value, which is
// written once.
//
// Note: with an alias for each value, which the server replaces by its expression wherever it
// stands, 18.16.1 refused statements of more than 500,000 parts.
func Let(variables, values []string, body string) string {
	args := []string{"(" + strings.Join(variables, ", ") + ") -> " + body}
	for _, v := range values {
		args = append(args, "["+v+"]")
	}
	return schema.Call("arrayElement", schema.Call("arrayMap", args...), "1")
}

// missing returns the condition that a text stands for no value.
func missing(text string) string {
	var list []string
	for _, t := range flowlog.NullTexts {
		list = append(list, schema.Text(t))
	}
	return text + " IN " + schema.Call("", list...)
}

// bareName is what the statements call a text as bare returns it.
const bareName = "beacon_bare"

// bare returns a text in lower case, without a port and the final dot.
func bare(text string) string {
	colon := schema.Call("position", text, "':'")
	one := fmt.Sprintf("%s > 1 AND %s = 0", colon, schema.Call("position", schema.Call("substring", text, colon+" + 1"), "':'"))
	portless := schema.Call("if", one, schema.Call("substring", text, "1", schema.Call("greatest", colon, "1")+" - 1"), text)
	return schema.Call("lower", schema.Call("replaceRegexpOne", portless, schema.Text(`[.]$`), schema.Text("")))
}

func matches(text, expression string) string {
	return schema.Call("match", text, schema.Text(expression))
}

// isName returns the condition that a bare text is a name as it stands.
func isName(text string) string {
	return schema.All(fmt.Sprintf("%s <= %d", schema.Call("length", text), netset.MaxName), matches(text, regular), schema.Not(matches(text, quad)),
		fmt.Sprintf("%s != '*.'", schema.Call("substring", text, "1", "2")))
}

// Some returns the condition that a text says anything.
func Some(text string) string { return schema.Not(missing(text)) }

// Oddly returns the condition that only the client can tell which host a text stands for, if
// any.
func Oddly(text string) string {
	return schema.All(Some(text), Let([]string{bareName}, []string{bare(text)},
		schema.All(schema.Not(isName(bareName)), schema.Not(matches(bareName, quad)), schema.Not(matches(bareName, never)))))
}

// Name returns the name that a text stands for, "" where it is none.
func (o Odd) Name(text string) string {
	return Let([]string{bareName}, []string{bare(text)}, schema.Call("multiIf", missing(text), schema.Text(""), isName(bareName), bareName, o.transform(text, func(h netset.Host) string { return h.Name })))
}

// Address returns the text of the IPv6 address, or of the IPv4 address as ::ffff:a.b.c.d, that
// a text stands for, "" where it is none.
func (o Odd) Address(text string) string {
	return Let([]string{bareName}, []string{bare(text)}, schema.Call("if", matches(bareName, quad), schema.Call("concat", schema.Text("::ffff:"), bareName), o.transform(text, func(h netset.Host) string {
		if !h.Addr.IsValid() {
			return ""
		}
		return netip.AddrFrom16(h.Addr.As16()).String()
	})))
}

// transform returns the expression of what odd texts stand for, "" of other texts.
func (o Odd) transform(text string, value func(netset.Host) string) string {
	var from, to []string
	for _, t := range slices.Sorted(maps.Keys(o)) {
		if v := value(o[t]); v != "" {
			from, to = append(from, schema.Text(t)), append(to, schema.Text(v))
		}
	}
	if from == nil {
		return schema.Text("")
	}
	return schema.Call("transform", schema.Call("toString", text), "["+strings.Join(from, ", ")+"]", "["+strings.Join(to, ", ")+"]", schema.Text(""))
}

// Suffixes holds the public suffixes of several labels that names end with, by the number of
// their labels. A suffix of one label ends any name that none of these ends.
//
// Note: a suffix that ends one name ends every name that is longer (the rules of the list
// are looked for from the right), so those that some name has are enough.
type Suffixes map[string]int

// MaxSuffixes is the most suffixes: with 30 bytes each they take half of a statement of
// max_query_size, 256 KiB. The list has some 10,000 in all, and rules such as *.ck by which
// there are any number.
const MaxSuffixes = 4000

// Add adds the public suffix of a name. It returns false where there are too many.
func (s Suffixes) Add(name string) bool {
	suffix, _ := publicsuffix.PublicSuffix(name)
	if n := strings.Count(suffix, ".") + 1; n > 1 {
		s[suffix] = n
	}
	return len(s) <= MaxSuffixes
}

// Domain returns the registered domain of a name as the name of all its names
// (*.example.com), "" where there is none.
func (s Suffixes) Domain(name string) string {
	const labels = "beacon_labels"
	last := func(n int) string {
		return schema.Call("arrayStringConcat", schema.Call("arraySlice", labels, fmt.Sprint(-n)), "'.'")
	}
	var cases []string
	of := func(n int) string { // the domain below a suffix of so many labels
		return schema.Call("if", fmt.Sprintf("%s > %d", schema.Call("length", labels), n), schema.Call("concat", schema.Text("*."), last(n+1)), schema.Text(""))
	}
	byLength := map[int][]string{}
	for _, suffix := range slices.Sorted(maps.Keys(s)) {
		byLength[s[suffix]] = append(byLength[s[suffix]], schema.Text(suffix))
	}
	for _, n := range slices.Backward(slices.Sorted(maps.Keys(byLength))) {
		cases = append(cases, last(n)+" IN "+schema.Call("", byLength[n]...), of(n))
	}
	domain := of(1)
	if cases != nil {
		domain = schema.Call("multiIf", append(cases, of(1))...)
	}
	return Let([]string{labels}, []string{schema.Call("splitByChar", "'.'", name)}, domain)
}

// In returns the condition that a name lies in a set, "" where none does.
func In(name string, set *netset.Set) string {
	var whole, below []string
	for _, pattern := range set.Domains() {
		domain, under := strings.CutPrefix(pattern, "*.")
		if h, ok := netset.CleanName([]byte(strings.TrimPrefix(domain, "."))); ok {
			if below = append(below, h.Name); !under {
				whole = append(whole, h.Name)
			}
		}
	}
	if below == nil {
		return ""
	}
	in := matches(name, "[.]("+alternatives(below)+")$")
	if whole != nil {
		in = schema.AnyOf(matches(name, "^("+alternatives(whole)+")$"), in)
	}
	if out := In(name, set.Except()); out != "" {
		return schema.All(in, schema.Not(out))
	}
	return in
}

// Local returns the condition that a name can't lead outside, see netset.Host.IsLocal.
func Local(name string) string {
	return schema.AnyOf(schema.Call("position", name, "'.'")+" = 0", matches(name, "(^|[.])("+alternatives(netset.LocalDomains())+")$"))
}

// alternatives returns the regular expression of one of these texts.
func alternatives(texts []string) string {
	list := make([]string, len(texts))
	for i, t := range texts {
		list[i] = regexp.QuoteMeta(t)
	}
	return strings.Join(list, "|")
}
