package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"strings"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/client"
	"beacon/internal/clickhouse/named"
	"beacon/internal/clickhouse/schema"
)

// A flow counts for its destination, for the name that it called it by and, if it is a DNS
// query, for the registered domain of that name. Where a table has names, the statements
// that group by destination see a row for each of them (see byHost).

// byHost returns the question about destinations of all kinds: a flow has a row for each
// host that it counts for.
func (x *question) byHost() *question {
	if x.names == nil {
		return x
	}
	t := *x.Table
	t.Dst = x.Dst.AsHosts(schema.Call("arrayJoin", named.Hosts))
	y := *x
	y.Table, y.base = &t, x
	return &y
}

// flows returns the question about the flows as they stand.
func (x *question) flows() *question {
	if x.base != nil {
		return x.base
	}
	return x
}

// hosts returns the expressions of the hosts that a flow counts for, for a WITH clause.
func (x *question) hosts() []string {
	by := x.query.By
	unless := func(condition, key string) string { return schema.Call("if", condition, "''", key) }
	var keys, with []string
	if by.Has(beacon.ByAddress) {
		keys = append(keys, unless(named.Own+" != ''", x.Dst.Host()))
	}
	if by.Has(beacon.ByName) {
		keys = append(keys, unless(named.Called+" = ''", schema.NameKey(named.Called)))
	}
	if by.Has(beacon.ByDomain) && x.Port != "" {
		keys, with = append(keys, unless(named.Domain+" = ''", schema.NameKey(named.Domain))), []string{x.domain()}
	}
	all := schema.Call("arrayFilter", "k -> k != ''", "["+strings.Join(keys, ", ")+"]")
	if keys == nil {
		all = "emptyArrayString()"
	}
	return append(with, schema.As(all, named.Hosts))
}

// domain gives the registered domain that a DNS query asks for its name.
func (x *question) domain() string {
	return schema.As(schema.Call("if", x.queries(), x.names.Suffixes.Domain(named.Called), "''"), named.Domain)
}

// queries returns the condition of a DNS query for a name.
func (x *question) queries() string {
	return schema.All(named.Called+" != ''", fmt.Sprintf("(%s) = %d", x.Port, beacon.DNSPort))
}

// errNames is a table with names that no statement can hold.
func errNames(most int, kind, hint string) error {
	return &client.Error{Err: fmt.Errorf("the table has more than %d %s", most, kind), Advice: hint}
}

// What to do where there are too many names.
const (
	noNames   = "judge addresses alone: --by address"
	noDomains = "judge addresses and names alone: --by address,name"
)

// readNames finds out whether the table has names, and what those are that the server can't
// read. x.names is nil where there are none.
func (e *Engine) readNames(ctx context.Context, x *question) error {
	n := named.NewFlows(x.Table, x.query)
	if n == nil {
		return nil
	}
	found := false
	src, dst := schema.Cell{Encoding: x.Src.Encoding}, schema.Cell{Encoding: x.Dst.Encoding}
	err := e.Rows(ctx, "looking for names", x.some(n.There()), []any{src.Dest(), dst.Dest()}, func() error { found = true; return nil })
	if err != nil || !found {
		return err
	}
	var text string
	for _, column := range []string{n.Name, n.Query} {
		if column == "" {
			continue
		}
		err := e.Rows(ctx, "reading names that aren't of ASCII letters", x.oddTexts(column), []any{&text}, func() error {
			if !n.Odd.Add(text) {
				return errNames(named.MaxOdd, "names that aren't of ASCII letters", noNames)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	x.names, x.Table = n, n.Read()
	return nil
}

// some returns a flow that meets a condition, if there is one.
func (x *question) some(condition string) *schema.Statement {
	s := x.statement()
	s.Columns, s.Where, s.Limit = []string{x.Src.Name, x.Dst.Name}, schema.All(s.Where, condition), 1
	return s
}

// oddTexts returns the texts of a column that only the client can read.
func (x *question) oddTexts(column string) *schema.Statement {
	s := x.statement()
	s.Columns = []string{schema.As(schema.Call("toString", column), "beacon_text")}
	s.Where, s.Group = schema.All(x.within(), named.Oddly(column)), []string{"beacon_text"}
	return s
}

// askedNames returns the names that were asked for in outbound DNS queries.
func (x *question) askedNames() *schema.Statement {
	s := x.statement()
	s.Columns, s.Group = []string{named.Called}, []string{named.Called}
	s.Where = schema.All(s.Where, x.outbound(), x.queries())
	s.Settings = with(s.Settings, x.most)
	return s
}

// readSuffixes reads the public suffixes of the names that were asked for, for their domains.
func (f *gathering) readSuffixes(ctx context.Context) error {
	x := f.question
	if x.names == nil || !x.query.By.Has(beacon.ByDomain) || x.Port == "" {
		return nil
	}
	var name string
	err := f.Rows(ctx, "reading the names of DNS queries", x.askedNames(), []any{&name}, func() error {
		if !x.names.Suffixes.Add(name) {
			return errNames(named.MaxSuffixes, "public suffixes of several labels", noDomains)
		}
		return nil
	})
	var exception *driver.Exception
	if errors.As(err, &exception) && exception.Code == client.CodeTooMany {
		return errNames(mostAddresses, "names that DNS queries ask for", noDomains)
	}
	return err
}

// eachHost makes the question one about destinations of all kinds, where there are names.
func (f *gathering) eachHost(ctx context.Context) error {
	if err := f.readSuffixes(ctx); err != nil {
		return err
	}
	f.question = f.question.byHost()
	return nil
}
