package textlog

import (
	"bytes"
	"slices"

	"beacon/internal/flowlog"
)

func init() {
	flowlog.RegisterUnsupported(
		flowlog.Unsupported{What: "nfdump's output for people (-o line, -o long, -o extended)", Also: nfdumpLine, Hint: "print what FILE was printed from anew: nfdump -r NFCAPD -o csv | beacon detect -"},
		flowlog.Unsupported{What: "a log of Zeek's that tells of no connections", Also: zeekOther, Hint: "read conn.log, ssl.log, http.log, quic.log or dns.log of the same day instead of FILE"},
		flowlog.Unsupported{What: "Argus ra's output for people, with blanks between its columns", Also: raTable, Hint: "print what FILE was printed from anew: ra -r ARGUS -u -n -c , -s stime,dur,proto,saddr,sport,dir,daddr,dport,bytes,sbytes | beacon detect -"},
	)
}

func nfdumpLine(head flowlog.Head) bool { return bytes.HasPrefix(head, []byte("Date first seen ")) }

func zeekOther(head flowlog.Head) bool {
	paths, ok := zeekPaths(head)
	known := func(path string) bool { return isZeekPath(path) || path == "conn_long" || path == "open_conn" }
	return ok && len(paths) > 0 && !slices.ContainsFunc(paths, known)
}

// raTable recognises ra's columns when they are padded with blanks.
func raTable(head flowlog.Head) bool {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	return bytes.IndexByte(line, ',') < 0 && bytes.Contains(line, []byte("StartTime")) && bytes.Contains(line, []byte("SrcAddr ")) && bytes.Contains(line, []byte(" Dir "))
}
