package all

import (
	"bytes"

	"beacon/internal/flowlog"
)

// Kinds of files that are known by their first bytes, whatever format they hold, and not
// read.

func init() { flowlog.RegisterUnsupported(kinds...) }

var kinds = []flowlog.Unsupported{
	{What: "an nfcapd file of nfdump", Magic: "\x0c\xa5", Also: nfcapdVersion, Hint: "nfdump -r FILE -o csv | beacon detect -"},
	{What: "an nfcapd file of nfdump", Magic: "\xa5\x0c", Also: nfcapdVersion, Hint: "nfdump -r FILE -o csv | beacon detect -"},
	{What: "SiLK's binary flow records", Magic: "\xde\xad\xbe\xef", Hint: "rwcut --fields=sIP,dIP,sPort,dPort,protocol,bytes,sTime,duration FILE | beacon detect -"},
	{What: "an Argus binary stream", Magic: "\xe5\x71\x2d\xcb", Offset: 8, Also: func(h flowlog.Head) bool { return h[0]&0x80 != 0 }, Hint: argusHint},
	{What: "text in UTF-32", Magic: "\xff\xfe\x00\x00", Hint: "iconv -f UTF-32 -t UTF-8 FILE | beacon detect -"},
	{What: "text in UTF-32", Magic: "\x00\x00\xfe\xff", Hint: "iconv -f UTF-32 -t UTF-8 FILE | beacon detect -"},
	{What: "a pcap of Kuznetzov's variant", Magic: "\x34\xcd\xb2\xa1", Hint: "tcpdump -r FILE -w - | beacon detect -"},
	{What: "a snoop capture", Magic: "snoop\x00\x00\x00", Hint: "editcap -F pcap FILE - | beacon detect -"},
	{What: "an xz archive", Magic: "\xfd7zXZ\x00", Hint: "xz -dc FILE | beacon detect -"},
	{What: "an lzip archive", Magic: "LZIP\x01", Hint: "lzip -dc FILE | beacon detect -"},
	{What: "an lzop archive", Magic: "\x89LZO\x00", Hint: "lzop -dc FILE | beacon detect -"},
	{What: "a compress (.Z) archive", Magic: "\x1f\x9d", Hint: "gzip -dc FILE | beacon detect -"},
	{What: "an lz4 archive of the legacy kind", Magic: "\x02\x21\x4c\x18", Hint: "lz4 -dc FILE | beacon detect -"},
	{What: "a framed snappy archive", Magic: "\xff\x06\x00\x00sNaPpY", Hint: "snzip -dc FILE | beacon detect -"},
	{What: "a 7z archive", Magic: "7z\xbc\xaf\x27\x1c", Hint: "7z x -so FILE | beacon detect -"},
	{What: "a RAR archive", Magic: "Rar!\x1a\x07", Hint: "unrar p -inul FILE | beacon detect -"},
	{What: "an Excel workbook", Magic: "PK\x03\x04", Also: zipHolds("xl/"), Hint: "save its sheet as CSV in the spreadsheet program, or: in2csv FILE | beacon detect -"},
	{What: "a zip archive", Magic: "PK\x03\x04", Hint: "unzip -p FILE | beacon detect -"},
	{What: "a tar archive", Magic: "ustar", Offset: 257, Hint: "mkdir flows && tar -xf FILE -C flows && beacon detect flows"},
	{What: "an old Excel workbook or another OLE document", Magic: "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Hint: "save its sheet as CSV in the spreadsheet program, or: in2csv FILE | beacon detect -"},
	{What: "an SQLite database", Magic: "SQLite format 3\x00", Hint: "sqlite3 -header -csv FILE 'SELECT * FROM flows' | beacon detect -"},
	{What: "a DuckDB database", Magic: "DUCK", Offset: 8, Hint: "duckdb -csv FILE 'SELECT * FROM flows' | beacon detect -"},
	{What: "an Avro file", Magic: "Obj\x01", Hint: `duckdb -csv -c "INSTALL avro; LOAD avro; SELECT * FROM read_avro('FILE')" | beacon detect -`},
	{What: "an ORC file", Magic: "ORC", Also: notText, Hint: `python3 -c "import sys, pyarrow.orc, pyarrow.csv; pyarrow.csv.write_csv(pyarrow.orc.read_table('FILE'), sys.stdout.buffer)" | beacon detect -`},
	{What: "a Feather file of the first version", Magic: "FEA1", Hint: `python3 -c "import sys, pyarrow.feather, pyarrow.csv; pyarrow.csv.write_csv(pyarrow.feather.read_table('FILE'), sys.stdout.buffer)" | beacon detect -`},
	{What: "a Windows event log", Magic: "ElfFile\x00", Hint: "export its connections as CSV with the columns timestamp, src_ip, dst_ip"},
	{What: "a program", Magic: "\x7fELF"},
	{What: "a Windows program", Magic: "MZ", Also: notText},
	{What: "a PDF document", Magic: "%PDF-"},
	{What: "an XML or HTML document", Also: isMarkup, Last: true, Hint: "make a CSV of FILE with the columns timestamp, src_ip, dst_ip: a browser's table of it can be pasted into a spreadsheet"},
	{What: "a picture", Magic: "\x89PNG\r\n\x1a\n"},
}

const argusHint = "ra -r FILE -u -n -c , -s stime,dur,proto,saddr,sport,dir,daddr,dport,bytes,sbytes | beacon detect -"

// nfcapdVersion says whether the layout's version, behind the magic in the
// same byte order, is one that nfdump had: two bytes are too few to be sure.
func nfcapdVersion(head flowlog.Head) bool {
	if len(head) < 4 {
		return false
	}
	v := head[2:4]
	return v[0]|v[1] == max(v[0], v[1]) && (v[0] == 0 || v[1] == 0) && max(v[0], v[1]) <= 4 && max(v[0], v[1]) >= 1
}

// isMarkup tells whether a text begins with an element, a declaration or a comment.
func isMarkup(head flowlog.Head) bool {
	text := bytes.TrimLeft(head[head.Start():], " \t\r\n")
	return len(text) > 1 && text[0] == '<' && (text[1] == '?' || text[1] == '!' || text[1]|0x20 >= 'a' && text[1]|0x20 <= 'z')
}

func notText(head flowlog.Head) bool { return bytes.IndexByte(head, 0) >= 0 }

// zipHolds says whether one of the first names in a zip archive begins so.
func zipHolds(prefix string) func(head flowlog.Head) bool {
	return func(head flowlog.Head) bool {
		for rest := []byte(head); ; {
			at := bytes.Index(rest, []byte("PK\x03\x04"))
			if at < 0 || len(rest) < at+30 {
				return false
			}
			if bytes.HasPrefix(rest[at+30:], []byte(prefix)) {
				return true
			}
			rest = rest[at+4:]
		}
	}
}
