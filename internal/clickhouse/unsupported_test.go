package clickhouse

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/netset"
)

// TestUnsupported asks what only files can answer. The engine has no connection: a query
// that isn't refused at once would need one.
func TestUnsupported(t *testing.T) {
	internal := func(list ...string) *netset.Set {
		set, err := netset.ParseInternal(list)
		require.NoError(t, err)
		return set
	}
	for name, c := range map[string]struct {
		change     func(*beacon.Query)
		want, hint string
	}{
		"order of the log": {func(q *beacon.Query) { q.Order = beacon.ByLog }, "a table keeps no order of a log", "--order time"},
		"by name":          {func(q *beacon.Query) { q.By = beacon.ByName }, "by name or domain", "--by address"},
		"by domain":        {func(q *beacon.Query) { q.By = beacon.ByDomain }, "by name or domain", "--by address"},
		"by both":          {func(q *beacon.Query) { q.By = beacon.ByAddress | beacon.ByName }, "by name or domain", "--by address"},
		"proxy":            {func(q *beacon.Query) { q.Proxies = networks(t, "10.0.0.8") }, "what clients ask of a proxy", "--proxy"},
		"proxy by name":    {func(q *beacon.Query) { q.Proxies = networks(t, "proxy.corp.example") }, "what clients ask of a proxy", "--proxy"},
		"one name": {func(q *beacon.Query) {
			q.Only = []netset.Host{netset.MustHost("1.1.1.1"), {Name: "c2.example.com"}}
		}, "the name c2.example.com", "an address"},
		"a domain":           {func(q *beacon.Query) { q.Only = []netset.Host{{Name: "*.example.com"}} }, "the name *.example.com", "an address"},
		"excluded domain":    {func(q *beacon.Query) { q.Exclude = networks(t, "8.8.8.8", ".example.com") }, "--exclude: a table takes no names: .example.com", "networks"},
		"domain kept":        {func(q *beacon.Query) { q.Exclude = networks(t, "8.0.0.0/8", "!dns.example.com") }, "--exclude: a table takes no names: dns.example.com", "networks"},
		"internal domain":    {func(q *beacon.Query) { q.Internal = internal("corp.example") }, "--internal: a table takes no names: corp.example", "networks"},
		"no internal domain": {func(q *beacon.Query) { q.Internal = internal("10.0.0.0/8", "!www.corp.example") }, "--internal: a table takes no names: www.corp.example", "networks"},
	} {
		t.Run(name, func(t *testing.T) {
			q := everyMinute()
			c.change(&q)
			_, err := new(Engine).Find(t.Context(), q)
			require.ErrorContains(t, err, c.want)
			require.Contains(t, hintOf(err), c.hint)
			_, sqlErr := new(Engine).SQL(t.Context(), q)
			require.Equal(t, err, sqlErr)
		})
	}
	q := everyMinute()
	q.Internal, q.Exclude = internal("10.0.0.0/8", "!10.0.0.8"), networks(t, "8.8.8.8", "!8.8.8.9")
	q.By, q.Only, q.Proxies = beacon.ByAddress, []netset.Host{netset.MustHost("1.1.1.1")}, new(netset.Set)
	q.Names = map[netip.Addr][]string{netip.MustParseAddr("1.1.1.1"): {"one.example"}}
	require.NoError(t, unsupported(&q))
}

func TestUnjudged(t *testing.T) {
	byAddress := func(q *beacon.Query) { q.By = beacon.ByAddress }
	for name, c := range map[string]struct {
		column string
		change func(*beacon.Query)
		warned bool
	}{
		"no names":         {"bytes UInt64", func(*beacon.Query) {}, false},
		"names":            {"sni String", func(*beacon.Query) {}, true},
		"DNS queries":      {"query Nullable(String)", func(*beacon.Query) {}, true},
		"names of others":  {"bytes UInt64", func(q *beacon.Query) { q.Names = map[netip.Addr][]string{{}: {"a.example"}} }, true},
		"names by address": {"sni String", byAddress, false},
	} {
		t.Run(name, func(t *testing.T) {
			table, err := schema.NewTable("t", described("ts DateTime\nsrc IPv4\ndst IPv4\n"+c.column), nil, schema.Version{Major: 25, Minor: 3})
			require.NoError(t, err)
			q := everyMinute()
			c.change(&q)
			require.Equal(t, c.warned, len((&question{Table: table, query: &q}).unjudged()) > 0)
		})
	}
}

// TestNoAddress takes tables whose destinations are names, of which there may be files.
func TestNoAddress(t *testing.T) {
	for _, column := range []string{"sni String", "query String", "host LowCardinality(String)"} {
		columns := "ts DateTime\nsrc IPv4\n" + column + "\ndport UInt16"
		_, err := schema.NewTable("t", described(columns), nil, schema.Version{Major: 25, Minor: 3})
		require.ErrorContains(t, err, "no column for dst_ip", column)
		require.Contains(t, hintOf(err), "--map dst_ip=COLUMN")
		_, err = schema.NewTable("t", described(strings.Replace(columns, "src IPv4", "src IPv4\npeer IPv4", 1)), map[string]string{"dst_ip": "peer"}, schema.Version{Major: 25, Minor: 3})
		require.NoError(t, err, column)
	}
}

// TestNamedTable asks a server about tables that hold names.
func TestNamedTable(t *testing.T) {
	p := twoShards(t)
	p[0].exec(t, "CREATE TABLE named (ts DateTime, src UInt32, dst UInt32, sni String) ENGINE = Memory",
		"INSERT INTO named SELECT toDateTime(1592697600 + number * 60), IPv4StringToNum('10.0.0.1'), IPv4StringToNum('8.8.8.8'), 'c2.example' FROM numbers(60)",
		"CREATE TABLE only_named (ts DateTime, src UInt32, sni String) ENGINE = Memory")
	q := everyMinute()
	found, err := p[0].engine(t, "named").Find(t.Context(), q)
	require.NoError(t, err)
	require.Len(t, found.List, 1)
	require.Len(t, found.Warnings, 1)
	require.Contains(t, found.Warnings[0].Text, "judged by address only")
	q.By = beacon.ByAddress
	found, err = p[0].engine(t, "named").Find(t.Context(), q)
	require.NoError(t, err)
	require.Len(t, found.List, 1)
	require.Empty(t, found.Warnings)
	_, err = p[0].engine(t, "only_named").Find(t.Context(), q)
	require.ErrorContains(t, err, "no column for dst_ip")
	q.By = beacon.ByName
	_, err = p[0].engine(t, "named").Find(t.Context(), q)
	require.ErrorContains(t, err, "by name or domain")
}
