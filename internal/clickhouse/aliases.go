package clickhouse

import (
	"context"
	"fmt"
	"slices"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/named"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/netset"
)

// What the evidence says of the names and addresses among its destinations.

// addressesCalled returns the addresses that outbound flows called by a name.
func (x *question) addressesCalled() *schema.Statement {
	s := x.meetings()
	s.Columns = []string{schema.As(x.metAt(), addressName)}
	s.Group = []string{addressName}
	s.Where = schema.All(s.Where, schema.Not(x.answers()))
	return s
}

// meetings returns the outbound flows that tell both a name, named.Called, and its address,
// see metAt.
func (x *question) meetings() *schema.Statement {
	s := x.statement()
	s.Where = schema.All(s.Where, x.outbound(), schema.AnyOf(named.Own+" = '' AND "+named.Called+" != ''", x.names.Meets()))
	return s
}

// metAt returns the key of the address of a flow of meetings.
func (x *question) metAt() string {
	if x.names.Meets() == "" {
		return x.Dst.Host()
	}
	return schema.Call("if", named.Own+" = ''", x.Dst.Host(), schema.AddressKey(x.Met))
}

// answers returns the condition that a flow of meetings tells the answer to a DNS query, ""
// where none does.
func (x *question) answers() string {
	if x.names.Meets() == "" || x.Port == "" {
		return ""
	}
	return schema.All(named.Own+" != ''", fmt.Sprintf("(%s) = %d", x.Port, beacon.DNSPort))
}

// addressesOf returns the names and addresses that were met together and meet a condition, and
// whether a flow called the address by the name.
func (x *question) addressesOf(condition string) *schema.Statement {
	s := x.meetings()
	called := schema.Call("toUInt8", schema.IsTrue(schema.Not(x.answers()), schema.Always))
	s.Columns = []string{named.Called, schema.As(x.metAt(), addressName), schema.Call("max", called)}
	s.Group = []string{named.Called, addressName}
	s.Where = schema.All(s.Where, condition)
	return s
}

// labels counts the names that were asked for below the registered domains that meet a
// condition.
func (x *question) labels(condition string) *schema.Statement {
	s := x.askedNames()
	s.Columns = []string{x.domain(), schema.Call("toInt64", schema.Call("uniqExact", named.Called))}
	s.Group, s.Settings = []string{named.Domain}, x.settings
	s.Where = schema.All(s.Where, condition)
	return s
}

// oneOf returns the condition that a key is that of one of these hosts. drop lets go of the
// table that it needs.
func (f *gathering) oneOf(key string, hosts []netset.Host) (condition string, drop func()) {
	end := f.Dst.AsHosts(key)
	if len(hosts) <= askedAtOnce {
		return end.OneOf(key, hosts), func() {}
	}
	table, drop := f.Sets.TableOfHosts(end.Encoding, hosts)
	return key + " IN " + table, drop
}

// findApart finds the hosts that are part of no rotation, for their calls count for another
// host too: addresses that are called by name, and registered domains. It sets x.apart. drop
// lets go of what that needs.
func (f *gathering) findApart(ctx context.Context) (drop func(), err error) {
	x := f.question
	if x.base == nil {
		return func() {}, nil
	}
	var hosts []netset.Host
	cell := schema.Cell{Encoding: x.Dst.Encoding}
	err = f.Rows(ctx, "listing addresses that are called by name", x.base.addressesCalled(), []any{cell.Dest()}, func() error {
		hosts = append(hosts, cell.Host())
		return nil
	})
	called, drop := f.oneOf(x.Dst.Name, hosts)
	x.apart = schema.AnyOf(schema.IsDomain(x.Dst.Name), called)
	f.called = map[netset.Host]bool{}
	for _, h := range hosts {
		f.called[h] = true
	}
	return drop, err
}

// isApart tells whether a host is part of no rotation, see findApart.
func (f *gathering) isApart(h netset.Host) bool { return h.IsDomain() || f.called[h] }

// describeNames sets what the evidence says of the names and domains among its destinations.
func (f *gathering) describeNames(ctx context.Context) error {
	x := f.question.flows()
	if x.names == nil {
		return nil
	}
	wanted, err := f.found.Hosts()
	if err != nil {
		return err
	}
	var names, domains, addresses []netset.Host
	for h := range wanted {
		switch {
		case h.IsDomain():
			domains = append(domains, h)
		case h.IsName():
			names = append(names, h)
		case x.answers() != "":
			addresses = append(addresses, h)
		}
	}
	f.found.Addresses, f.found.Labels, f.found.Answers = map[netset.Host][]netset.Host{}, map[netset.Host]int{}, map[netset.Host][]string{}
	if len(names)+len(addresses) > 0 {
		ofNames, drop := f.oneOf(schema.NameKey(named.Called), names)
		defer drop()
		ofAddresses, drop := f.oneOf(x.metAt(), addresses)
		defer drop()
		var name string
		at := schema.Cell{Encoding: x.Dst.AsHosts("").Encoding}
		var called uint8
		err := f.Rows(ctx, "listing the addresses of names", x.addressesOf(schema.AnyOf(ofNames, ofAddresses)), []any{&name, at.Dest(), &called}, func() error {
			h, addr := netset.Host{Name: name}, at.Host()
			if wanted[h] {
				f.found.Addresses[h] = append(f.found.Addresses[h], addr)
			}
			if called == 0 && wanted[addr] {
				f.found.Answers[addr] = append(f.found.Answers[addr], name)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, list := range f.found.Addresses {
			slices.SortFunc(list, netset.Host.Compare)
		}
		for _, list := range f.found.Answers {
			slices.Sort(list)
		}
	}
	if len(domains) == 0 || x.Port == "" || !x.query.By.Has(beacon.ByDomain) {
		return nil
	}
	condition, drop := f.oneOf(schema.NameKey(named.Domain), domains)
	defer drop()
	var name string
	var n int64
	return f.Rows(ctx, "counting the names of domains", x.labels(condition), []any{&name, &n}, func() error {
		f.found.Labels[netset.Host{Name: name}] = int(n)
		return nil
	})
}
