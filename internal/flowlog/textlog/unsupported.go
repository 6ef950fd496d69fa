package textlog

import (
	"bytes"
	"slices"

	"beacon/internal/flowlog"
)

func init() {
	flowlog.RegisterUnsupported(
		flowlog.Unsupported{What: "nfdump's output for people (-o line, -o long, -o extended)", Also: nfdumpLine, Hint: "print what FILE was printed from anew: nfdump -r NFCAPD -o csv | beacon detect -"},
		flowlog.Unsupported{What: "a DHCP log of Zeek's", Also: zeekDHCP, Hint: "give it to --names beside a flow log: --names FILE"},
		flowlog.Unsupported{What: "a log of Zeek's that tells of no connections", Also: zeekOther, Hint: "read conn.log, ssl.log, http.log, quic.log or dns.log of the same day instead of FILE"},
		flowlog.Unsupported{What: "tcpdump's text with times of day alone", Also: tcpdumpText, Hint: "write the packets of FILE as a capture instead: tcpdump -w FILE.pcap; or with their day: tcpdump -n -tttt"},
		flowlog.Unsupported{What: "Argus ra's output for people, with blanks between its columns", Also: raTable, Hint: "print what FILE was printed from anew: ra -r ARGUS -u -n -c , -s stime,dur,proto,saddr,sport,dir,daddr,dport,bytes,sbytes | beacon detect -"},
	)
}

func nfdumpLine(head flowlog.Head) bool { return bytes.HasPrefix(head, []byte("Date first seen ")) }

// tcpdumpText recognises "00:00:02.123456 IP 10.0.0.5.50000 > 203.0.113.9.443: Flags [S]", where
// tcpdump's -t gives it no day.
func tcpdumpText(head flowlog.Head) bool {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	time, rest, ok := bytes.Cut(line, []byte(" IP "))
	if !ok {
		time, rest, ok = bytes.Cut(line, []byte(" IP6 "))
	}
	if bytes.IndexByte(time, ' ') >= 0 || bytes.IndexByte(time, ':') < 0 && bytes.IndexByte(time, '.') >= len("1592697602") {
		return false
	}
	from, rest, ok2 := bytes.Cut(rest, []byte(" > "))
	to, _, ok3 := bytes.Cut(rest, []byte(": "))
	return ok && ok2 && ok3 && len(from) > 0 && len(to) > 0 && bytes.IndexByte(from, ' ') < 0 && bytes.IndexByte(to, ' ') < 0
}

func zeekOther(head flowlog.Head) bool {
	paths, ok := zeekPaths(head)
	known := func(path string) bool { return isZeekPath(path) || path == "conn_long" || path == "open_conn" }
	return ok && len(paths) > 0 && !slices.ContainsFunc(paths, known)
}

func zeekDHCP(head flowlog.Head) bool {
	paths, ok := zeekPaths(head)
	return ok && slices.Equal(paths, []string{"dhcp"})
}

// raTable recognises ra's columns when they are padded with blanks.
func raTable(head flowlog.Head) bool {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	return bytes.IndexByte(line, ',') < 0 && bytes.Contains(line, []byte("StartTime")) && bytes.Contains(line, []byte("SrcAddr ")) && bytes.Contains(line, []byte(" Dir "))
}
