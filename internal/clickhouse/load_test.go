package clickhouse

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/clickhouse/client"
	"beacon/internal/flowlog"
	"beacon/internal/simulate"
)

// checksum is a sum over a table's flows that a lost, doubled or changed one
// alters.
const checksum = "SELECT sum(cityHash64(timestamp, src_ip, dst_ip, src_port, dst_port, protocol, bytes) %% 1000003) FROM %s"

// proxy passes bytes on to a server until so many went in. Then it cuts every
// connection, and later ones too unless it heals.
type proxy struct {
	net.Listener
	to    string
	left  atomic.Int64
	cut   atomic.Bool
	heals bool
}

func newProxy(t *testing.T, to string, bytes int64) *proxy {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{Listener: l, to: to}
	p.left.Store(bytes)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.pass(c)
		}
	}()
	return p
}

func (p *proxy) pass(c net.Conn) {
	defer c.Close()
	s, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer s.Close()
	go func() { io.Copy(c, s); c.Close() }()
	buf := make([]byte, 32<<10)
	later := p.cut.Load()
	for later && p.heals || !p.cut.Load() {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if !later && p.left.Add(-int64(n)) < 0 {
			p.cut.Store(true)
			return
		}
		if _, err := s.Write(buf[:n]); err != nil {
			return
		}
	}
}

// bigLog is a log of more than a few blocks, over several days.
func bigLog(t *testing.T) (path string, rows int64) {
	rows = int64(4*blockRows + 12345)
	path = writeCSV(t, "big.csv", func(emit func(simulate.Row) error) error {
		var r simulate.Row
		for i := range rows {
			r = simulate.Row{Time: day(0) + i*104729%rows*int64(3*24*time.Hour/time.Microsecond)/rows*1000, Src: addr4(0x0a000000 + uint32(i%977)), Dst: addr4(0x08000000 + uint32(i*i%7919)),
				SrcPort: uint16(i), DstPort: 443, Proto: simulate.TCP, Bytes: i % 1500}
			if err := emit(r); err != nil {
				return err
			}
		}
		return nil
	})
	return path, rows
}

// missing reports whether no server of the pair has the table.
func (p pair) missing(t *testing.T, table string) bool {
	t.Helper()
	var n int64
	for _, s := range p {
		n += s.number(t, "SELECT count() FROM system.tables WHERE database = 'default' AND name = '"+table+"'")
	}
	return n == 0
}

func TestLoadIsWholeOrDropped(t *testing.T) {
	p := twoShards(t)
	path, rows := bigLog(t)
	load := func(e *Engine, opt LoadOptions) (*LoadReport, error) {
		opt.Workers = 2
		return e.Load(t.Context(), openLog(t, flowlog.Options{}, path), opt)
	}
	whole := p[0].engine(t, "whole")
	r, err := load(whole, LoadOptions{})
	require.NoError(t, err)
	require.Equal(t, rows, r.Rows)
	require.True(t, r.Created)
	sum := p[0].number(t, fmt.Sprintf(checksum, "whole"))

	t.Run("into a table that exists", func(t *testing.T) {
		_, err := load(whole, LoadOptions{})
		require.EqualError(t, err, "clickhouse "+p[0].host()+": loading: the table default.whole exists")
		require.Contains(t, hintOf(err), "--append")
		require.Equal(t, rows, p[0].number(t, "SELECT count() FROM whole"))
	})
	t.Run("appended", func(t *testing.T) {
		r, err := load(whole, LoadOptions{Append: true})
		require.NoError(t, err)
		require.Equal(t, rows, r.Rows)
		require.False(t, r.Created)
		require.Equal(t, 2*rows, p[0].number(t, "SELECT count() FROM whole"))
	})
	t.Run("over two shards", func(t *testing.T) {
		r, err := load(p[0].engine(t, "dealt", "cluster=two"), LoadOptions{})
		require.NoError(t, err)
		require.Equal(t, rows, r.Rows)
		require.Equal(t, sum, p[0].number(t, fmt.Sprintf(checksum, "cluster('two', default, dealt)")))
		for _, s := range p {
			require.Less(t, s.number(t, "SELECT count() FROM dealt"), rows)
		}
		p[1].exec(t, "DROP TABLE dealt")
		_, err = load(p[0].engine(t, "dealt", "cluster=two"), LoadOptions{Append: true})
		require.ErrorContains(t, err, "exists on 1 of the cluster's 2 shards only")
	})
	t.Run("two at once", func(t *testing.T) {
		var failed atomic.Int64
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				if _, err := load(p[0].engine(t, "raced", "cluster=two"), LoadOptions{}); err != nil {
					failed.Add(1)
				}
			})
		}
		both.Wait()
		if failed.Load() == 2 {
			require.True(t, p.missing(t, "raced"))
			return
		}
		require.EqualValues(t, 1, failed.Load())
		require.Equal(t, sum, p[0].number(t, fmt.Sprintf(checksum, "cluster('two', default, raced)")))
	})
	for _, after := range []int64{20 << 10, 300 << 10, 700 << 10} {
		t.Run(fmt.Sprintf("cut after %d KiB", after>>10), func(t *testing.T) {
			table := fmt.Sprintf("cut_%d", after)
			cut := newProxy(t, p[0].host(), after)
			cut.heals = true
			e, err := Open(t.Context(), "clickhouse://default@"+cut.Addr().String()+"/default/"+table, Options{Options: client.Options{Password: testPassword}})
			require.NoError(t, err)
			defer e.Close()
			_, err = load(e, LoadOptions{})
			require.True(t, cut.cut.Load(), "the connection was not cut")
			require.ErrorContains(t, err, "clickhouse "+cut.Addr().String())
			require.True(t, p.missing(t, table), "the table was not dropped")
		})
	}
	t.Run("the server stays away", func(t *testing.T) {
		cut := newProxy(t, p[0].host(), 300<<10)
		e, err := Open(t.Context(), "clickhouse://default@"+cut.Addr().String()+"/default/stays", Options{Options: client.Options{Password: testPassword}})
		require.NoError(t, err)
		defer e.Close()
		_, err = load(e, LoadOptions{})
		require.ErrorContains(t, err, "the table was begun and can't be dropped")
		require.NotContains(t, err.Error(), "\n")
		require.Contains(t, hintOf(err), "DROP TABLE `default`.`stays`")
	})
}

func TestAppendToForeignTable(t *testing.T) {
	p := twoShards(t)
	path := mixedLog(t)
	load := func(e *Engine, opt LoadOptions) (*LoadReport, error) {
		return e.Load(t.Context(), openLog(t, flowlog.Options{}, path), opt)
	}
	p.exec(t, "CREATE TABLE theirs (date Date DEFAULT toDate(ts), ts DateTime, id UInt64 DEFAULT 7, `dst ip` String, src String, dport Nullable(UInt32), bytes Nullable(UInt64), proto String) ENGINE = MergeTree PARTITION BY date ORDER BY ts",
		"CREATE TABLE theirs_all AS theirs ENGINE = Distributed(two, default, theirs, rand())")
	e := p[0].engine(t, "theirs_all")
	r, err := load(e, LoadOptions{Append: true})
	require.NoError(t, err)
	require.False(t, r.Created)
	require.EqualValues(t, 9000, r.Rows)
	require.EqualValues(t, 9000, p[0].number(t, "SELECT count() FROM theirs_all"), "an insert was not waited for")
	for _, s := range p {
		require.Less(t, s.number(t, "SELECT count() FROM theirs"), int64(9000))
	}
	require.EqualValues(t, 9000*7, p[0].number(t, "SELECT sum(id) FROM theirs_all"))
	require.EqualValues(t, 9000*8999/2, p[0].number(t, "SELECT sum(bytes) FROM theirs_all"))
	require.EqualValues(t, 0, p[0].number(t, "SELECT count() FROM system.tables WHERE database = 'default' AND name LIKE 'beacon%'"), "a table of our own stands in their database")

	t.Run("the answer at its resolution", func(t *testing.T) {
		p[0].exec(t, "CREATE TABLE coarse AS theirs", "ALTER TABLE coarse ADD COLUMN day Date MATERIALIZED toDate(ts), ADD COLUMN end DateTime ALIAS ts + 1")
		e := p[0].engine(t, "coarse")
		_, err := load(e, LoadOptions{Append: true})
		require.NoError(t, err)
		q := everyMinute()
		want := comparable(arrow(t, wholeSeconds(t), q))
		found, err := e.Find(t.Context(), q)
		require.NoError(t, err)
		require.NotEmpty(t, found.List)
		require.Equal(t, want, comparable(found))
	})
	t.Run("a load that is cut off", func(t *testing.T) {
		big, rows := bigLog(t)
		p[0].exec(t, "CREATE TABLE cut_theirs AS theirs")
		cut := newProxy(t, p[0].host(), 700<<10)
		e, err := Open(t.Context(), "clickhouse://default@"+cut.Addr().String()+"/default/cut_theirs", Options{Options: client.Options{Password: testPassword}})
		require.NoError(t, err)
		defer e.Close()
		_, err = e.Load(t.Context(), openLog(t, flowlog.Options{}, big), LoadOptions{Workers: 1, Append: true})
		require.True(t, cut.cut.Load())
		var told int64
		require.Regexp(t, `; \d+ flows had gone into the table before$`, err.Error())
		_, scanErr := fmt.Sscan(err.Error()[strings.LastIndex(err.Error(), "; ")+2:], &told)
		require.NoError(t, scanErr)
		in := p[0].number(t, "SELECT count() FROM cut_theirs")
		require.Less(t, in, rows)
		require.LessOrEqual(t, told, in)
	})
	t.Run("addresses that it can't hold", func(t *testing.T) {
		p[0].exec(t, "CREATE TABLE narrow (ts DateTime, src UInt32, dst UInt32) ENGINE = MergeTree PARTITION BY toDate(ts) ORDER BY ts")
		_, err := load(p[0].engine(t, "narrow"), LoadOptions{Append: true})
		require.ErrorContains(t, err, "it can't hold fd00::")
		require.Zero(t, p[0].number(t, "SELECT count() FROM narrow"))
	})
	t.Run("no column for a destination", func(t *testing.T) {
		p[0].exec(t, "CREATE TABLE half_theirs (ts DateTime, src UInt32) ENGINE = MergeTree PARTITION BY toDate(ts) ORDER BY ts")
		_, err := load(p[0].engine(t, "half_theirs"), LoadOptions{Append: true})
		require.ErrorContains(t, err, "no column for dst_ip")
	})
}

// wholeSeconds is the mixed log with its times cut to seconds.
func wholeSeconds(t *testing.T) string {
	path := mixedLog(t)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		if stamp, rest, ok := strings.Cut(line, ","); ok && i > 0 {
			second, _, _ := strings.Cut(stamp, ".")
			lines[i] = second + "," + rest
		}
	}
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o644))
	return path
}

func TestLoadCancelled(t *testing.T) {
	p := twoShards(t)
	path, rows := bigLog(t)
	e := p[0].engine(t, "stopped")
	ctx, cancel := context.WithCancel(t.Context())
	e.Progress = func(at client.Progress) {
		if at.Doing == "loading" {
			cancel()
		}
	}
	_, err := e.Load(ctx, openLog(t, flowlog.Options{}, path), LoadOptions{Workers: 2})
	require.ErrorIs(t, err, context.Canceled)
	require.True(t, p.missing(t, "stopped"), "the table was not dropped")
	e.Progress = nil
	r, err := e.Load(t.Context(), openLog(t, flowlog.Options{}, path), LoadOptions{Workers: 2})
	require.NoError(t, err)
	require.Equal(t, rows, r.Rows)
	require.Equal(t, rows, p[0].number(t, "SELECT count() FROM stopped"))
}
