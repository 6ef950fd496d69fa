package clickhouse

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/flowlog"
	"beacon/internal/simulate"
)

// checksum is a sum over a table's flows that a lost, doubled or changed one
// alters.
const checksum = "SELECT sum(cityHash64(timestamp, src_ip, dst_ip, src_port, dst_port, protocol, bytes) %% 1000003) FROM %s"

// proxy passes bytes on to a server until so many went in, then cuts every
// connection.
type proxy struct {
	net.Listener
	to   string
	left atomic.Int64
	cut  atomic.Bool
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
	for !p.cut.Load() {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if p.left.Add(-int64(n)) < 0 {
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

func TestLoadAgainAfterACut(t *testing.T) {
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
	require.Zero(t, r.Before)
	want := p[0].number(t, fmt.Sprintf(checksum, "whole"))

	t.Run("the same log again", func(t *testing.T) {
		r, err := load(whole, LoadOptions{})
		require.NoError(t, err)
		require.Equal(t, rows, r.Before)
		require.Nil(t, r.Log, "the log was read")
		require.Equal(t, rows, p[0].number(t, "SELECT count() FROM whole"))
	})
	t.Run("by force", func(t *testing.T) {
		_, err := load(whole, LoadOptions{Force: true})
		require.NoError(t, err)
		require.Equal(t, 2*rows, p[0].number(t, "SELECT count() FROM whole"))
	})
	for _, after := range []int64{20 << 10, 300 << 10, 1 << 20} {
		t.Run(fmt.Sprintf("cut after %d KiB", after>>10), func(t *testing.T) {
			table := fmt.Sprintf("cut_%d", after)
			cut := newProxy(t, p[0].host(), after)
			e, err := Open(t.Context(), "clickhouse://default@"+cut.Addr().String()+"/default/"+table, Options{Password: testPassword})
			require.NoError(t, err)
			defer e.Close()
			_, err = load(e, LoadOptions{})
			require.True(t, cut.cut.Load(), "the connection was not cut")
			require.ErrorContains(t, err, "clickhouse "+cut.Addr().String())
			require.Zero(t, p[0].number(t, "SELECT count() FROM "+table), "flows of a load that was cut off are to be seen")

			again := p[0].engine(t, table)
			r, err := load(again, LoadOptions{})
			require.NoError(t, err)
			require.Equal(t, rows, r.Rows)
			require.Equal(t, want, p[0].number(t, fmt.Sprintf(checksum, table)))
			require.Zero(t, p[0].number(t, "SELECT count() FROM system.tables WHERE name LIKE '"+table+"_load%'"), "a staging table is left")
		})
	}
	t.Run("cut while partitions are attached", func(t *testing.T) {
		e := p[0].engine(t, "half", "cluster=two")
		_, err := load(e, LoadOptions{})
		require.NoError(t, err)
		// As it stands after a cut between two partitions of the second shard.
		id := openLog(t, flowlog.Options{}, path).Identity()
		staging := fmt.Sprintf("half_load_%016x", id)
		p[1].exec(t, "CREATE TABLE "+staging+" AS half",
			"ALTER TABLE "+staging+" ATTACH PARTITION ID '20200622' FROM half",
			"ALTER TABLE "+staging+" ATTACH PARTITION ID '20200623' FROM half",
			"ALTER TABLE half DROP PARTITION ID '20200623'")
		require.Less(t, p[0].number(t, "SELECT count() FROM cluster('two', default, half)"), rows)
		r, err := load(e, LoadOptions{})
		require.NoError(t, err)
		require.Nil(t, r.Log, "the log was read")
		require.Equal(t, rows, r.Rows)
		require.Less(t, r.Before, rows)
		require.Positive(t, r.Before)
		require.Equal(t, want, p[0].number(t, fmt.Sprintf(checksum, "cluster('two', default, half)")))
		require.Zero(t, p[1].number(t, "SELECT count() FROM system.tables WHERE name LIKE 'half_load%'"))
	})
}

func TestLoadIntoSomebodyElses(t *testing.T) {
	p := twoShards(t)
	path := mixedLog(t)
	load := func(e *Engine, opt LoadOptions) (*LoadReport, error) {
		return e.Load(t.Context(), openLog(t, flowlog.Options{}, path), opt)
	}
	p.exec(t, "CREATE TABLE theirs (date Date DEFAULT toDate(ts), ts DateTime, id UInt64 DEFAULT 7, `dst ip` String, src String, dport Nullable(UInt32), bytes Nullable(UInt64), proto String) ENGINE = MergeTree PARTITION BY date ORDER BY ts",
		"CREATE TABLE theirs_all AS theirs ENGINE = Distributed(two, default, theirs, rand())")
	e := p[0].engine(t, "theirs_all")
	r, err := load(e, LoadOptions{})
	require.NoError(t, err)
	require.False(t, r.Created)
	require.EqualValues(t, 9000, r.Rows)
	require.EqualValues(t, 9000, p[0].number(t, "SELECT count() FROM theirs_all"), "an insert was not waited for")
	for _, s := range p {
		require.Less(t, s.number(t, "SELECT count() FROM theirs"), int64(9000))
	}
	require.EqualValues(t, 9000*7, p[0].number(t, "SELECT sum(id) FROM theirs_all"))
	require.EqualValues(t, 9000*8999/2, p[0].number(t, "SELECT sum(bytes) FROM theirs_all"))

	_, err = load(e, LoadOptions{})
	require.EqualError(t, err, "clickhouse "+p[0].host()+": loading: this log was loaded into default.theirs_all before: all of its 9000 flows are in")
	require.Contains(t, hintOf(err), "--force")
	_, err = load(e, LoadOptions{Force: true})
	require.NoError(t, err)
	require.EqualValues(t, 18000, p[0].number(t, "SELECT count() FROM theirs_all"))

	t.Run("the answer at its resolution", func(t *testing.T) {
		p[0].exec(t, "CREATE TABLE coarse AS theirs", "ALTER TABLE coarse ADD COLUMN day Date MATERIALIZED toDate(ts), ADD COLUMN end DateTime ALIAS ts + 1")
		e := p[0].engine(t, "coarse")
		_, err := load(e, LoadOptions{})
		require.NoError(t, err)
		q := everyMinute()
		want := comparable(arrow(t, wholeSeconds(t), q))
		found, err := e.Find(t.Context(), q)
		require.NoError(t, err)
		require.NotEmpty(t, found.List)
		require.Equal(t, want, comparable(found))
	})
	t.Run("a load that was cut off", func(t *testing.T) {
		big, _ := bigLog(t)
		p[0].exec(t, "CREATE TABLE cut_theirs AS theirs")
		cut := newProxy(t, p[0].host(), 1<<20)
		e, err := Open(t.Context(), "clickhouse://default@"+cut.Addr().String()+"/default/cut_theirs", Options{Password: testPassword})
		require.NoError(t, err)
		defer e.Close()
		_, err = e.Load(t.Context(), openLog(t, flowlog.Options{}, big), LoadOptions{Workers: 1})
		require.Error(t, err)
		require.True(t, cut.cut.Load())
		_, err = p[0].engine(t, "cut_theirs").Load(t.Context(), openLog(t, flowlog.Options{}, big), LoadOptions{Workers: 1})
		require.ErrorContains(t, err, "the load was cut off: ")
		require.Regexp(t, `: \d+ flows went in`, err.Error())
		require.Contains(t, hintOf(err), "--force")
	})
	t.Run("addresses that it can't hold", func(t *testing.T) {
		p[0].exec(t, "CREATE TABLE narrow (ts DateTime, src UInt32, dst UInt32) ENGINE = MergeTree PARTITION BY toDate(ts) ORDER BY ts")
		_, err := load(p[0].engine(t, "narrow"), LoadOptions{})
		require.ErrorContains(t, err, "can't hold the address fd00::")
		require.Zero(t, p[0].number(t, "SELECT count() FROM narrow"))
	})
	t.Run("no column for a destination", func(t *testing.T) {
		p[0].exec(t, "CREATE TABLE half_theirs (ts DateTime, src UInt32) ENGINE = MergeTree PARTITION BY toDate(ts) ORDER BY ts")
		_, err := load(p[0].engine(t, "half_theirs"), LoadOptions{})
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
	e.opt.Progress = func(at Progress) {
		if at.Doing == "loading" {
			cancel()
		}
	}
	_, err := e.Load(ctx, openLog(t, flowlog.Options{}, path), LoadOptions{Workers: 2})
	require.ErrorIs(t, err, context.Canceled)
	e.opt.Progress = nil
	r, err := e.Load(t.Context(), openLog(t, flowlog.Options{}, path), LoadOptions{Workers: 2})
	require.NoError(t, err)
	require.Equal(t, rows, r.Rows)
	require.Equal(t, rows, p[0].number(t, "SELECT count() FROM stopped"))
}
