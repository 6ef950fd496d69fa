package clickhouse

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/client"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/netset"
)

// flaggedIn returns the flagged destinations of a table.
func (s *server) flaggedIn(t *testing.T, database, table string, q beacon.Query, opt Options, parameters ...string) (flagged []string, found *beacon.Findings) {
	t.Helper()
	opt.Password = testPassword
	e, err := Open(t.Context(), s.url(database, table, parameters...), opt)
	require.NoError(t, err)
	defer e.Close()
	found, err = e.Find(t.Context(), q)
	require.NoError(t, err)
	for _, f := range found.List {
		flagged = append(flagged, f.Destinations[0].Host.String())
	}
	return flagged, found
}

// givenCase returns the statements of a shared case.
func givenCase(t *testing.T, name string) (statements []string) {
	dir := os.Getenv("BEACON_SHARED")
	if dir == "" {
		t.Skip("BEACON_SHARED isn't set")
	}
	text, err := os.ReadFile(filepath.Join(dir, "cases/clickhouse", name))
	require.NoError(t, err)
	for s := range strings.SplitSeq(string(text), ";\n") {
		if strings.TrimSpace(s) != "" {
			statements = append(statements, s)
		}
	}
	return statements
}

func TestGivenCases(t *testing.T) {
	p := twoShards(t)
	t.Run("mixed-events", func(t *testing.T) {
		p[0].exec(t, givenCase(t, "mixed-events.sql")...)
		flagged, found := p[0].flaggedIn(t, "zeek", "logs", everyMinute(), Options{})
		require.Equal(t, []string{"198.51.100.77"}, flagged)
		require.EqualValues(t, 120, found.Totals.Flows)
		require.EqualValues(t, 120, found.Totals.Other)
		_, found = p[0].flaggedIn(t, "zeek", "logs", everyMinute(), Options{Where: "event_type = 'ssl'"})
		require.EqualValues(t, 120, found.Totals.Flows)
		require.EqualValues(t, 0, found.Totals.Other)
	})
	t.Run("ntopng", func(t *testing.T) {
		p[0].exec(t, givenCase(t, "ntopng.sql")...)
		flagged, found := p[0].flaggedIn(t, "ntop", "flows", everyMinute(), Options{})
		require.ElementsMatch(t, []string{"198.51.100.77", "2001:db8:77::1"}, flagged)
		require.EqualValues(t, 240, found.Totals.Flows)
	})
	t.Run("old-goflow2", func(t *testing.T) {
		p[0].exec(t, givenCase(t, "old-goflow2.sql")...)
		_, found := p[0].flaggedIn(t, "gf", "flows_raw", everyMinute(), Options{})
		require.EqualValues(t, 1709510400e9, found.Totals.First)
	})
	t.Run("names", func(t *testing.T) {
		p[0].exec(t, givenCase(t, "names.sql")...)
		for table, time := range map[string]string{"bro": "toDateTime(%s)", "theia": "toDateTime(%s)", "pflog": "toDateTime(%s)", "pmacct": "toDateTime(%s)",
			"bronze": "toDateTime(%s)", "epoch_ms": "(%s) * 1000", "text_time": "toString(toDateTime(%s))"} {
			columns := map[string]string{"bro": "ts, orig_h, resp_h", "theia": "flowStartSeconds, sourceIP, destinationIP", "pflog": "begin_at, saddr, daddr", "pmacct": "timestamp_start, ip_src, ip_dst",
				"bronze": "event_ts, src_ip, dest_ip", "epoch_ms": "time_ms, src_addr, dst_addr", "text_time": "ts, src_ip, dst_ip"}[table]
			p[0].exec(t, fmt.Sprintf("INSERT INTO names.%s (%s) SELECT %s, '10.9.0.5', '198.51.100.77' FROM numbers(120)", table, columns, fmt.Sprintf(time, "1709510400 + number * 60")))
			flagged, found := p[0].flaggedIn(t, "names", table, everyMinute(), Options{})
			require.Equal(t, []string{"198.51.100.77"}, flagged, table)
			require.EqualValues(t, 1709510400e9, found.Totals.First, table)
		}
	})
}

// TestTypes asks for times and addresses in types of other loaders.
func TestTypes(t *testing.T) {
	p := twoShards(t)
	for name, c := range map[string]struct{ columns, values string }{
		"decimal":       {"ts Decimal(18, 6), src String, dst String", "toDecimal64(%s, 6) + toDecimal64('0.25', 6), '10.9.0.5', '198.51.100.77'"},
		"text_iso":      {"ts String, src String, dst String", "concat(replaceOne(toString(toDateTime(%s), 'UTC'), ' ', 'T'), '.25Z'), '10.9.0.5', '198.51.100.77'"},
		"text_epoch":    {"ts String, src String, dst String", "concat(toString(%s), '.25'), '10.9.0.5', '198.51.100.77'"},
		"fixed_4":       {"ts DateTime, src FixedString(4), dst FixedString(4)", "%s, unhex('0a090005'), unhex('c633644d')"},
		"tuples":        {"time UInt64, src_endpoint Tuple(ip String, port UInt16), dst_endpoint Tuple(ip String, port UInt16)", "(%s) * 1000, ('10.9.0.5', 40000), ('198.51.100.77', 443)"},
		"two_families":  {"start DateTime, srcIPv4 String, srcIPv6 String, dstIPv4 String, dstIPv6 String", "%s, '10.9.0.5', '', '198.51.100.77', ''"},
		"aws_vpc":       {"version UInt8, srcaddr String, dstaddr String, srcport UInt16, dstport UInt16, protocol UInt8, bytes UInt64, start Int64, `end` Int64", "2, '10.9.0.5', '198.51.100.77', 40000, 443, 6, 100, %s, 1709520000"},
		"hubble":        {"time DateTime, IP_source String, IP_destination String, l4_TCP_destination_port UInt32, l4_UDP_destination_port UInt32", "%s, '10.9.0.5', '198.51.100.77', 0, 443"},
		"by_ip_version": {"FIRST_SEEN DateTime, IP_PROTOCOL_VERSION UInt8, IPV4_SRC_ADDR UInt32, IPV6_SRC_ADDR FixedString(16), IPV4_DST_ADDR UInt32, IPV6_DST_ADDR FixedString(16)", "%s, 4, IPv4StringToNum('10.9.0.5'), '', IPv4StringToNum('198.51.100.77'), ''"},
	} {
		t.Run(name, func(t *testing.T) {
			table := "types_" + name
			p[0].exec(t, "CREATE TABLE "+table+" ("+c.columns+") ENGINE = Memory",
				"INSERT INTO "+table+" SELECT "+fmt.Sprintf(c.values, "1709510400 + number * 60")+" FROM numbers(120)")
			flagged, found := p[0].flaggedIn(t, "default", table, everyMinute(), Options{})
			require.Equal(t, []string{"198.51.100.77"}, flagged)
			require.EqualValues(t, 120, found.Totals.Flows)
			require.EqualValues(t, 1709510400, found.Totals.First/1e9)
			if strings.Contains(c.values, ".25") {
				require.EqualValues(t, 250e6, found.Totals.First%1e9)
			}
		})
	}
	t.Run("unreadable text", func(t *testing.T) {
		p[0].exec(t, "CREATE TABLE types_bad (ts String, src String, dst String) ENGINE = Memory",
			"INSERT INTO types_bad SELECT '2024-03-04 00:00:01', '10.9.0.5', '198.51.100.77'", "INSERT INTO types_bad SELECT arrayJoin(['soon', 'junk', '04-03-2024', '10:00:00', '2024-13-45']), '10.9.0.5', '198.51.100.77'",
			"INSERT INTO types_bad SELECT '', '10.9.0.5', '198.51.100.77'")
		_, found := p[0].flaggedIn(t, "default", "types_bad", everyMinute(), Options{})
		require.Equal(t, []int64{1, 5, 1}, []int64{found.Totals.Flows, found.Totals.Bad, found.Totals.Other})
	})
}

// TestReplaced reads a table of rows that replace others as it is once they are merged.
func TestReplaced(t *testing.T) {
	p := twoShards(t)
	p.exec(t, "CREATE TABLE replaced (ts DateTime, src UInt32, dst UInt32, d Date DEFAULT toDate(ts)) ENGINE = ReplacingMergeTree(d, (ts, src, dst), 8192)",
		"CREATE TABLE replaced_all AS replaced ENGINE = Distributed(two, default, replaced, rand())")
	for range 3 {
		p[0].exec(t, "INSERT INTO replaced (ts, src, dst) SELECT toDateTime(1592697600 + number * 60), 167772161, 134744072 FROM numbers(60)")
	}
	for _, table := range []string{"replaced", "replaced_all"} {
		_, found := p[0].flaggedIn(t, "default", table, everyMinute(), Options{})
		require.EqualValues(t, 60, found.Totals.Flows, table)
	}
}

// TestManyNetworks holds lists of networks that are too long for a statement to the other engine.
func TestManyNetworks(t *testing.T) {
	p := twoShards(t)
	var list []string
	for i := range 4000 {
		list = append(list, fmt.Sprintf("203.%d.%d.0/%d", i/250, i%250, 24+i%9), fmt.Sprintf("2001:db8:%x::/%d", i, 40+i%80))
	}
	list = append(list, "!203.0.113.7", "8.8.8.8")
	for table, log := range map[string]string{"networks_mixed": mixedLog(t), "networks_office": officeLog(t, 1)} {
		_, err := p[0].engine(t, table).Load(t.Context(), openLog(t, noOptions, log), LoadOptions{Workers: 2})
		require.NoError(t, err)
		for _, change := range []func(*beacon.Query){
			func(q *beacon.Query) { q.Exclude = networks(t, list...) },
			func(q *beacon.Query) { q.Internal = networks(t, append(list, "10.0.0.0/8", "192.168.0.0/16")...) },
		} {
			q := everyMinute()
			q.Slots = 5
			change(&q)
			want := comparable(arrow(t, log, q))
			_, found := p[0].flaggedIn(t, "default", table, q, Options{})
			require.Equal(t, want, comparable(found))
		}
	}
	p[0].exec(t, "CREATE TABLE networks_numbers (ts Int64, src UInt32, dst UInt32) ENGINE = Memory",
		"INSERT INTO networks_numbers SELECT toInt64(1592697600 + number), 167772161, 3405774848 + number FROM numbers(1000)")
	q := everyMinute()
	q.Exclude = networks(t, list...)
	_, found := p[0].flaggedIn(t, "default", "networks_numbers", q, Options{})
	excluded := int64(0)
	for i := range uint32(1000) {
		if q.Exclude.Has(netset.HostOf(addr4(3405774848 + i))) {
			excluded++
		}
	}
	require.Equal(t, excluded, found.Totals.Excluded)
	t.Run("on shards", func(t *testing.T) {
		p[1].exec(t, "CREATE TABLE networks_numbers (ts Int64, src UInt32, dst UInt32) ENGINE = Memory",
			"INSERT INTO networks_numbers SELECT toInt64(1592697600 + number), 167772161, 3405774848 + number FROM numbers(1000)")
		_, found := p[0].flaggedIn(t, "default", "networks_numbers", q, Options{}, "cluster=two")
		require.Equal(t, 2*excluded, found.Totals.Excluded)
	})
	t.Run("as given", func(t *testing.T) {
		dir := os.Getenv("BEACON_SHARED")
		if dir == "" {
			t.Skip("BEACON_SHARED isn't set")
		}
		f, err := os.Open(filepath.Join(dir, "cases/clickhouse/exclude-400.txt"))
		require.NoError(t, err)
		defer f.Close()
		q := everyMinute()
		q.Exclude = &netset.Set{}
		require.NoError(t, q.Exclude.Read("exclude-400.txt", f))
		log := officeLog(t, 1)
		want := comparable(arrow(t, log, q))
		_, found := p[0].flaggedIn(t, "default", "networks_office", q, Options{})
		require.Equal(t, want, comparable(found))
	})
}

func TestPrefixesOf(t *testing.T) {
	for _, c := range []struct{ networks, want string }{
		{"10.0.0.0/8", "[::ffff:10.0.0.0/104]"},
		{"0.0.0.0/0", "[::ffff:0.0.0.0/96]"},
		{"10.0.0.0/24 10.0.1.0/24 10.0.2.7", "[::ffff:10.0.0.0/119 ::ffff:10.0.2.7/128]"},
	} {
		var got []any
		for _, r := range schema.RangesOf(networks(t, strings.Fields(c.networks)...)) {
			for _, p := range schema.PrefixesOf(r) {
				got = append(got, p)
			}
		}
		require.Equal(t, c.want, fmt.Sprint(got))
	}
	total := 0
	for _, r := range schema.RangesOf(networks(t, "::/0")) {
		total += len(schema.PrefixesOf(r))
	}
	require.Equal(t, 96, total) // all that isn't ::ffff:0:0/96
}

// TestShardsLeftOut holds that an answer without shards that are down says so.
func TestShardsLeftOut(t *testing.T) {
	p := ownShards(t)
	p.fillFlows(t, "f", 1000)
	e := p[0].engine(t, "f", "cluster=two", client.SkipShards+"=1")
	found, err := e.Find(t.Context(), everyMinute())
	require.NoError(t, err)
	require.Contains(t, fmt.Sprint(found.Warnings), "flows of shards that were down are missing")
	p[1].kill()
	found, err = p[0].engine(t, "f", "cluster=two", client.SkipShards+"=1").Find(t.Context(), everyMinute())
	require.NoError(t, err)
	require.EqualValues(t, 1000, found.Totals.Flows)
	require.Contains(t, fmt.Sprint(found.Warnings), "flows of shards that were down are missing")
}

// TestHungShard ends with an error when a shard makes no progress.
func TestHungShard(t *testing.T) {
	p := ownShards(t)
	p.fillFlows(t, "f", 1000)
	require.NoError(t, p[1].cmd.Process.Signal(syscall.SIGSTOP))
	defer p[1].cmd.Process.Signal(syscall.SIGCONT)
	begun := time.Now()
	e, err := Open(t.Context(), p[0].url("default", "f", "cluster=two"), Options{Options: client.Options{Password: testPassword, Timeout: 2 * time.Second}})
	require.NoError(t, err)
	defer e.Close()
	_, err = e.Find(t.Context(), everyMinute())
	require.ErrorContains(t, err, "no progress for 2s")
	require.Contains(t, hintOf(err), "--timeout")
	require.Less(t, time.Since(begun), 20*time.Second)
}

// TestSlowClient ends no statement whose rows the client works on for longer than the server
// may be silent.
func TestSlowClient(t *testing.T) {
	e, err := Open(t.Context(), twoShards(t)[0].url("default", "none"), Options{Options: client.Options{Password: testPassword, Timeout: 2 * time.Second}})
	require.NoError(t, err)
	defer e.Close()
	var number uint64
	rows := 0
	require.NoError(t, e.Rows(t.Context(), "counting", &schema.Statement{Columns: []string{"number"}, From: "system.numbers", Limit: 2}, []any{&number}, func() error {
		if rows++; rows == 1 {
			time.Sleep(3 * time.Second)
		}
		return nil
	}))
	require.Equal(t, 2, rows)
}

func TestParseWhere(t *testing.T) {
	for _, good := range []string{"event_type = 'conn'", "a IN ('x', 'y') AND NOT (b > 3)", "`odd name` = 1", "x = 'it''s; -- SELECT'", "cast(a AS UInt8) = 1", "a[1] = 2", "match(x, '^a$')", "from_ip = 1", `x = 'a\'b'`} {
		require.NoError(t, schema.ParseWhere(good), good)
	}
	for _, bad := range []string{"", "  ", "1; DROP TABLE x", "1) OR (1", "a = 'x", "(a", "a]", "1 -- x", "1 /* x */", "1 # x", "a, b", "1 UNION ALL SELECT 1", "a IN (SELECT 1)", "1 SETTINGS limit = 1",
		"1 FORMAT Null", "1 AS beacon_src", "a AS b", "beacon_src = 1", "`beacon_src` = 1", "1 LIMIT 1", "x = {p:String}", "1 GROUP BY a", "a = '\\'", "$$x$$ = 1", "(a = 1]"} {
		require.Error(t, schema.ParseWhere(bad), bad)
	}
}
