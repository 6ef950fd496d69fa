package clickhouse

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/client"
	"beacon/internal/clickhouse/schema"
)

// TestShardsDoTheWork looks into the servers' query logs: each shard reads its own
// flows and sends states of them, and the answer is small.
func TestShardsDoTheWork(t *testing.T) {
	p := twoShards(t)
	p.fillFlows(t, "worked", 300000)
	q := everyMinute()
	q.Internal = networks(t, "10.0.0.0/8")
	_, err := p[0].engine(t, "worked", "cluster=two").Find(t.Context(), q)
	require.NoError(t, err)
	logged := func(s *server, what, initial string) int64 {
		return s.number(t, "SELECT "+what+" FROM system.query_log WHERE type = 2 AND is_initial_query = "+initial+
			" AND query LIKE '%beacon_slots%' AND query LIKE '%worked%' AND query NOT LIKE '%query_log%'")
	}
	require.Eventually(t, func() bool {
		return logged(p[0], "count()", "1") > 0 && logged(p[1], "count()", "0") > 0
	}, 20*time.Second, 100*time.Millisecond, "the servers logged no query")
	require.EqualValues(t, 1, logged(p[1], "count()", "0"), "the other shard was asked more than once")
	require.EqualValues(t, 300000, logged(p[1], "max(read_rows)", "0"), "the shard did not read its flows")
	require.Less(t, logged(p[0], "max(result_rows)", "1"), int64(1000), "more than findings came to the client")
	shards := p[1].number(t, "SELECT count() FROM system.query_log WHERE type = 2 AND is_initial_query = 0 AND query LIKE '%GROUP BY%' AND query LIKE '%beacon_slots%' AND query LIKE '%worked%'")
	require.EqualValues(t, 1, shards, "the shard did not aggregate")
}

func TestBoundsPrunePartitions(t *testing.T) {
	p := twoShards(t)
	e := p[0].engine(t, "pruned")
	path := officeLog(t, 3)
	_, err := e.Load(t.Context(), openLog(t, noOptions, path), LoadOptions{Workers: 2})
	require.NoError(t, err)
	all := p[0].number(t, "SELECT count() FROM pruned")
	read := func(q beacon.Query) map[string]int64 {
		rows := map[string]int64{}
		e.Progress = func(at client.Progress) {
			require.GreaterOrEqual(t, at.Rows, rows[at.Doing], "progress goes back")
			require.GreaterOrEqual(t, at.Total, at.Rows)
			rows[at.Doing] = at.Rows
		}
		_, err := e.Find(t.Context(), q)
		require.NoError(t, err)
		return rows
	}
	q := everyMinute()
	require.Equal(t, all, read(q)["counting flows"])
	q.From, q.To = day(1)+int64(time.Hour), day(1)+int64(3*time.Hour)
	second := p[0].number(t, "SELECT count() FROM pruned WHERE toDayOfMonth(toDateTime(intDiv(timestamp, 1000000))) = 22")
	bounded := read(q)
	require.LessOrEqual(t, bounded["counting flows"], second, "days were read that the bounds leave out")
	require.LessOrEqual(t, bounded["folding flows"], second)
	require.Positive(t, bounded["folding flows"])
}

// TestSQL says that the texts that are shown are those that are asked, but for
// what depends on an answer.
func TestSQL(t *testing.T) {
	p := twoShards(t)
	p[0].fillOne(t, "shown")
	e := p[0].engine(t, "shown", "max_memory_usage=4000000000")
	q := everyMinute()
	q.Rules |= beacon.EveryRhythm
	list, err := e.SQL(t.Context(), q)
	require.NoError(t, err)
	require.Greater(t, len(list), 6)
	for _, sql := range list {
		require.True(t, strings.HasPrefix(sql, "-- "))
		require.Contains(t, sql, "SETTINGS max_memory_usage = 4000000000")
		if !strings.Contains(sql, "/*") {
			rows, err := e.Driver.Query(t.Context(), sql)
			require.NoError(t, err, sql)
			for rows.Next() {
			}
			require.NoError(t, rows.Err())
		}
	}
	q.Slots = 61
	_, err = e.SQL(t.Context(), q)
	require.Error(t, err)
}

// fillOne makes a table with one outbound flow.
func (s *server) fillOne(t *testing.T, table string) {
	s.exec(t, createTable("default", table, schema.Version{Major: 18, Minor: 16}),
		"INSERT INTO "+table+" (timestamp, src_ip, dst_ip) SELECT 1592697600000000, IPv4ToIPv6(toUInt32(167772161)), IPv4ToIPv6(toUInt32(134744072))")
}
