package all

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/stretchr/testify/require"
)

// Files that begin with the same header are recognised once; each is still read for
// what stands in it: other forms of times, other lines, none at all.
func TestManyFiles(t *testing.T) {
	const header = "timestamp,src_ip,dst_ip,dst_port\n"
	bodies := []string{
		"1592697600,10.0.0.1,192.0.2.7,443\n", "2020-06-21 00:00:01,10.0.0.1,192.0.2.7,443\n", "1592697602000,10.0.0.1,192.0.2.7,443\n",
		"21/Jun/2020:00:00:03 +0000,10.0.0.1,192.0.2.7,443\n",
	}
	dir := t.TempDir()
	const files = 60
	for i := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d.csv", i)), []byte(header+bodies[i%len(bodies)]), 0o600))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "00-no-rows.csv"), []byte(header), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "00-no-times.csv"), []byte(header+"a,b,c,d\ne,f,g,h\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "00-zeros.csv"), make([]byte, 999), 0o600))
	var first string
	for _, workers := range []int{1, 4} {
		got, report, err := logtest.ReadFlows(dir, flowlog.Options{}, flow.All, workers)
		require.NoError(t, err)
		if workers == 1 {
			first = got
		}
		require.Equal(t, first, got)
		require.Equal(t, files, strings.Count(got, "\n"))
		require.Equal(t, files, strings.Count(got, "159269760"))
		told := 0
		for i := range report.Inputs {
			if in := &report.Inputs[i]; strings.Contains(in.Input.Name, "no-times") {
				require.Positive(t, int(in.BadRows)+len(in.Damaged()))
				told++
			}
		}
		require.LessOrEqual(t, told, 1) // it may be passed over already when the log is opened
	}
}

// Many files tell whether flows have names by their headers: a log of one header needs no
// look at each of its files, and a file with another one is seen wherever it stands.
func TestManyFilesWithNames(t *testing.T) {
	const (
		table = "timestamp,src_ip,dst_ip,dst_port\n"
		named = "timestamp,src_ip,dst_ip,sni\n2020-06-21 00:00:01,10.0.0.1,192.0.2.7,a.example\n"
		conn  = "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto"
		ssl   = "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tserver_name"
		ends  = `{"ts":15926976%02d.5,"uid":"C1","id.orig_h":"10.0.0.1","id.orig_p":1024,"id.resp_h":"192.0.2.7","id.resp_p":443`
		row   = "1592697600.000000\tC1\t10.0.0.1\t1024\t192.0.2.7\t443\t"
	)
	zeek := func(path, columns string, opened int) string {
		return fmt.Sprintf("#separator \\x09\n#unset_field\t-\n#path\t%s\n#open\t2020-06-21-%02d-00-00\n#fields\t%s\n", path, opened%24, columns)
	}
	each := map[string]func(i int) string{
		"csv": func(i int) string {
			return fmt.Sprintf("%s2020-06-21 00:%02d:01,10.0.0.1,192.0.2.7,443\n", table, i%60)
		},
		"zeek": func(i int) string { return zeek("conn", conn, i) + row + "tcp\n#close\t2020-06-21-23-00-00\n" },
		"zeek-json": func(i int) string {
			return fmt.Sprintf(ends+`,"conn_state":"SF"%s}`+"\n", i%60, []string{"", `,"service":"ssl"`, `,"duration":1`}[i%3])
		},
	}
	others := map[string]string{
		"none":        "",
		"csv":         named,
		"zeek":        zeek("ssl", ssl, 3) + row + "a.example\n",
		"zeek behind": zeek("conn", conn, 3) + row + "tcp\n" + zeek("ssl", ssl, 3) + row + "a.example\n",
		"zeek-json":   fmt.Sprintf(ends+`,"server_name":"a.example","cipher":"x"}`+"\n", 7),
		"zeek twice":  zeek("conn", conn, 3) + zeek("ssl", ssl, 3) + row + "a.example\n",
	}
	for kind, text := range each {
		for name, other := range others {
			t.Run(kind+", "+name, func(t *testing.T) {
				dir := t.TempDir()
				for i := range 90 {
					require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d.log", i)), []byte(text(i)), 0o600))
				}
				if other != "" {
					require.NoError(t, os.WriteFile(filepath.Join(dir, "90.log"), []byte(other), 0o600))
				}
				log, err := flowlog.Open([]string{dir}, nil, flowlog.Options{})
				require.NoError(t, err)
				defer log.Close()
				require.Equal(t, other != "", log.HasNames())
				flows, _, err := logtest.ReadFlows(dir, flowlog.Options{}, flow.All, 2)
				require.NoError(t, err)
				require.Equal(t, other != "", strings.Contains(flows, "a.example"), flows)
			})
		}
	}
}

// Many small files of one length are each read for what stands in them, whatever was in the
// memory that their beginnings lie in.
func TestManyFilesAlike(t *testing.T) {
	texts := map[string]string{
		"csv":         "timestamp,src_ip,dst_ip,dst_port\n2020-06-21 00:%02d:01,10.0.0.1,192.0.2.7,443\n",
		"headerless":  "2020-06-21 00:%02d:01,10.0.0.1,192.0.2.7,443\n",
		"json":        `{"time":"2020-06-21 00:%02d:01","src":"10.0.0.1","dst":"192.0.2.7"}` + "\n",
		"json, other": `{"time":1592697%02d0.5,"src":"10.0.0.1","dst":"192.0.2.7","kind":1}` + "\n",
		"zeek-json":   `{"ts":1592697%02d0.5,"uid":"C1","id.orig_h":"10.0.0.1","id.resp_h":"192.0.2.7"}` + "\n",
		"zeek":        "#separator \\x09\n#unset_field\t-\n#path\tconn\n#open\t2020-06-21-00-00-00\n#fields\tts\tid.orig_h\tid.resp_h\n1592697%02d0.5\t10.0.0.1\t192.0.2.7\n",
		"syslog":      "Jun 21 2020 00:%02d:01 fw %%%%ASA-6-302013: Built outbound TCP connection 1 for outside:192.0.2.7/443 (192.0.2.7/443) to inside:10.0.0.1/5000 (10.0.0.1/5000)\n",
	}
	const files = 40
	for first, text := range texts {
		for second, other := range texts {
			t.Run(first+", "+second, func(t *testing.T) {
				dir := t.TempDir()
				for i := range files {
					if i%2 == 1 {
						text, other = other, text
					}
					require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d.log", i)), fmt.Appendf(nil, text, 10+i), 0o600))
				}
				var alone []string
				for i := range files {
					flows, _, err := logtest.ReadFlows(filepath.Join(dir, fmt.Sprintf("%02d.log", i)), flowlog.Options{}, flow.All, 1)
					require.NoError(t, err)
					require.Equal(t, 1, strings.Count(flows, "\n"))
					alone = append(alone, flows)
				}
				for _, workers := range []int{1, 3} {
					flows, _, err := logtest.ReadFlows(dir, flowlog.Options{}, flow.All, workers)
					require.NoError(t, err)
					require.Equal(t, strings.Join(alone, ""), flows)
				}
			})
		}
	}
}

// Small inputs are read from memory, several at once: the flows, the counts and the first
// bad records are those of a reading that cuts each into many blocks.
func TestSmallFiles(t *testing.T) {
	read := func(blockSize, workers int) string {
		defer func(size int) { flowlog.BlockSize = size }(flowlog.BlockSize)
		flowlog.BlockSize = blockSize
		flows, report, err := logtest.ReadFlows("../testdata", flowlog.Options{}, flow.All, workers)
		require.NoError(t, err)
		require.Greater(t, len(report.Inputs), 100)
		for i := range report.Inputs {
			in := &report.Inputs[i]
			flows += fmt.Sprintln(in.Input.Name, in.Input.Format.Name, in.Rows, in.Other, in.BadRows, in.Reasons, in.Unknown, in.Notes, in.Damaged())
		}
		return flows + fmt.Sprint(report.Bad, report.Doubts)
	}
	whole := read(1<<20, 1)
	require.Equal(t, whole, read(1<<20, 4))
	require.Equal(t, whole, read(1000, 4))
}
