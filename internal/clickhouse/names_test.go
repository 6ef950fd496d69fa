package clickhouse

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/flowlog"
	"beacon/internal/inspect"
	"beacon/internal/netset"
	"beacon/internal/words"
)

// namedFlow is a flow of a log with names.
type namedFlow struct {
	time        time.Duration // since the beginning
	src, dst    string
	sport, port int
	bytes       int
	hostname    string
	query       string
}

// namedFlows are flows with names of all kinds: of a content delivery network, below domains
// that DNS queries ask for, internal ones, ones that are none, and in odd spellings.
func namedFlows() (list []namedFlow) {
	add := func(f namedFlow) { list = append(list, f) }
	hosts := []string{"Static.Example.COM.", "static.example.com", "static.example.com:443", "-", "", "203.0.113.9", "2001:db8::9", "[2001:db8::9]:443", "bücher.example",
		"BÜCHER.example", "xn--bcher-kva.example", "a b.example", "a..example", "*.example.com", "cafe.de", "1.2.3.400", "printer.local", "wpad", "www.corp.example",
		"NULL", strings.Repeat("a", 300), "under_score.example", "ads.example.net", "x.y.co.uk", "\xff\xfe.example", "[odd.example]:80", "a,b.example", "example.com..", "quoted\\`'.example"}
	for i := range 4500 {
		at := time.Duration(i) * time.Second
		src := fmt.Sprintf("10.0.0.%d", 1+i%7)
		if i%60 == 11 { // calls a name at many addresses, in every minute
			add(namedFlow{at, "10.0.1.1", fmt.Sprintf("198.51.100.%d", 1+i/60%40), 40000 + i%1000, 443, 300 + i%3, "cdn.example.org", ""})
		}
		if i%90 == 31 { // at the only one
			add(namedFlow{at, "10.0.1.2", "198.51.100.200", 40000 + i%1000, 8443, 500, "only.example.org", ""})
		}
		if i%45 == 7 { // asks for new names below a domain
			add(namedFlow{at, "10.0.1.3", "9.9.9.9", 50000, 53, 80, "", fmt.Sprintf("%x.t.Tunnel.co.uk", i*7919)})
		}
		if i%30 == 5 { // asks for one name
			add(namedFlow{at, "10.0.1.4", "9.9.9.9", 50001, 53, 60, "", "poll.example.net."})
		}
		if i%120 == 9 { // takes turns at names
			add(namedFlow{at, "10.0.1.5", fmt.Sprintf("192.0.2.%d", 1+i/120%3), 40000 + i%500, 443, 100, fmt.Sprintf("turn%d.example.info", i/120%3), ""})
		}
		if i%60 == 29 { // by a proxy
			add(namedFlow{at, "10.0.1.6", "10.0.9.9", 40000 + i%1000, 8080, 100, "c2.example.biz", ""})
		}
		if i%60 == 31 { // of the proxy itself
			add(namedFlow{at, "10.0.9.9", "203.0.113.77", 40000 + i%1000, 443, 100, "c2.example.biz", ""})
		}
		if i%60 == 43 { // rotates addresses without names
			add(namedFlow{at, "10.0.1.7", fmt.Sprintf("192.0.2.%d", 101+i/60%4), 40000 + i%777, 4444, 64, "", ""})
		}
		if i%11 == 3 { // asks for odd names
			add(namedFlow{at, src, "9.9.9.9", 50002, 53, 70, "", hosts[i/11%len(hosts)]})
		}
		if i%8 == 2 {
			add(namedFlow{at, src, fmt.Sprintf("203.0.113.%d", 1+i%13), 40000 + i%999, 443, i % 1500, hosts[i/8%len(hosts)], ""})
		}
		if i%50 == 1 {
			add(namedFlow{at, "203.0.113.5", src, 443, 40000, 10, "static.example.com", ""})
		}
	}
	return list
}

// metFlows are flows of which other records tell the names, and the answers to queries.
func metFlows(list []namedFlow) (met []namedFlow) {
	for _, f := range list {
		name, addr := f.hostname+f.query, f.dst
		if f.hostname, f.query = "", ""; f.port != 53 {
			met = append(met, f)
		}
		if name == "only.example.org" { // an answer gives its address a name, but nobody calls it by that
			f.src, f.port = "10.0.1.9", 53
		}
		if strings.Contains(name, ".example.") && !strings.ContainsAny(name, "*:") {
			f.dst, f.hostname = name, addr
			met = append(met, f)
		}
	}
	return met
}

var namedStart = time.Date(2024, 2, 28, 22, 0, 0, 0, time.UTC)

// namedCSV writes flows as CSV, with the column of queries or without.
func namedCSV(t *testing.T, list []namedFlow, queries bool) string {
	var b strings.Builder
	b.WriteString("timestamp,src_ip,dst_ip,src_port,dst_port,bytes,hostname")
	if queries {
		b.WriteString(",query")
	}
	b.WriteString("\n")
	quoted := func(text string) string { return `"` + strings.ReplaceAll(text, `"`, `""`) + `"` }
	for _, f := range list {
		name := f.hostname
		if !queries {
			name = f.hostname + f.query
		}
		fmt.Fprintf(&b, "%s,%s,%s,%d,%d,%d,%s", namedStart.Add(f.time).Format("2006-01-02 15:04:05.000000"), f.src, f.dst, f.sport, f.port, f.bytes, quoted(name))
		if queries {
			b.WriteString("," + quoted(f.query))
		}
		b.WriteString("\n")
	}
	return writeText(t, "named.csv", b.String())
}

// namedTable makes a table of flows.
func namedTable(t *testing.T, e *Engine, table string, list []namedFlow, queries bool) {
	t.Helper()
	query := ""
	if queries {
		query = ", query Nullable(String)"
	}
	require.NoError(t, e.Driver.Exec(t.Context(), "CREATE TABLE "+table+" (ts DateTime, src UInt32, dst UInt32, sport UInt16, dport UInt16, bytes UInt32, hostname String"+query+") ENGINE = MergeTree PARTITION BY tuple() ORDER BY (dst, ts)"))
	columns := "ts, src, dst, sport, dport, bytes, hostname"
	if queries {
		columns += ", query"
	}
	batch, err := e.Driver.PrepareBatch(t.Context(), "INSERT INTO "+table+" ("+columns+")")
	require.NoError(t, err)
	number := func(text string) uint32 {
		b := netip.MustParseAddr(text).As4()
		return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	}
	for _, f := range list {
		row := []any{namedStart.Add(f.time), number(f.src), number(f.dst), uint16(f.sport), uint16(f.port), uint32(f.bytes), f.hostname}
		if queries {
			q := &f.query
			if f.query == "" {
				q = nil
			}
			row = append(row, q)
		} else {
			row[6] = f.hostname + f.query
		}
		require.NoError(t, batch.Append(row...))
	}
	require.NoError(t, batch.Send())
}

// namedQuestions are what both engines are asked of a log with names.
func namedQuestions(t *testing.T) map[string]beacon.Query {
	all := map[string]beacon.Query{}
	with := func(name string, change func(*beacon.Query)) {
		q := everyMinute()
		q.Rules |= beacon.EveryRhythm
		q.Slots = 50
		change(&q)
		all[name] = q
	}
	with("all", func(q *beacon.Query) {})
	with("every minute", func(q *beacon.Query) { q.Rules = beacon.EveryMinute })
	with("by address", func(q *beacon.Query) { q.By = beacon.ByAddress })
	with("by name", func(q *beacon.Query) { q.By = beacon.ByName })
	with("by domain", func(q *beacon.Query) { q.By = beacon.ByDomain })
	with("by address and name", func(q *beacon.Query) { q.By = beacon.ByAddress | beacon.ByName })
	with("exclude a domain", func(q *beacon.Query) {
		q.Exclude = networks(t, ".example.org", "*.co.uk", "!only.example.org", "203.0.113.3")
	})
	with("exclude by address", func(q *beacon.Query) { q.By, q.Exclude = beacon.ByAddress, networks(t, "example.com") })
	with("internal", func(q *beacon.Query) {
		q.Internal = networks(t, "10.0.0.0/8", "corp.example", ".example.info", "!turn1.example.info")
	})
	with("proxy", func(q *beacon.Query) { q.Proxies = networks(t, "10.0.9.9") })
	with("only", func(q *beacon.Query) {
		q.Slots = 1
		for _, name := range []string{"cdn.example.org", "poll.example.net", "203.0.113.3", "nobody.example"} {
			q.Only = append(q.Only, netset.MustHost(name))
		}
		q.Only = append(q.Only, netset.Host{Name: "*.tunnel.co.uk"})
	})
	with("eager", func(q *beacon.Query) { q.Rhythm.MinCalls, q.Decision.FDR = 9, 0.3 })
	with("long", func(q *beacon.Query) { q.Rules, q.MinDuration = beacon.EveryMinute, time.Hour })
	with("bounds", func(q *beacon.Query) {
		q.From, q.To = namedStart.Add(10*time.Minute).UnixNano(), namedStart.Add(100*time.Minute).UnixNano()
	})
	return all
}

// TestSameNames holds the answers of tables with names to those of the log.
func TestSameNames(t *testing.T) {
	p := twoShards(t)
	list, before := namedFlows(), askedAtOnce
	askedAtOnce = 20
	defer func() { askedAtOnce = before }()
	t.Run("names", func(t *testing.T) {
		some := map[string]beacon.Query{}
		for _, name := range []string{"all", "every minute", "by address", "by name", "proxy", "internal"} {
			some[name] = namedQuestions(t)[name]
		}
		namedTable(t, p[0].engine(t, "none"), "named_raw", list, false)
		sameNames(t, namedCSV(t, list, false), p[0].engine(t, "named_raw"), some, "cdn.example.org")
	})
	if testing.Short() {
		return // the rest takes two minutes
	}
	t.Run("queries", func(t *testing.T) {
		namedTable(t, p[0].engine(t, "none"), "named_queries", list, true)
		sameNames(t, namedCSV(t, list, true), p[0].engine(t, "named_queries"), namedQuestions(t), "cdn.example.org", "poll.example.net", "*.tunnel.co.uk")
	})
	t.Run("names that were met at addresses", func(t *testing.T) {
		log, some := namedCSV(t, metFlows(list), false), namedQuestions(t)
		exclude := some["all"]
		exclude.Exclude = networks(t, "198.51.100.0/28", "198.51.100.200")
		some = map[string]beacon.Query{"all": some["all"], "by address": some["by address"], "exclude": exclude}
		e := p[0].engine(t, "named_met")
		_, err := e.Load(t.Context(), openLog(t, flowlog.Options{}, log), LoadOptions{Workers: 2})
		require.NoError(t, err)
		sameNames(t, log, e, some, "cdn.example.org", "198.51.100.200")
		seen, err := e.Inspect(t.Context(), InspectOptions{})
		require.NoError(t, err)
		require.Contains(t, seen.Inputs[0].Columns, inspect.Column{Name: schema.HostAddress, Role: schema.HostAddress})
		found, err := e.Find(t.Context(), some["all"])
		require.NoError(t, err)
		for f := range found.All() {
			switch d := f.Destinations[0]; d.Host.String() {
			case "cdn.example.org":
				require.Len(t, d.Addresses, 40)
			case "198.51.100.200":
				require.Equal(t, []string{"only.example.org"}, d.Names)
			}
		}
	})
	t.Run("no column for the addresses of names", func(t *testing.T) {
		for name, file := range map[string]string{"named": namedCSV(t, list, false), "met": namedCSV(t, metFlows(list), false)} {
			table := "unplaced_" + name
			p[0].exec(t, createTable("default", table, p[0].engine(t, "none").Release), "ALTER TABLE "+table+" DROP COLUMN hostname_ip")
			r, err := p[0].engine(t, table).Load(t.Context(), openLog(t, flowlog.Options{}, file), LoadOptions{Append: true})
			require.NoError(t, err)
			if name == "named" {
				require.Empty(t, r.Warnings, "the address is the destination")
				continue
			}
			require.Len(t, r.Warnings, 1)
			n := p[0].number(t, "SELECT countIf(hostname_ip != toFixedString('', 16)) FROM named_met")
			require.Contains(t, r.Warnings[0].Text, words.Plural(n, "flow to a name", "flows to names"))
			p[0].exec(t, "DROP TABLE "+table, createTable("default", table, p[0].engine(t, "none").Release), "ALTER TABLE "+table+" DROP COLUMN hostname_ip")
			_, alter, _ := strings.Cut(r.Warnings[0].Hint, ": ")
			p[0].exec(t, alter)
			r, err = p[0].engine(t, table).Load(t.Context(), openLog(t, flowlog.Options{}, file), LoadOptions{Append: true})
			require.NoError(t, err)
			require.Empty(t, r.Warnings)
			require.Equal(t, n, p[0].number(t, "SELECT countIf(hostname_ip != toFixedString('', 16)) FROM "+table))
			p[0].exec(t, "ALTER TABLE "+table+" DROP COLUMN hostname")
			r, err = p[0].engine(t, table).Load(t.Context(), openLog(t, flowlog.Options{}, file), LoadOptions{Append: true})
			require.NoError(t, err)
			require.Len(t, r.Warnings, 1)
			named := p[0].number(t, "SELECT countIf(hostname != '') FROM named_met")
			require.Contains(t, r.Warnings[0].Text, words.Plural(named, "flow to a name", "flows to names")+" went in without their names")
		}
	})
	t.Run("loaded on two shards", func(t *testing.T) {
		log, some := namedCSV(t, list, true), map[string]beacon.Query{}
		for _, name := range []string{"all", "only", "by address"} {
			some[name] = namedQuestions(t)[name]
		}
		e := p[0].engine(t, "named_loaded", "cluster=two")
		_, err := e.Load(t.Context(), openLog(t, flowlog.Options{}, log), LoadOptions{Workers: 2})
		require.NoError(t, err)
		sameNames(t, log, e, some, "cdn.example.org", "poll.example.net", "*.tunnel.co.uk")
	})
}

// TestEarlierTable holds that a table that an earlier version created, whose names stand in a
// column called name, is filled and judged by name.
func TestEarlierTable(t *testing.T) {
	p := twoShards(t)
	e := p[0].engine(t, "named_earlier")
	create := createTable("default", "named_earlier", e.Release)
	p[0].exec(t, strings.Replace(create, "hostname String", "name String", 1))
	log := namedCSV(t, namedFlows(), true)
	r, err := e.Load(t.Context(), openLog(t, flowlog.Options{}, log), LoadOptions{Append: true})
	require.NoError(t, err)
	require.False(t, r.Created)
	require.Positive(t, p[0].number(t, "SELECT countIf(name != '') FROM named_earlier"))
	require.Zero(t, p[0].number(t, "SELECT count() FROM system.columns WHERE table = 'named_earlier' AND name = 'hostname'"))
	now := p[0].engine(t, "named_now")
	_, err = now.Load(t.Context(), openLog(t, flowlog.Options{}, log), LoadOptions{})
	require.NoError(t, err)
	want, err := now.Find(t.Context(), namedQuestions(t)["all"])
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(want.List, func(f beacon.Finding) bool { return f.Destinations[0].Host.Name == "cdn.example.org" }))
	found, err := e.Find(t.Context(), namedQuestions(t)["all"])
	require.NoError(t, err)
	require.Equal(t, comparable(want), comparable(found))

	p[0].exec(t, "CREATE TABLE named_other (timestamp DateTime, src_ip String, dst_ip String, name String) ENGINE = MergeTree PARTITION BY toDate(timestamp) ORDER BY timestamp")
	_, err = p[0].engine(t, "named_other").Load(t.Context(), openLog(t, flowlog.Options{}, log), LoadOptions{Append: true})
	require.NoError(t, err)
	require.Zero(t, p[0].number(t, "SELECT countIf(name != '') FROM named_other"), "a column called name in a table of others may be of anything")
}

// sameNames is sameAnswers, and holds that these are among what is found.
func sameNames(t *testing.T, path string, e *Engine, all map[string]beacon.Query, expected ...string) {
	sameAnswers(t, path, e, all)
	found, err := e.Find(t.Context(), all["all"])
	require.NoError(t, err)
	var names []string
	for f := range found.All() {
		for _, d := range f.Destinations {
			names = append(names, d.Host.String())
		}
	}
	require.Subset(t, names, expected)
}

// TestModernNames is TestSameNames of a recent server, and of one that behaves as older ones do.
func TestModernNames(t *testing.T) {
	modernServer(t)
	list := namedFlows()
	namedTable(t, modernEngine(t, "none"), "modern_named", list, true)
	log, all := namedCSV(t, list, true), namedQuestions(t)
	asked := map[string]beacon.Query{"all": all["all"], "exclude a domain": all["exclude a domain"]}
	for _, setting := range []string{"", "compatibility=22.3", "enable_analyzer=0"} {
		t.Run(setting, func(t *testing.T) {
			sameNames(t, log, modernEngine(t, "modern_named", setting), asked, "cdn.example.org", "poll.example.net", "*.tunnel.co.uk")
		})
	}
}
