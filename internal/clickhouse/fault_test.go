package clickhouse

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/client"
	"beacon/internal/clickhouse/schema"
)

// fillFlows makes a table of random outbound flows on every shard.
func (p pair) fillFlows(t *testing.T, table string, rows int) {
	t.Helper()
	p.exec(t, createTable("default", table, schema.Version{Major: 18, Minor: 16}),
		fmt.Sprintf("INSERT INTO %s (timestamp, src_ip, dst_ip) SELECT 1592697600000000 + number * 1000, IPv4ToIPv6(toUInt32(167772160 + number %% 997)), IPv4ToIPv6(toUInt32(intHash64(number) %% 4000000000)) FROM numbers(%d)", table, rows))
}

func TestFaults(t *testing.T) {
	p := twoShards(t)
	p.fillFlows(t, "faults", 200000)
	shown := func(err error) string {
		t.Helper()
		require.Error(t, err)
		t.Logf("%v\n  hint: %s", err, hintOf(err))
		require.NotContains(t, err.Error(), "\n")
		require.NotContains(t, err.Error(), "Stack trace")
		require.NotContains(t, err.Error()+hintOf(err), testPassword)
		return err.Error()
	}
	t.Run("wrong password", func(t *testing.T) {
		_, err := Open(t.Context(), p[0].url("default", "faults"), Options{Options: client.Options{Password: "guess"}})
		require.Regexp(t, "^clickhouse "+p[0].host()+": connecting: Wrong password for user default", shown(err))
		require.Contains(t, hintOf(err), "BEACON_CLICKHOUSE_PASSWORD")
	})
	t.Run("no password", func(t *testing.T) {
		_, err := Open(t.Context(), p[0].url("default", "faults"), Options{})
		require.Contains(t, shown(err), "Password required")
		require.Contains(t, hintOf(err), "BEACON_CLICKHOUSE_PASSWORD")
	})
	t.Run("password from a file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "password")
		require.NoError(t, os.WriteFile(file, []byte(testPassword+"\n"), 0o600))
		e, err := Open(t.Context(), p[0].url("default", "faults", "password_file="+file), Options{Options: client.Options{Password: "guess"}})
		require.NoError(t, err)
		e.Close()
	})
	t.Run("no server", func(t *testing.T) {
		port, err := freePort()
		require.NoError(t, err)
		_, err = Open(t.Context(), fmt.Sprintf("clickhouse://127.0.0.1:%d/default/faults", port), Options{})
		require.Regexp(t, fmt.Sprintf("^clickhouse 127.0.0.1:%d: connecting: .*refused", port), shown(err))
		require.Contains(t, hintOf(&client.Error{Doing: "connecting", Err: os.ErrDeadlineExceeded}), "the ports are 9000", "an HTTP server may wait for more")
	})
	t.Run("no table", func(t *testing.T) {
		_, err := p[0].engine(t, "missing").Find(t.Context(), everyMinute())
		require.Contains(t, shown(err), "clickhouse "+p[0].host()+": describing default.missing: Table default.missing doesn't exist")
		require.Contains(t, hintOf(err), "name an existing table")
	})
	t.Run("no table on a shard", func(t *testing.T) {
		p[0].exec(t, createTable("default", "halved", schema.Version{Major: 18, Minor: 16}), "CREATE VIEW halved_view AS SELECT * FROM halved")
		p.exec(t, "CREATE TABLE halved_all AS faults ENGINE = Distributed(two, default, halved, rand())")
		for _, e := range []*Engine{p[0].engine(t, "halved_all"), p[1].engine(t, "halved_all"), p[0].engine(t, "halved", "cluster=two")} {
			_, err := e.Find(t.Context(), everyMinute())
			require.Regexp(t, "Table default.halved doesn't exist|There is no table default.halved on server: "+p[1].host(), shown(err))
			require.Contains(t, hintOf(err), "create it where it is missing, on each shard")
		}
		p[0].exec(t, "DROP TABLE halved")
		_, err := p[0].engine(t, "halved_view").Find(t.Context(), everyMinute())
		require.Contains(t, shown(err), "Table default.halved doesn't exist")
		require.Contains(t, hintOf(err), "create it where it is missing")
	})
	t.Run("no database", func(t *testing.T) {
		e, err := Open(t.Context(), p[0].url("nowhere", "faults"), Options{Options: client.Options{Password: testPassword}})
		require.NoError(t, err)
		defer e.Close()
		_, err = e.Find(t.Context(), everyMinute())
		require.Contains(t, shown(err), "Database nowhere doesn't exist")
	})
	t.Run("no cluster", func(t *testing.T) {
		e := p[0].engine(t, "faults", "cluster=ten")
		_, err := e.Find(t.Context(), everyMinute())
		require.Contains(t, shown(err), "ten")
		require.Equal(t, client.HintClusters, hintOf(err))
		_, err = e.Load(t.Context(), openLog(t, noOptions, mixedLog(t)), LoadOptions{})
		require.Contains(t, shown(err), `the server knows no cluster "ten"`)
	})
	t.Run("readonly", func(t *testing.T) {
		for user, want := range map[string][2]string{"reader": {"Table functions are forbidden", "name a Distributed table instead of ?cluster="},
			"cutreader": {"readonly mode", "this one's skip_unavailable_shards can cut an answer"}} {
			e, err := Open(t.Context(), strings.Replace(p[0].url("default", "faults", "cluster=two"), "default@", user+"@", 1), Options{Options: client.Options{Password: testPassword}})
			require.NoError(t, err)
			defer e.Close()
			_, err = e.Find(t.Context(), everyMinute())
			require.Contains(t, shown(err), want[0])
			require.Contains(t, hintOf(err), want[1])
		}
	})
	t.Run("no column", func(t *testing.T) {
		p[0].exec(t, "CREATE TABLE lacking (timestamp DateTime, src_ip UInt32) ENGINE = Memory")
		_, err := p[0].engine(t, "lacking").Find(t.Context(), everyMinute())
		require.Contains(t, shown(err), "no column for dst_ip; it has timestamp, src_ip")
		require.Contains(t, hintOf(err), "--map dst_ip=COLUMN")
	})
	t.Run("column of another type", func(t *testing.T) {
		p[0].exec(t, "CREATE TABLE unfit (timestamp Date, src_ip UInt32, dst_ip UInt32) ENGINE = Memory")
		_, err := p[0].engine(t, "unfit").Find(t.Context(), everyMinute())
		require.Contains(t, shown(err), "column timestamp of type Date can't be read as timestamp")
	})
	t.Run("out of memory", func(t *testing.T) {
		_, err := p[0].engine(t, "faults", "cluster=two", "max_memory_usage=2000000").Find(t.Context(), everyMinute())
		require.Contains(t, shown(err), "Memory limit (for query) exceeded")
		require.Contains(t, hintOf(err), "max_memory_usage")
	})
	t.Run("out of time", func(t *testing.T) {
		p[0].exec(t, "CREATE VIEW slow AS SELECT timestamp, src_ip, dst_ip, sleepEachRow(0.0002) AS bytes FROM faults")
		q := everyMinute()
		q.Slots = 1
		_, err := p[0].engine(t, "slow", "max_execution_time=1", "max_block_size=1000").Find(t.Context(), q)
		require.Contains(t, shown(err), "Timeout exceeded")
		require.Contains(t, hintOf(err), "max_execution_time")
	})
	t.Run("unknown setting", func(t *testing.T) {
		_, err := p[0].engine(t, "faults", "max_fun=1").Find(t.Context(), everyMinute())
		require.Contains(t, shown(err), "max_fun")
		require.Contains(t, hintOf(err), "correct the name")
	})
	t.Run("order of the log", func(t *testing.T) {
		q := everyMinute()
		q.Order = beacon.ByLog
		_, err := p[0].engine(t, "faults").Find(t.Context(), q)
		require.Contains(t, shown(err), "a table keeps no order of a log")
	})
}

func TestShardKilled(t *testing.T) {
	t.Run("before", func(t *testing.T) {
		p := ownShards(t)
		p.fillFlows(t, "f", 1000)
		for name, user := range map[string]string{"default": "default", "a profile that skips shards": "careless"} {
			e, err := Open(t.Context(), fmt.Sprintf("clickhouse://%s@%s/default/f?cluster=two", user, p[0].host()), Options{Options: client.Options{Password: testPassword}})
			require.NoError(t, err)
			defer e.Close()
			_, err = e.Find(t.Context(), everyMinute())
			require.NoError(t, err, name)
		}
		p[1].kill()
		for name, user := range map[string]string{"default": "default", "a profile that skips shards": "careless"} {
			e, err := Open(t.Context(), fmt.Sprintf("clickhouse://%s@%s/default/f?cluster=two", user, p[0].host()), Options{Options: client.Options{Password: testPassword}})
			require.NoError(t, err)
			defer e.Close()
			found, err := e.Find(t.Context(), everyMinute())
			require.Error(t, err, name)
			require.Nil(t, found)
			t.Log(err)
			require.Contains(t, err.Error(), "clickhouse "+p[0].host()+": ")
			require.Contains(t, err.Error(), p[1].host(), "the shard is not named")
			require.Contains(t, hintOf(err), "every shard of the cluster must be reachable")
		}
	})
	t.Run("in the middle", func(t *testing.T) {
		p := ownShards(t)
		p.fillFlows(t, "f", 60000)
		p.exec(t, "CREATE VIEW slow AS SELECT timestamp + toInt64(sleepEachRow(0.0002)) AS timestamp, src_ip, dst_ip FROM f")
		e := p[0].engine(t, "slow", "cluster=two", "max_block_size=1000")
		_, err := e.describe(t.Context())
		require.NoError(t, err)
		killed := make(chan struct{})
		go func() {
			defer close(killed)
			p[1].awaitQuery(t, "slow")
			p[1].kill()
		}()
		q := everyMinute()
		q.Internal = networks(t, "10.0.0.0/8")
		found, err := e.Find(t.Context(), q)
		<-killed
		require.Error(t, err)
		require.Nil(t, found)
		t.Log(err)
		require.Contains(t, err.Error(), "clickhouse "+p[0].host()+": counting flows: ")
		require.Contains(t, err.Error(), p[1].host(), "the shard is not named")
		require.Contains(t, hintOf(err), "every shard of the cluster must be reachable")
	})
	t.Run("the server that is asked", func(t *testing.T) {
		p := ownShards(t)
		p.fillFlows(t, "f", 60000)
		p[0].exec(t, "CREATE VIEW slow AS SELECT timestamp + toInt64(sleepEachRow(0.0002)) AS timestamp, src_ip, dst_ip FROM f")
		e := p[0].engine(t, "slow", "max_block_size=1000")
		_, err := e.describe(t.Context())
		require.NoError(t, err)
		killed := make(chan struct{})
		go func() {
			defer close(killed)
			p[0].awaitQuery(t, "slow")
			p[0].kill()
		}()
		found, err := e.Find(t.Context(), everyMinute())
		<-killed
		require.Error(t, err)
		require.Nil(t, found)
		t.Log(err)
		require.Contains(t, err.Error(), "clickhouse "+p[0].host()+": counting flows: ")
	})
}

// running counts the statements with a word in them that the server is at.
func (s *server) running(ctx context.Context, word string) (n int64, err error) {
	e, err := Open(ctx, s.url("default", "none"), Options{Options: client.Options{Password: testPassword}})
	if err != nil {
		return 0, err
	}
	defer e.Close()
	sql := "SELECT toInt64(count()) FROM system.processes WHERE query LIKE '%" + word + "%' AND query NOT LIKE '%processes%'"
	return n, e.Driver.QueryRow(ctx, sql).Scan(&n)
}

// awaitQuery waits until the server is at a statement with a word in it.
func (s *server) awaitQuery(t *testing.T, word string) {
	for range 600 {
		if n, err := s.running(context.Background(), word); err == nil && n > 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("the server never came to a statement with %q", word)
}

func TestCancelled(t *testing.T) {
	p := twoShards(t)
	p.fillFlows(t, "long", 200000)
	p.exec(t, "CREATE VIEW long_slow AS SELECT timestamp + toInt64(sleepEachRow(0.0002)) AS timestamp, src_ip, dst_ip FROM long")
	e := p[0].engine(t, "long_slow", "cluster=two", "max_block_size=1000")
	_, err := e.describe(t.Context())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		p[1].awaitQuery(t, "long_slow")
		cancel()
	}()
	_, err = e.Find(ctx, everyMinute())
	require.ErrorIs(t, err, context.Canceled)
	for _, s := range p {
		require.Eventually(t, func() bool {
			n, err := s.running(t.Context(), "long_slow")
			return err == nil && n == 0
		}, 20*time.Second, 50*time.Millisecond, "the server goes on with the query")
	}
}
