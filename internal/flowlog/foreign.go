package flowlog

import (
	"bytes"
	"errors"
	"strings"
)

// foreign is a kind of file that is recognised but not read. Its hint is what
// to type instead, with FILE for the file's name.
type foreign struct {
	what   string
	magic  string // at offset
	offset int
	also   func(head Head) bool // further condition, nil for none
	hint   string
}

var foreigners = []foreign{
	{what: "an nfcapd file of nfdump", magic: "\x0c\xa5", also: nfcapdVersion, hint: "nfdump -r FILE -o csv | beacon detect -"},
	{what: "an nfcapd file of nfdump", magic: "\xa5\x0c", also: nfcapdVersion, hint: "nfdump -r FILE -o csv | beacon detect -"},
	{what: "SiLK's binary flow records", magic: "\xde\xad\xbe\xef", hint: "rwcut --fields=sIP,dIP,sPort,dPort,protocol,bytes,sTime,duration FILE | beacon detect -"},
	{what: "an Argus binary stream", magic: "\xe5\x71\x2d\xcb", offset: 8, also: func(h Head) bool { return h[0]&0x80 != 0 }, hint: argusHint},
	{what: "a pcap of Kuznetzov's variant", magic: "\x34\xcd\xb2\xa1", hint: "tcpdump -r FILE -w - | beacon detect -"},
	{what: "a snoop capture", magic: "snoop\x00\x00\x00", hint: "editcap -F pcap FILE - | beacon detect -"},
	{what: "an xz archive", magic: "\xfd7zXZ\x00", hint: "xz -dc FILE | beacon detect -"},
	{what: "an lzip archive", magic: "LZIP\x01", hint: "lzip -dc FILE | beacon detect -"},
	{what: "an lzop archive", magic: "\x89LZO\x00", hint: "lzop -dc FILE | beacon detect -"},
	{what: "a compress (.Z) archive", magic: "\x1f\x9d", hint: "gzip -dc FILE | beacon detect -"},
	{what: "an lz4 archive of the legacy kind", magic: "\x02\x21\x4c\x18", hint: "lz4 -dc FILE | beacon detect -"},
	{what: "a framed snappy archive", magic: "\xff\x06\x00\x00sNaPpY", hint: "snzip -dc FILE | beacon detect -"},
	{what: "a 7z archive", magic: "7z\xbc\xaf\x27\x1c", hint: "7z x -so FILE | beacon detect -"},
	{what: "a RAR archive", magic: "Rar!\x1a\x07", hint: "unrar p -inul FILE | beacon detect -"},
	{what: "an Excel workbook", magic: "PK\x03\x04", also: zipHolds("xl/"), hint: "in2csv FILE | beacon detect -"},
	{what: "a zip archive", magic: "PK\x03\x04", hint: "unzip -p FILE | beacon detect -"},
	{what: "a tar archive", magic: "ustar", offset: 257, hint: "mkdir flows && tar -xf FILE -C flows && beacon detect flows"},
	{what: "an old Excel workbook or another OLE document", magic: "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", hint: "in2csv FILE | beacon detect -"},
	{what: "an SQLite database", magic: "SQLite format 3\x00", hint: "sqlite3 -header -csv FILE 'SELECT * FROM flows' | beacon detect -"},
	{what: "a DuckDB database", magic: "DUCK", offset: 8, hint: "duckdb -csv FILE 'SELECT * FROM flows' | beacon detect -"},
	{what: "an Avro file", magic: "Obj\x01", hint: `duckdb -csv -c "INSTALL avro; LOAD avro; SELECT * FROM read_avro('FILE')" | beacon detect -`},
	{what: "an ORC file", magic: "ORC", also: notText, hint: `python3 -c "import sys, pyarrow.orc, pyarrow.csv; pyarrow.csv.write_csv(pyarrow.orc.read_table('FILE'), sys.stdout.buffer)" | beacon detect -`},
	{what: "a Feather file of the first version", magic: "FEA1", hint: `python3 -c "import sys, pyarrow.feather, pyarrow.csv; pyarrow.csv.write_csv(pyarrow.feather.read_table('FILE'), sys.stdout.buffer)" | beacon detect -`},
	{what: "a Windows event log", magic: "ElfFile\x00", hint: "export its connections as CSV with the columns timestamp, src_ip, dst_ip"},
	{what: "a program", magic: "\x7fELF"},
	{what: "a Windows program", magic: "MZ", also: notText},
	{what: "a PDF document", magic: "%PDF-"},
	{what: "a picture", magic: "\x89PNG\r\n\x1a\n"},
}

const argusHint = "ra -r FILE -u -n -c , -s stime,dur,proto,saddr,sport,dir,daddr,dport,bytes,sbytes | beacon detect -"

// nfcapdVersion says whether the layout's version, behind the magic in the
// same byte order, is one that nfdump had: two bytes are too few to be sure.
func nfcapdVersion(head Head) bool {
	if len(head) < 4 {
		return false
	}
	v := head[2:4]
	return v[0]|v[1] == max(v[0], v[1]) && (v[0] == 0 || v[1] == 0) && max(v[0], v[1]) <= 4 && max(v[0], v[1]) >= 1
}

func notText(head Head) bool { return bytes.IndexByte(head, 0) >= 0 }

// zipHolds says whether one of the first names in a zip archive begins so.
func zipHolds(prefix string) func(head Head) bool {
	return func(head Head) bool {
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

// foreignTo is the error for an input of a kind that is recognised but not
// read, with the command that converts it; nil for any other.
func foreignTo(in *Input) error {
	for _, f := range foreigners {
		if len(in.Head) < f.offset || !bytes.HasPrefix(in.Head[f.offset:], []byte(f.magic)) || f.also != nil && !f.also(in.Head) {
			continue
		}
		hint := f.hint
		name := in.Name
		if in.path == "" {
			name = "FILE"
		}
		if strings.Contains(hint, "'FILE'") {
			hint = strings.ReplaceAll(hint, "FILE", strings.NewReplacer(`'`, `''`, `"`, `\"`, `$`, `\$`, "`", "\\`").Replace(name))
		} else {
			hint = strings.ReplaceAll(hint, "FILE", shellWord(name))
		}
		if in.Compression != "" && hint != "" && f.magic != "ustar" {
			hint = "unpack it (it is in " + in.Compression + "), then " + hint
		}
		return &InputError{Input: in.Name, Err: errors.New(f.what + ", which beacon does not read"), Hint: hint}
	}
	return nil
}

// shellWord is a text as one word of a POSIX shell.
func shellWord(text string) string {
	if text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+=,") == "" && text[0] != '-' {
		return text
	}
	if strings.HasPrefix(text, "-") {
		text = "./" + text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// Word is the input as one word of a command: its name, quoted where it must be,
// or - for standard input.
func (in *Input) Word() string {
	if in.path == "" {
		return stdinName
	}
	return shellWord(in.Name)
}
