package flowlog

import (
	"bytes"
	"slices"
)

// Text that is recognised but not read joins the binary files of that kind.
func init() {
	foreigners = append(foreigners,
		foreign{what: "nfdump's output for people (-o line, -o long, -o extended)", also: nfdumpLine, hint: "print what FILE was printed from anew: nfdump -r NFCAPD -o csv | beacon detect -"},
		foreign{what: "a log of Zeek's that is not conn.log", also: func(h Head) bool { return zeekOther(h) || zeekJSONOther(h) }, hint: "beacon detect conn.log --names FILE, if it is dns.log, ssl.log or http.log"},
		foreign{what: "Argus ra's output for people, with blanks between its columns", also: raTable, hint: "print what FILE was printed from anew: ra -r ARGUS -u -n -c , -s stime,dur,proto,saddr,sport,dir,daddr,dport,bytes,sbytes | beacon detect -"},
	)
}

func nfdumpLine(head Head) bool { return bytes.HasPrefix(head, []byte("Date first seen ")) }

func zeekOther(head Head) bool {
	paths, ok := zeekPaths(head)
	return ok && len(paths) > 0 && !slices.Contains(paths, "conn")
}

// zeekJSONOther knows the logs of Zeek's that say what was said on a connection
// by their keys, where no _path tells.
func zeekJSONOther(head Head) bool {
	if len(head) == 0 || head[0] != '{' || !zeekJSONSniff(head) {
		return false
	}
	conn := sniffJSON([]string{"_path", "conn_state", "duration", "orig_bytes", "resp_bytes", "history", "missed_bytes"})
	other := sniffJSON([]string{"query", "trans_id", "server_name", "cipher", "method", "uri", "note", "fuid", "mime_type", "helo", "username", "cookie"})
	return !conn(head) && other(head)
}

// raTable knows ra's columns when they are padded with blanks.
func raTable(head Head) bool {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	return bytes.IndexByte(line, ',') < 0 && bytes.Contains(line, []byte("StartTime")) && bytes.Contains(line, []byte("SrcAddr ")) && bytes.Contains(line, []byte(" Dir "))
}
