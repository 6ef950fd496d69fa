package clickhouse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/clickhouse/client"
	"beacon/internal/flow"
	"beacon/internal/flowlog"
)

// server is a ClickHouse server of a test, on a loopback port with directories
// of its own.
type server struct {
	port int
	dir  string
	cmd  *exec.Cmd
	out  bytes.Buffer
}

// pair is two servers, each a shard of the cluster "two".
type pair [2]*server

const testPassword = "secret"

// required says that a server must be there.
var required = os.Getenv("BEACON_CLICKHOUSE") == "required"

// serverBinary is the server's program; the test is skipped, or fails where it
// must not be, without one.
func serverBinary(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"clickhouse-server", "/usr/sbin/clickhouse-server", "/usr/bin/clickhouse-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if required {
		t.Fatal("there is no clickhouse-server, and BEACON_CLICKHOUSE=required")
	}
	t.Skip("there is no clickhouse-server")
	return ""
}

var shared struct {
	once sync.Once
	pair pair
	dir  string
	err  error
}

func TestMain(m *testing.M) {
	blockRows, pairFlows, askedAtOnce = 2*flow.BatchRows, 5000, 100
	openAtOnce, callersAtOnce, serverMemory = 150, 150, 4<<20
	code := m.Run()
	stopModern()
	for _, s := range shared.pair {
		s.kill()
	}
	if shared.dir != "" {
		os.RemoveAll(shared.dir)
	}
	os.Exit(code)
}

// twoShards is the pair that tests share which leave it alive.
func twoShards(t *testing.T) pair {
	binary := serverBinary(t)
	shared.once.Do(func() {
		if shared.dir, shared.err = os.MkdirTemp("", "beacon-clickhouse-"); shared.err == nil {
			shared.pair, shared.err = startPair(binary, shared.dir)
		}
	})
	require.NoError(t, shared.err)
	return shared.pair
}

// ownShards is a pair that a test may kill.
func ownShards(t *testing.T) pair {
	p, err := startPair(serverBinary(t), t.TempDir())
	t.Cleanup(func() {
		for _, s := range p {
			s.kill()
		}
	})
	require.NoError(t, err)
	return p
}

func startPair(binary, dir string) (p pair, err error) {
	ports := make([]int, len(p))
	for i := range p {
		if ports[i], err = freePort(); err != nil {
			return p, err
		}
	}
	for i := range p {
		p[i] = &server{port: ports[i], dir: filepath.Join(dir, fmt.Sprint("shard", i+1))}
		if err := p[i].configure(ports); err != nil {
			return p, err
		}
		if err := p[i].start(binary); err != nil {
			return p, err
		}
	}
	for _, s := range p {
		if err := s.await(); err != nil {
			return p, err
		}
	}
	return p, nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func (s *server) configure(ports []int) error {
	var shards strings.Builder
	for _, port := range ports {
		fmt.Fprintf(&shards, "<shard><replica><host>127.0.0.1</host><port>%d</port><user>default</user><password>%s</password></replica></shard>", port, testPassword)
	}
	config := fmt.Sprintf(`<?xml version="1.0"?>
<yandex>
<logger><level>warning</level><log>%[1]s/server.log</log><errorlog>%[1]s/error.log</errorlog></logger>
<listen_host>127.0.0.1</listen_host>
<tcp_port>%[2]d</tcp_port>
<path>%[1]s/data/</path>
<tmp_path>%[1]s/tmp/</tmp_path>
<users_config>users.xml</users_config>
<default_profile>default</default_profile>
<default_database>default</default_database>
<timezone>UTC</timezone>
<mark_cache_size>67108864</mark_cache_size>
<query_log><database>system</database><table>query_log</table><flush_interval_milliseconds>200</flush_interval_milliseconds></query_log>
<remote_servers><two>%[3]s</two></remote_servers>
</yandex>`, s.dir, s.port, shards.String())
	users := fmt.Sprintf(`<?xml version="1.0"?>
<yandex>
<profiles><default><log_queries>1</log_queries><log_query_threads>0</log_query_threads></default><careless><skip_unavailable_shards>1</skip_unavailable_shards></careless><cut><max_result_rows>3</max_result_rows><result_overflow_mode>break</result_overflow_mode></cut><reader><readonly>1</readonly></reader>
<cutreader><readonly>1</readonly><skip_unavailable_shards>1</skip_unavailable_shards></cutreader>
<short><max_query_size>4000</max_query_size></short><shortreader><readonly>1</readonly><max_query_size>4000</max_query_size></shortreader></profiles>
<users>
<default><password>%[1]s</password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota></default>
<careless><password>%[1]s</password><networks><ip>::/0</ip></networks><profile>careless</profile><quota>default</quota></careless>
<cut><password>%[1]s</password><networks><ip>::/0</ip></networks><profile>cut</profile><quota>default</quota></cut>
<reader><password>%[1]s</password><networks><ip>::/0</ip></networks><profile>reader</profile><quota>default</quota></reader>
<cutreader><password>%[1]s</password><networks><ip>::/0</ip></networks><profile>cutreader</profile><quota>default</quota></cutreader>
<short><password>%[1]s</password><networks><ip>::/0</ip></networks><profile>short</profile><quota>default</quota></short>
<shortreader><password>%[1]s</password><networks><ip>::/0</ip></networks><profile>shortreader</profile><quota>default</quota></shortreader>
</users>
<quotas><default></default></quotas>
</yandex>`, testPassword)
	for _, d := range []string{"data", "tmp"} {
		if err := os.MkdirAll(filepath.Join(s.dir, d), 0o755); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(s.dir, "config.xml"), []byte(config), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.dir, "users.xml"), []byte(users), 0o644)
}

func (s *server) start(binary string) error {
	s.cmd = exec.Command(binary, "--config-file="+filepath.Join(s.dir, "config.xml"))
	s.cmd.Dir = s.dir
	s.cmd.Stdout, s.cmd.Stderr = &s.out, &s.out
	s.cmd.WaitDelay = 10 * time.Second // a child of the server's that outlives it holds its output open
	return s.cmd.Start()
}

// kill ends the server at once, as a crash does.
func (s *server) kill() {
	if s == nil || s.cmd == nil || s.cmd.Process == nil {
		return
	}
	s.cmd.Process.Kill()
	s.cmd.Wait()
	s.cmd = nil
}

// await waits until the server answers.
func (s *server) await() error {
	deadline := time.Now().Add(time.Minute)
	for {
		e, err := Open(context.Background(), s.url("default", "none"), Options{Options: client.Options{Password: testPassword}})
		if err == nil {
			return e.Close()
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(s.dir, "error.log"))
			return fmt.Errorf("the server does not answer: %w\n%s%s", err, &s.out, log)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (s *server) host() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// url is the URL of a table, with parameters as given.
func (s *server) url(database, table string, parameters ...string) string {
	u := fmt.Sprintf("clickhouse://default@%s/%s/%s", s.host(), database, table)
	if len(parameters) > 0 {
		u += "?" + strings.Join(parameters, "&")
	}
	return u
}

// engine is an engine for a table of the server.
func (s *server) engine(t *testing.T, table string, parameters ...string) *Engine {
	t.Helper()
	e, err := Open(t.Context(), s.url("default", table, parameters...), Options{Options: client.Options{Password: testPassword}})
	require.NoError(t, err)
	t.Cleanup(func() { e.Close() })
	return e
}

// exec carries out statements on the server.
func (s *server) exec(t *testing.T, statements ...string) {
	t.Helper()
	e := s.engine(t, "none")
	for _, sql := range statements {
		require.NoError(t, e.Driver.Exec(t.Context(), sql), sql)
	}
}

// number is the answer to a statement that gives one number.
func (s *server) number(t *testing.T, sql string) int64 {
	t.Helper()
	e := s.engine(t, "none")
	var n int64
	require.NoError(t, e.Driver.QueryRow(t.Context(), "SELECT toInt64(("+sql+"))").Scan(&n), sql)
	return n
}

// create makes a table on every server.
func (p pair) exec(t *testing.T, statements ...string) {
	t.Helper()
	for _, s := range p {
		s.exec(t, statements...)
	}
}

// addr4 is the IPv4 address that is a big-endian number.
func addr4(n uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

// hintOf is the hint of an error that has one.
func hintOf(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	var input *flowlog.InputError
	if errors.As(err, &input) {
		return input.Hint
	}
	return ""
}
