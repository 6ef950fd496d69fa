package devicelog

import (
	"bytes"
	"time"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// Squid's access.log, native and combined. In the native format a line is
//
//	time elapsed client code/status bytes method URL user hierarchy/peer type
//
// time is when the request was done, elapsed in ms, bytes what the client got. The
// peer is the destination's address where Squid went to it directly; a parent proxy
// is none. The destination's name is that of the URL.
//
// Shape: Squid's wiki, Features/LogFormat; its logformat directive.

func init() {
	record.Register(&record.Device{
		Names:   true,
		Name:    "squid",
		Needs:   "time, client, hierarchy/peer",
		Gives:   "port, protocol, bytes, duration, name",
		Doc:     "Squid access.log, native and combined",
		Example: "1592697602.892    123 10.0.0.5 TCP_TUNNEL/200 1200 CONNECT a.example:443 - HIER_DIRECT/203.0.113.9 -",
		Mine:    func(line []byte) bool { return squidNative(line) != nil || squidCombined(line) },
		Read:    readSquid,
	})
}

// squidNative returns the part of a line that is of the native format, behind a syslog
// header if there is one; nil where none is.
func squidNative(line []byte) []byte {
	if at := bytes.Index(line, []byte("squid")); at >= 0 && at < squidHeader {
		if to := bytes.Index(line[at:], []byte("]: ")); to >= 0 {
			line = line[at+to+3:]
		} else if to := bytes.Index(line[at:], []byte(": ")); to >= 0 {
			line = line[at+to+2:]
		}
	}
	line = bytes.TrimLeft(line, " ")
	if len(line) < 20 || !cut.IsNumber(line[:10]) || line[10] != '.' || !cut.IsNumber(line[11:14]) {
		return nil
	}
	var fields [squidFields][]byte
	if cut.Words(line, fields[:]) < squidFields {
		return nil
	}
	if !cut.IsNumber(fields[1]) && cut.First(fields[1]) != '-' || bytes.IndexByte(fields[3], '/') < 0 || !cut.IsNumber(fields[4]) || bytes.IndexByte(fields[8], '/') < 0 {
		return nil
	}
	return line
}

const (
	squidFields = 9   // of the native format, up to the peer
	squidHeader = 100 // bytes in which a syslog header names the program
)

// squidCombined knows the combined format by Squid's result codes at its end, which
// a web server's log lacks.
func squidCombined(line []byte) bool {
	at := bytes.LastIndexByte(line, ' ')
	end := line[at+1:]
	return at > 0 && bytes.IndexByte(end, ':') > 0 && (bytes.HasPrefix(end, []byte("TCP_")) || bytes.HasPrefix(end, []byte("NONE"))) && bytes.Contains(line, []byte("] \""))
}

func readSquid(m *record.Message, v *record.Values) string {
	if line := squidNative(m.Line); line != nil {
		var f [squidFields][]byte
		cut.Words(line, f[:])
		v.Text[record.Time], v.Text[record.Duration], v.Unit = f[0], f[1], time.Millisecond
		if elapsed, n := cut.Digits(f[1], 9); n == len(f[1]) {
			v.Early = time.Duration(elapsed) * time.Millisecond
		} else {
			v.Text[record.Duration] = nil
		}
		v.Text[record.Src], v.Text[record.Received] = f[2], f[4]
		hierarchy, peer, _ := bytes.Cut(f[8], []byte("/"))
		squidTarget(v, f[5], f[6], hierarchy, peer)
		return ""
	}
	client, rest, _ := bytes.Cut(m.Line, []byte(" "))
	open := bytes.IndexByte(rest, '[')
	begin := bytes.Index(rest, []byte("] \""))
	if open < 0 || begin < open {
		return record.TooShort
	}
	v.Text[record.Src], v.Text[record.Time] = client, rest[open:begin+1]
	request, rest, _ := bytes.Cut(rest[begin+3:], []byte("\""))
	method, request, _ := bytes.Cut(request, []byte(" "))
	url, _, _ := bytes.Cut(request, []byte(" "))
	var f [2][]byte
	cut.Words(rest, f[:])
	v.Text[record.Received] = f[1]
	squidTarget(v, method, url, nil, nil)
	return ""
}

// squidTarget finds whom a request was to.
func squidTarget(v *record.Values, method, url, hierarchy, peer []byte) {
	proxyTarget(v, method, url)
	if cut.IsAddress(peer) && !bytes.Contains(hierarchy, []byte("PARENT")) && !bytes.Contains(hierarchy, []byte("SIBLING")) {
		v.Text[record.Dst] = peer
	}
}
