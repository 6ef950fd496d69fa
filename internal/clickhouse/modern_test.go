package clickhouse

import (
	"bufio"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/simulate"
)

// modern is a server whose engine is that of a recent ClickHouse, see chdb: it is reached by
// HTTP. BEACON_CHDB names its library.
var modern struct {
	once sync.Once
	dir  string
	cmd  *exec.Cmd
	host string
	err  error
}

func modernServer(t *testing.T) (host string) {
	library := os.Getenv("BEACON_CHDB")
	if library == "" {
		t.Skip("BEACON_CHDB names no libchdb.so")
	}
	if testing.Short() {
		t.Skip("the server takes a while")
	}
	modern.once.Do(func() { modern.err = startModern(library) })
	require.NoError(t, modern.err)
	return modern.host
}

func startModern(library string) (err error) {
	if modern.dir, err = os.MkdirTemp("", "beacon-chdb-"); err != nil {
		return err
	}
	server := filepath.Join(modern.dir, "server")
	build := exec.Command("go", "build", "-o", server, ".")
	build.Dir, build.Env = "chdb", append(os.Environ(), "CGO_ENABLED=1", "GOFLAGS=-trimpath")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the server: %w\n%s", err, out)
	}
	modern.cmd = exec.Command(server, "-lib", library, "-path", filepath.Join(modern.dir, "data"))
	modern.cmd.Stderr = os.Stderr
	out, err := modern.cmd.StdoutPipe()
	if err == nil {
		err = modern.cmd.Start()
	}
	if err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	modern.host = strings.TrimSpace(line)
	return err
}

func stopModern() {
	if modern.cmd != nil && modern.cmd.Process != nil {
		modern.cmd.Process.Kill()
		modern.cmd.Wait()
	}
	if modern.dir != "" {
		os.RemoveAll(modern.dir)
	}
}

func modernEngine(t *testing.T, table string, parameters ...string) *Engine {
	t.Helper()
	url := "clickhouse+http://" + modernServer(t) + "/default/" + table
	if len(parameters) > 0 {
		url += "?" + strings.Join(parameters, "&")
	}
	e, err := Open(t.Context(), url, Options{})
	require.NoError(t, err)
	t.Cleanup(func() { e.Close() })
	return e
}

func modernExec(t *testing.T, statements ...string) {
	t.Helper()
	e := modernEngine(t, "none")
	for _, sql := range statements {
		require.NoError(t, e.Driver.Exec(t.Context(), sql), sql)
	}
}

// secondsLog is flows at whole seconds, for every type of time holds them: some call in
// every minute, some keep to a timer.
func secondsLog(t *testing.T, families int) string {
	addr := func(format string, n int) netip.Addr { return netip.MustParseAddr(fmt.Sprintf(format, n)) }
	return writeCSV(t, "seconds.csv", func(emit func(simulate.Row) error) error {
		start := time.Date(2024, 2, 28, 22, 0, 0, 0, time.UTC).UnixNano()
		for i := range 12000 {
			r := simulate.Row{Time: start + int64(i)*int64(time.Second), SrcPort: uint16(40000 + i%99), DstPort: 443, Proto: simulate.TCP, Bytes: int64(i % 1000)}
			switch {
			case i%2 == 0 && families > 1:
				r.Src, r.Dst = addr("fd00::%x", 1+i%50), addr("2001:db8::%x", 1+i%40)
			case i%90 == 31:
				r.Src, r.Dst = addr("10.0.0.%d", 1), addr("198.51.100.%d", 77)
			default:
				r.Src, r.Dst = addr("10.0.0.%d", 1+i%70), addr("203.0.113.%d", 1+i%33)
			}
			if err := emit(r); err != nil {
				return err
			}
		}
		return nil
	})
}

// written is how others write the flows of a table of ours: the columns of the goldens.
var written = map[string]struct {
	columns  string
	families int
	values   string
}{
	"akvorado": {akvorado, 2, "timestamp, 1, toIPv6('::1'), src_ip, dst_ip, 0, 0, 0, protocol, src_port, dst_port, bytes, 1, 0"},
	"goflow2": {goflow2, 2, "today(), timestamp, timestamp, timestamp, 1, 1, toFixedString('', 16), " + shortBytes("src_ip") + ", " + shortBytes("dst_ip") +
		", 0, 0, if(startsWith(toString(src_ip), '::ffff:'), 0x0800, 0x86dd), protocol, src_port, dst_port, bytes, 1"},
	"rita":  {rita, 2, "now(), timestamp, toFixedString('', 16), src_ip, dst_ip, generateUUIDv4(), src_port, dst_port, 'tcp', 0, 0, bytes"},
	"texts": {texts, 1, "timestamp, replaceOne(toString(src_ip), '::ffff:', ''), toIPv4(replaceOne(toString(dst_ip), '::ffff:', '')), dst_port, 0, bytes, NULL"},
}

func shortBytes(x string) string {
	bytes := "CAST(IPv6StringToNum(toString(" + x + ")) AS String)"
	return "toFixedString(if(startsWith(toString(" + x + "), '::ffff:'), concat(substring(" + bytes + ", 13, 4), unhex('000000000000000000000000')), " + bytes + "), 16)"
}

// TestModern asks a recent server, and one that behaves as older ones do, about the tables
// that the goldens are of: the answers are those of the log.
func TestModern(t *testing.T) {
	modernServer(t)
	logs := map[int]string{}
	for families := 1; families <= 2; families++ {
		logs[families] = secondsLog(t, families)
		_, err := modernEngine(t, fmt.Sprint("modern_ours_", families)).Load(t.Context(), openLog(t, noOptions, logs[families]), LoadOptions{Workers: 1})
		require.NoError(t, err)
	}
	for name, w := range written {
		table := "modern_" + name
		columns := strings.ReplaceAll(strings.TrimSpace(w.columns), "\n", ",\n")
		modernExec(t, "CREATE TABLE "+table+" ("+columns+") ENGINE = MergeTree ORDER BY tuple() SETTINGS allow_suspicious_low_cardinality_types = 1",
			fmt.Sprintf("INSERT INTO %s SELECT %s FROM modern_ours_%d", table, w.values, w.families))
	}
	tables := map[string]string{"modern_ours_1": logs[1], "modern_ours_2": logs[2]}
	for name, w := range written {
		tables["modern_"+name] = logs[w.families]
	}
	logs[0] = without(t, logs[1], "protocol")
	tables["modern_texts"] = logs[0] // has no column for it
	all := questions(t, "203.0.113.1", "2001:db8::1")
	delete(tables, "modern_ours_1")
	for _, setting := range []string{"", "compatibility=22.3", "compatibility=23.8", "compatibility=24.8", "compatibility=25.8", "enable_analyzer=0"} {
		for table, log := range tables {
			asked := map[string]beacon.Query{"every minute": all["every minute"], "both rules": all["both rules"]}
			if setting == "" || setting == "enable_analyzer=0" {
				asked["exclude"] = all["exclude"]
			}
			t.Run(table+" "+setting, func(t *testing.T) {
				sameAnswers(t, log, modernEngine(t, table, setting), asked)
			})

		}
	}
}
