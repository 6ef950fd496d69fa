package named

import (
	"fmt"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/flow"
	"beacon/internal/netset"
)

// What the statements call the names of a flow.
const (
	allName = "beacon_names"  // all that follow
	Asked   = "beacon_asked"  // the name that is its destination, "" of an address
	Own     = "beacon_own"    // likewise, or what it asks a proxy for
	Alias   = "beacon_alias"  // the name beside an address, "" where there is none
	Called  = "beacon_called" // own name or alias, if it is judged
	Domain  = "beacon_domain" // the registered domain that a DNS query asks for
	Hosts   = "beacon_hosts"  // the keys of all that it counts for
)

// Flows says which names the flows of a table have, and how they are read.
type Flows struct {
	*schema.Table // as the table's columns are
	query         *beacon.Query
	Odd           Odd      // filled by who asks the server for them
	Suffixes      Suffixes // likewise
}

// NewFlows returns how the names of a table are read, nil where it can have none that the
// query asks for.
func NewFlows(t *schema.Table, q *beacon.Query) *Flows {
	n := &Flows{Table: t, query: q, Odd: Odd{}, Suffixes: Suffixes{}}
	if n.There() == "" {
		return nil
	}
	return n
}

// read tells whether the names beside addresses are read: to be judged or shown.
func (n *Flows) read() bool { return n.Judged() || n.query.Want.Has(flow.Name) }

// Judged tells whether the query judges the names beside addresses.
func (n *Flows) Judged() bool {
	return n.query.By != beacon.ByAddress || !n.query.Proxies.Empty() || len(n.query.Exclude.Domains()) > 0
}

// There returns the condition of a flow with a name that matters, "" where there is none.
func (n *Flows) There() string {
	asked, called := "", ""
	if n.Query != "" {
		asked = Some(n.Query)
	}
	if n.Name != "" {
		called = Some(n.Name)
		if nowhere := n.Dst.Unspecified(); !n.read() && nowhere == "" {
			called = ""
		} else if !n.read() {
			called = schema.All(called, nowhere)
		}
	}
	return schema.AnyOf(asked, called)
}

// Read returns the table as its names have it: a query goes to port 53 of what it asks for.
func (n *Flows) Read() *schema.Table {
	t := *n.Table
	if t.Query == "" {
		return &t
	}
	t.Src, t.Dst = t.Ends16()
	dst := t.Dst.Key
	t.Dst.Key = Let([]string{"beacon_v", "beacon_else"}, []string{n.Odd.Address(t.Query), dst},
		schema.Call("if", "beacon_v = ''", "beacon_else", schema.Call("IPv6StringToNum", schema.Call("if", "beacon_v = ''", "'::'", "beacon_v"))))
	if t.Dst.Bad != "" {
		t.Dst.Bad = schema.All(t.Dst.Bad, schema.Not("("+n.asks()+")"))
	}
	port := "0"
	if t.Port != "" {
		port = t.Port
	}
	t.Port = schema.Call("if", n.asks(), fmt.Sprint(beacon.DNSPort), port)
	return &t
}

// asks returns the condition of a flow that asks a resolver for a name or an address.
func (n *Flows) asks() string {
	return schema.AnyOf(n.Odd.Name(n.Query)+" != ''", n.Odd.Address(n.Query)+" != ''")
}

// With returns the expressions of the names of a flow to dst, for a WITH clause.
func (n *Flows) With(dst schema.Address, internal *netset.Set) []string {
	const query, addressed, name, nowhere, proxy = "beacon_q", "beacon_a", "beacon_n", "beacon_u", "beacon_p"
	const beside, asked, own, alias = "beacon_b", "beacon_k", "beacon_o", "beacon_l"
	texts := []string{"''", schema.Never, "''", schema.IsTrue(dst.Unspecified(), schema.Never), schema.IsTrue(dst.In(dst.Name, n.query.Proxies), schema.Never)}
	if n.Query != "" {
		texts[0], texts[1] = n.Odd.Name(n.Query), n.Odd.Address(n.Query)+" != ''"
	}
	if n.Name != "" {
		texts[2] = n.Odd.Name(n.Name)
	}
	let := func(variable, value, body string) string {
		return Let([]string{variable}, []string{value}, body)
	}
	shown := schema.Never
	if n.read() {
		shown = own + " = ''"
	}
	called := schema.Call("multiIf", own+" != ''", own, Internal(alias, internal), "''", alias)
	all := Let([]string{query, addressed, name, nowhere, proxy}, texts,
		let(beside, schema.Call("if", query+" != '' OR "+addressed, "''", name),
			let(asked, schema.Call("multiIf", query+" != ''", query, nowhere, beside, "''"),
				let(own, schema.Call("multiIf", asked+" != ''", asked, proxy, beside, "''"),
					let(alias, schema.Call("if", shown, beside, "''"), "["+strings.Join([]string{asked, own, alias, called}, ", ")+"]")))))
	var list []string
	for i, alias := range []string{Asked, Own, Alias, Called} {
		list = append(list, schema.As(schema.Call("arrayElement", allName, fmt.Sprint(i+1)), alias))
	}
	return append([]string{schema.As(all, allName)}, list...)
}

// Internal returns the condition that a name is internal.
func Internal(name string, internal *netset.Set) string {
	return schema.AnyOf(In(name, internal), Local(name))
}

// Either returns the condition on a flow's destination: on its address, or on its name.
func (n *Flows) Either(address, name string) string {
	if n == nil || address == "" && name == "" {
		return address
	}
	return schema.Call("if", Own+" = ''", schema.IsTrue(address, schema.Never), schema.IsTrue(name, schema.Never))
}

// Meets returns the condition that a flow to a name tells the address that the name was met at,
// "" where none does or names are neither judged nor shown.
func (n *Flows) Meets() string {
	if n == nil || n.Met == "" || !n.read() {
		return ""
	}
	return schema.All(Asked+" != ''", schema.IsSpecified(n.Met))
}

// Left returns the condition that the name beside an address is left out, or the address that a
// name was met at, "" where none is.
func (n *Flows) Left() string {
	if n == nil {
		return ""
	}
	met, out := n.Meets(), ""
	if met != "" {
		out = n.Dst.In16(n.Met, n.query.Exclude)
	}
	if out != "" {
		out = schema.All(met, out)
	}
	return schema.AnyOf(In(Alias, n.query.Exclude), out)
}
