package eval

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/eval/peer"
)

// writeLog writes a labelled log's three files under dir/name and gives dir.
func writeLog(t *testing.T, name, flows, truth, meta string) string {
	t.Helper()
	dir := t.TempDir()
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, err := w.Write([]byte(flows))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.NoError(t, os.Mkdir(filepath.Join(dir, name), 0o755))
	for file, text := range map[string][]byte{"flows.csv.gz": z.Bytes(), "truth.csv": []byte(truth), "meta.json": []byte(meta)} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name, file), text, 0o644))
	}
	return dir
}

const (
	flowHead  = "timestamp,src_ip,dst_ip,port,bytes,proto\n"
	truthHead = "src_ip,dst_ip,port,verdict,evidence\n"
	homeMeta  = `{"internal": ["10.0.0.0/8"], "hours": 1.5}`
)

func TestReadLogs(t *testing.T) {
	flows := flowHead +
		"100.5,10.0.0.1,192.0.2.1,443,5,tcp\n" +
		"99.000000001,10.0.0.1,192.0.2.1,443,7,tcp\n" + // not in time order
		"101,10.0.0.1,10.0.0.2,443,5,tcp\n" + // inside
		"102,192.0.2.1,10.0.0.1,443,5,tcp\n" + // inbound
		"103,10.0.0.1,192.0.2.1,80,5,udp\n" + // one flow only
		"104,::ffff:10.0.0.1,192.0.2.1,53,1,udp\n104.5,10.0.0.1,192.0.2.1,53,1,udp\n"
	truth := truthHead + `10.0.0.1,192.0.2.1,443,c2,"x, y"` + "\n10.0.0.1,192.0.2.1,80,c2,z\n"
	logs, err := ReadLogs(writeLog(t, "one", flows, truth, homeMeta), 2)
	require.NoError(t, err)
	require.Len(t, logs, 1)
	log := logs[0]
	assert.Equal(t, "one", log.Name)
	assert.Equal(t, peer.Span{First: 99_000_000_001, Last: 104_500_000_000}, log.Span)
	assert.Equal(t, 2, log.Truth)
	require.Len(t, log.Pairs, 2)
	assert.Equal(t, uint16(53), log.Pairs[0].Port)
	assert.Equal(t, uint8(17), log.Pairs[0].Proto)
	assert.Equal(t, []int64{99_000_000_001, 100_500_000_000}, log.Pairs[1].Times)
	assert.Equal(t, []int64{7, 5}, log.Pairs[1].Bytes)
	assert.Equal(t, []bool{false, true}, log.C2)
}

func TestReadLogsRefuses(t *testing.T) {
	_, err := ReadLogs(t.TempDir(), 5)
	assert.ErrorContains(t, err, "no */flows.csv.gz")
	good := flowHead + "1,10.0.0.1,192.0.2.1,443,5,tcp\n"
	for name, c := range map[string]struct{ flows, truth, meta, message string }{
		"no flows":      {flowHead, truthHead, homeMeta, "no flows"},
		"empty":         {"", truthHead, homeMeta, "EOF"},
		"no column":     {"timestamp,src_ip\n1,10.0.0.1\n", truthHead, homeMeta, "no column dst_ip"},
		"bad time":      {flowHead + "noon,10.0.0.1,192.0.2.1,443,5,tcp\n", truthHead, homeMeta, `line 2: time "noon"`},
		"bad address":   {flowHead + "1,10.0.0,192.0.2.1,443,5,tcp\n", truthHead, homeMeta, "line 2"},
		"bad port":      {flowHead + "1,10.0.0.1,192.0.2.1,70000,5,tcp\n", truthHead, homeMeta, "line 2"},
		"short row":     {flowHead + "1,10.0.0.1\n", truthHead, homeMeta, "wrong number of fields"},
		"bad truth":     {good, truthHead + "x,192.0.2.1,443,c2,y\n", homeMeta, "truth.csv"},
		"bad meta":      {good, truthHead, `{"internal": ["10.0.0.0"]}`, "meta.json"},
		"meta no JSON":  {good, truthHead, "", "meta.json"},
		"truth has col": {good, "a,b\n", homeMeta, "no column src_ip"},
	} {
		_, err := ReadLogs(writeLog(t, "bad", c.flows, c.truth, c.meta), 1)
		assert.ErrorContains(t, err, c.message, name)
	}
}

func TestEpochSeconds(t *testing.T) {
	for s, want := range map[string]int64{
		"1655056416.228417": 1655056416228417000, "5": 5_000_000_000, "1.5": 1_500_000_000,
		"0.1234567899": 123456789, "-1": -1_000_000_000,
	} {
		got, err := epochSeconds(s)
		require.NoError(t, err, s)
		assert.Equal(t, want, got, s)
	}
	for _, s := range []string{"", "x", "1e9", "1.2.3", "99999999999999", "1.x"} {
		_, err := epochSeconds(s)
		assert.Error(t, err, s)
	}
}

func TestTally(t *testing.T) {
	log := Log{C2: []bool{true, true, false, false, false}}
	for _, dst := range []string{"192.0.2.1", "192.0.2.1", "192.0.2.2", "224.0.0.251", "192.168.1.1"} {
		key, err := parseKey("10.0.0.1", dst, "443")
		require.NoError(t, err)
		log.Pairs = append(log.Pairs, gather([]Flow{{Src: key.src, Dst: key.dst, Port: key.port}},
			func(f Flow) (pairKey, bool) { return f.key(), true })...)
	}
	assert.Equal(t, "1 / 1 / 2", tally(log, []bool{true, false, true, true, true}))
	assert.Equal(t, "3 / 5 / 7", sumCells([]string{"1 / 2 / 3", "2 / 3 / 4"}))
}

// The labelled logs, and the peers on them as they were when the tables were made.
func TestLabelledLogs(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector, which runs with -short, takes half a minute and more for it")
	}
	logs, err := ReadLogs(shared(t, "labelled"), MinFlows)
	require.NoError(t, err)
	table := Logs(logs)
	last := map[string]string{}
	for _, row := range table.Rows {
		require.Len(t, row, len(table.Head))
		last[row[0]] = row[len(row)-1]
	}
	assert.Equal(t, "5 / 343 / 47", last["pairs: C2 / public / local"])
	assert.Equal(t, "3 / 21 / 23", last["CV < .3, n>10"])
	assert.Equal(t, "4 / 108 / 40", last["Flare 5%, n>10"])
	assert.Equal(t, "2 / 13 / 35", last["Flare 30%, n>50"])
}

func TestTickOf(t *testing.T) {
	at := func(seconds ...int64) (flows []Flow) {
		for _, s := range seconds {
			flows = append(flows, Flow{Time: s * 1e9})
		}
		return flows
	}
	assert.Equal(t, 5*time.Minute, tickOf(at(300, 900)))
	assert.Equal(t, 10*time.Second, tickOf(at(300, 910)))
	assert.Equal(t, time.Second, tickOf(at(300, 911)))
	assert.Equal(t, time.Nanosecond, tickOf([]Flow{{Time: 1}}))
}
