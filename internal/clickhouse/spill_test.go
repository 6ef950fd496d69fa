package clickhouse

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/client"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/flow"
)

// byTime makes a copy of a table of ours that is sorted by time, as many others are, and
// through a distributed table where all is its name.
func (p pair) byTime(t *testing.T, table, copied, all string) {
	p.exec(t, "CREATE TABLE "+copied+" AS "+table+" ENGINE = MergeTree PARTITION BY tuple() ORDER BY timestamp",
		"INSERT INTO "+copied+" SELECT * FROM "+table,
		"CREATE TABLE "+all+" AS "+table+" ENGINE = Distributed(two, default, "+copied+", rand())")
}

// TestSortedByTime asks tables whose order doesn't help about pairs: the answers are those
// of the file, whether the server's disk holds what its memory doesn't or, for a user who
// can't set that, blocks are asked for.
func TestSortedByTime(t *testing.T) {
	p := twoShards(t)
	logs := map[string]string{"random": writeText(t, "pairs.csv", randomPairs(77)), "office": officeLog(t, 2)}
	for name, path := range logs {
		table := "sorted_" + name
		e := p[0].engine(t, table, "cluster=two")
		_, err := e.Load(t.Context(), openLog(t, noOptions, path), LoadOptions{Workers: 2})
		require.NoError(t, err)
		p.byTime(t, table, table+"_time", table+"_all")
		q := everyMinute()
		q.Rules, q.Want, q.Times = beacon.EveryRhythm, flow.All&^flow.Name, true
		want := comparable(arrow(t, path, q))
		for _, user := range []string{"default", "reader"} {
			t.Run(name+" as "+user, func(t *testing.T) {
				url := strings.Replace(p[0].url("default", table+"_all"), "default@", user+"@", 1)
				e, err := Open(t.Context(), url, Options{Options: client.Options{Password: testPassword}})
				require.NoError(t, err)
				defer e.Close()
				found, err := e.Find(t.Context(), q)
				require.NoError(t, err)
				require.Equal(t, want, comparable(found))
				asked := func() int64 { // statements for the times of pairs
					return p[0].number(t, "SELECT count() FROM system.query_log WHERE type = 2 AND is_initial_query AND query LIKE '%arraySort((p, t)%' AND query LIKE '%"+table+"_all%' AND query NOT LIKE '%query_log%' AND user = '"+user+"'")
				}
				if name == "random" && user == "reader" {
					return // few flows, of which all are one block
				}
				least := int64(1)
				if user == "reader" { // in blocks
					least = 2
				}
				require.Eventually(t, func() bool { return asked() >= least }, 20*time.Second, 100*time.Millisecond, "the server logged too few queries")
				if user == "default" {
					require.EqualValues(t, 1, asked(), "the table was read more than once for the times of pairs")
				}
			})
		}
	}
}

// TestWaits holds times that come over as waits, short and long, to the times themselves.
func TestWaits(t *testing.T) {
	for _, times := range [][]int64{
		{5}, {5, 5, 5}, {-7, 0, 7}, {0, 1<<39 - 1, 1 << 41, 1<<41 + 1, 1 << 44, 1<<44 + 1<<39}, {0, 1 << 32}, {0, 1<<39 - 1, 1 << 40, 1<<40 + 1}, {1 << 50, 1<<50 + 1<<39, 1<<50 + 1<<40},
	} {
		p := twoShards(t)
		table, err := schema.NewTable("t", described("timestamp Int64\nsrc_ip IPv6\ndst_ip IPv6"), nil, schema.Version{Major: 18, Minor: 16})
		require.NoError(t, err)
		x := &question{Table: table}
		x.Time.Column, x.Time.Unit = "number", 1
		shuffled := slices.Clone(times)
		slices.Reverse(shuffled)
		sql := "SELECT " + strings.Join(x.waits(), ", ") + " FROM (SELECT arrayJoin(" + strings.ReplaceAll(fmt.Sprint(shuffled), " ", ", ") + ") AS number)"
		var cells timeCells
		require.NoError(t, p[0].engine(t, "none").Driver.QueryRow(t.Context(), sql).Scan(cells.dest()...), sql)
		require.Equal(t, times, cells.times(1))
		require.LessOrEqual(t, len(cells.wide), len(times)/2+1)
	}
}

// TestManyAddresses estimates the number of addresses where they are too many to count,
// and says so.
func TestManyAddresses(t *testing.T) {
	p := twoShards(t)
	p[0].exec(t, "CREATE TABLE many (ts DateTime, src UInt32, dst UInt32) ENGINE = Memory",
		"INSERT INTO many SELECT toDateTime(1592697600 + number % 3600), 167772160 + number % 300, 1560281088 + number % 20000 FROM numbers(40000)")
	q := everyMinute()
	q.Internal = networks(t, "10.0.0.0/8")
	_, exact := p[0].flaggedIn(t, "default", "many", q, Options{})
	require.EqualValues(t, 20300, exact.Totals.Addresses)
	require.EqualValues(t, 300, exact.Totals.InternalHosts)
	defer func(n int) { mostAddresses = n }(mostAddresses)
	mostAddresses = 20299
	_, about := p[0].flaggedIn(t, "default", "many", q, Options{})
	require.InEpsilon(t, 20300, about.Totals.Addresses, 0.02)
	require.InEpsilon(t, 300, about.Totals.InternalHosts, 0.02)
	told := func(list []beacon.Warning) bool {
		return slices.ContainsFunc(list, func(w beacon.Warning) bool { return strings.Contains(w.Text, "estimates, to a percent") })
	}
	require.True(t, told(about.Warnings))
	require.False(t, told(exact.Warnings))
}

// TestSpillSettings holds what a statement takes of a server's memory to the user's limit.
func TestSpillSettings(t *testing.T) {
	settings := func(readonlyValue, limit string) *Engine {
		e := &Engine{}
		e.setSpill(func(name string) string {
			return map[string]string{client.Readonly: readonlyValue, client.MemoryLimit: limit}[name]
		})
		return e
	}
	require.Nil(t, settings("1", "0").spill)
	require.Equal(t, fmt.Sprint(serverMemory), settings("0", "0").spill[0].Value)
	require.Equal(t, fmt.Sprint(serverMemory), settings("2", fmt.Sprint(serverMemory*limitShare)).spill[0].Value)
	require.Equal(t, fmt.Sprint(serverMemory/2), settings("0", fmt.Sprint(serverMemory*limitShare/2)).spill[1].Value)
	require.Contains(t, settings("0", "0").spill, schema.Setting{Name: "group_by_two_level_threshold_bytes", Value: "8388608"})
}

// TestKept holds what candidates and findings take to what the client may.
func TestKept(t *testing.T) {
	for memory, want := range map[int64]int64{0: 32 << 20, 1 << 40: 32 << 20, 256 << 20: 32 << 20, 64 << 20: 8 << 20, 1: 1} {
		require.Equal(t, want, (&Engine{opt: Options{Memory: memory}}).kept(), memory)
	}
}
