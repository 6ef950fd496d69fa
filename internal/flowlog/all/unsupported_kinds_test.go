package all

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/klauspost/compress/gzip"
	"github.com/stretchr/testify/require"
)

// A file of a kind that is known but not read is refused with the command that
// converts it, under its own name; what resembles one by chance is not.
func TestForeign(t *testing.T) {
	for _, f := range kinds {
		require.NotEmpty(t, f.What)
		if strings.Contains(f.Hint, "beacon") {
			require.Contains(t, f.Hint, "FILE", f.What)
		}
	}
	for _, c := range []struct{ name, content, err, hint string }{
		{"flows.nfcapd", "\x0c\xa5\x02\x00\x00\x01\x07\x01", "an nfcapd file of nfdump", "nfdump -r FILE -o csv | beacon detect -"},
		{"it's mine.nfcapd", "\x0c\xa5\x01\x00\x00\x01\x07\x01", "an nfcapd file", `nfdump -r 'PATH/it'\''s mine.nfcapd' -o csv | beacon detect -`},
		{"a.rw", "\xde\xad\xbe\xef\x01\x16\x00\x00", "SiLK", "rwcut --fields=sIP,dIP,sPort,dPort,protocol,bytes,sTime,duration FILE | beacon detect -"},
		{"a.argus", "\x83\x10\x00\x20\x00\x00\x00\x00\xe5\x71\x2d\xcb\x00", "Argus", "ra -r FILE -u -n -c , -s stime,dur,proto,saddr,sport,dir,daddr,dport,bytes,sbytes | beacon detect -"},
		{"a.xz", "\xfd7zXZ\x00\x00\x04", "an xz archive", "xz -dc FILE | beacon detect -"},
		{"a.zip", "PK\x03\x04" + strings.Repeat("\x00", 26) + "flows.csv", "a zip archive", "unzip -p FILE | beacon detect -"},
		{"a.xlsx", "PK\x03\x04" + strings.Repeat("\x00", 26) + "_rels/.relsPK\x03\x04" + strings.Repeat("\x00", 26) + "xl/workbook.xml", "an Excel workbook", "save its sheet as CSV in the spreadsheet program, or: in2csv FILE | beacon detect -"},
		{"a.db", "SQLite format 3\x00", "an SQLite database", "sqlite3 -header -csv FILE 'SELECT * FROM flows' | beacon detect -"},
		{"a$.avro", "Obj\x01\x04", "an Avro file", `duckdb -csv -c "INSTALL avro; LOAD avro; SELECT * FROM read_avro('PATH/a\$.avro')" | beacon detect -`},
		{"a.orc", "ORC\x08\x00", "an ORC file", `python3 -c "import sys, pyarrow.orc, pyarrow.csv; pyarrow.csv.write_csv(pyarrow.orc.read_table('FILE'), sys.stdout.buffer)" | beacon detect -`},
		{"a.tar", strings.Repeat("x", 257) + "ustar\x0000", "a tar archive", "mkdir flows && tar -xf FILE -C flows && beacon detect flows"},
		{"a.evtx", "ElfFile\x00", "a Windows event log", "export its connections as CSV with the columns timestamp, src_ip, dst_ip"},
		{"dhcp.log", `{"ts":1.5,"uids":["C"],"client_addr":"10.0.0.5","server_addr":"10.0.0.1","mac":"00:1a:2b:3c:4d:5e","msg_types":["REQUEST","ACK"]}`, "a DHCP log of Zeek's", "give it to --names beside a flow log: --names FILE"},
		{"flows.xml", `<?xml version="1.0"?><flows>` + strings.Repeat(`<flow ts="2020-06-21T00:00:02Z" src="10.0.0.5" dst="203.0.113.9"/>`, 3) + `</flows>`, "an XML or HTML document", "make a CSV of FILE with the columns timestamp, src_ip, dst_ip: a browser's table of it can be pasted into a spreadsheet"},
		{"a.out", "\x7fELF\x02\x01", "a program", ""},
	} {
		path := logtest.WriteFile(t, c.name, []byte(c.content))
		_, err := flowlog.Open([]string{path}, nil, flowlog.Options{})
		var placed *flowlog.InputError
		require.ErrorAs(t, err, &placed, c.name)
		require.ErrorContains(t, err, c.err+"", c.name)
		require.ErrorContains(t, err, "which beacon does not read")
		hint := strings.ReplaceAll(strings.ReplaceAll(c.hint, "FILE", path), "PATH", filepath.Dir(path))
		require.Equal(t, hint, placed.Hint, c.name)
	}
	for _, content := range []string{"\x0c\xa5,b,c\n", "ORC,SRC,DST\n1,2,3\n", "MZ,b,c\n"} {
		_, err := flowlog.Open([]string{logtest.WriteFile(t, "log", []byte(content))}, nil, flowlog.Options{})
		require.NotContains(t, fmt.Sprint(err), "which beacon does not read", "%q", content)
	}
	// From a pipe the file has no name; compressed, it is to be unpacked first.
	_, err := flowlog.Open([]string{"-"}, strings.NewReader("\x0c\xa5\x02\x00\x00"), flowlog.Options{})
	var placed *flowlog.InputError
	require.True(t, errors.As(err, &placed))
	require.Equal(t, "nfdump -r FILE -o csv | beacon detect -", placed.Hint)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err = z.Write([]byte("\x0c\xa5\x02\x00\x00"))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	_, err = flowlog.Open([]string{logtest.WriteFile(t, "a.nfcapd.gz", packed.Bytes())}, nil, flowlog.Options{})
	require.True(t, errors.As(err, &placed))
	require.Contains(t, placed.Hint, "unpack it (it is in gzip), then nfdump -r ")
}
