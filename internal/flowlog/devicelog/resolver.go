package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// What resolvers log of the queries that they are asked: client and name. Their answers
// and what they ask others are no flows.
//
//	dnsmasq[601]: query[A] a.example from 10.0.0.5                                        (dnsmasq, Pi-hole)
//	21-Jun-2020 00:00:02.123 client @0x7f 10.0.0.5#50000 (a.example): query: a.example IN A +E(0)K (10.0.0.53)   (BIND)
//	[1592697602] unbound[601:0] info: 10.0.0.5 a.example. A IN                            (Unbound)
//	[INFO] 10.0.0.5:50000 - 4711 "A IN a.example. udp 33 false 512" NOERROR qr,rd 66 0.01s (CoreDNS)
//	6/21/2020 12:00:02 AM 0E4C PACKET  000001D1 UDP Rcv 10.0.0.5  0002   Q [0001   D   NOERROR] A      (1)a(7)example(0)   (Windows DNS Server)
//
// Shape: dnsmasq's log-queries; ISC, "BIND 9 Administrator Reference Manual", category
// queries; Unbound's log-queries; CoreDNS's plugin log; Microsoft, "DNS debug logging".

func init() {
	for _, r := range resolvers {
		record.Register(&record.Device{
			Names: true, Prefer: record.Begun,
			Name: r.name, Doc: r.doc, Example: r.example, Needs: r.needs, Gives: "port, name",
			Mine: func(line []byte) bool { return r.query(line, &record.Values{}) },
			Read: func(m *record.Message, v *record.Values) string {
				if !r.query(m.Line, v) {
					return record.NotFlow
				}
				v.Text[record.DstPort] = dnsPort
				return ""
			},
		})
	}
}

var dnsPort = []byte("53")

// resolver is a program that logs the queries of its clients.
type resolver struct {
	name, doc, needs, example string

	// query finds client, name and, where they stand in the message, port and time of the
	// query in a line. It returns false for other lines.
	query func(line []byte, v *record.Values) bool
}

var resolvers = []resolver{
	{
		name: "dnsmasq", doc: "dnsmasq and Pi-hole query log", needs: "query[TYPE] NAME from CLIENT with a syslog time",
		example: "Jun 21 00:00:02 dnsmasq[601]: query[A] a.example from 10.0.0.5", query: dnsmasqQuery,
	},
	{
		name: "bind", doc: "BIND query log", needs: "client CLIENT#PORT (NAME): query: with a time",
		example: "21-Jun-2020 00:00:02.123 client @0x7f 10.0.0.5#50000 (a.example): query: a.example IN A +E(0)K (10.0.0.53)", query: bindQuery,
	},
	{
		name: "unbound", doc: "Unbound query log", needs: "info: CLIENT NAME. TYPE CLASS with a time",
		example: "[1592697602] unbound[601:0] info: 10.0.0.5 a.example. A IN", query: unboundQuery,
	},
	{
		name: "coredns", doc: "CoreDNS log of queries", needs: "CLIENT:PORT - ID \"TYPE CLASS NAME. PROTOCOL with a time",
		example: `2020-06-21T00:00:02.123Z [INFO] 10.0.0.5:50000 - 4711 "A IN a.example. udp 33 false 512" NOERROR qr,rd 66 0.01s`, query: corednsQuery,
	},
	{
		name: "windows-dns", doc: "Windows DNS Server debug log", needs: "PACKET, Rcv CLIENT, Q [...] TYPE (n)NAME(0)",
		example: "6/21/2020 12:00:02 AM 0E4C PACKET  000001D1 UDP Rcv 10.0.0.5        0002   Q [0001   D   NOERROR] A      (1)a(7)example(0)", query: windowsQuery,
	},
}

func dnsmasqQuery(line []byte, v *record.Values) bool {
	_, rest, _ := bytes.Cut(line, []byte(" query["))
	_, rest, ok := bytes.Cut(rest, []byte("] "))
	name, client, ok2 := bytes.Cut(rest, []byte(" from "))
	client = bytes.TrimRight(client, " ")
	v.Text[record.Src], v.Text[record.Name] = client, name
	return ok && ok2 && cut.IsAddress(client)
}

var bindClient = []byte("client ")

// bindQuery reads queries of any version of BIND: before 9.9 the name in parentheses is
// missing, before 9.11 the pointer behind client; a TSIG key follows the port, and a view
// stands before the query.
func bindQuery(line []byte, v *record.Values) bool {
	before, rest, ok := bytes.Cut(line, []byte(": query: "))
	if !ok {
		return false
	}
	name, _, ok := bytes.Cut(rest, []byte(" "))
	at := bytes.LastIndex(before, bindClient)
	if !ok || at < 0 {
		return false
	}
	if before = before[at+len(bindClient):]; len(before) > 0 && before[0] == '@' {
		_, before, _ = bytes.Cut(before, []byte(" "))
	}
	client, port, ok := bytes.Cut(before, []byte("#"))
	_, digits := cut.Digits(port, len("65535"))
	v.Text[record.Src], v.Text[record.SrcPort], v.Text[record.Name] = client, port[:digits], name
	return ok && digits > 0 && cut.IsAddress(client)
}

// unboundKinds are how messages begin; the last two with log-tag-queryreply.
var unboundKinds = [][]byte{[]byte("] info: "), []byte("] query: "), []byte("] reply: ")}

// unboundQuery reads queries and, of a log that has no queries, replies, which say what
// was asked too. Unbound's own log begins with a number in brackets, the time.
func unboundQuery(line []byte, v *record.Values) bool {
	at := bytes.Index(line, []byte("unbound"))
	if at < 0 {
		return false
	}
	var rest []byte
	for _, kind := range unboundKinds {
		if _, after, ok := bytes.Cut(line[at:], kind); ok {
			rest = after
			break
		}
	}
	var words [5][]byte
	n := cut.Words(rest, words[:])
	if n < 4 || !cut.IsAddress(words[0]) || !bytes.HasSuffix(words[1], []byte(".")) {
		return false
	}
	if line[0] == '[' {
		v.Text[record.Time], _, _ = bytes.Cut(line[1:], []byte("]"))
	}
	v.Text[record.Src], v.Text[record.Name] = words[0], words[1]
	v.Phase = record.Begun
	if n == len(words) {
		v.Phase = record.Ended
	}
	return true
}

func corednsQuery(line []byte, v *record.Values) bool {
	before, rest, ok := bytes.Cut(line, []byte(` - `))
	client, port := cut.HostPort(before[bytes.LastIndexByte(before, ' ')+1:])
	_, rest, ok2 := bytes.Cut(rest, []byte(` "`))
	var words [4][]byte
	if !ok || !ok2 || !cut.IsAddress(client) || cut.Words(rest, words[:]) < 4 || string(words[1]) != "IN" {
		return false
	}
	v.Text[record.Src], v.Text[record.SrcPort], v.Text[record.Name] = client, port, words[2]
	return true
}

func windowsQuery(line []byte, v *record.Values) bool {
	_, rest, ok := bytes.Cut(line, []byte(" PACKET "))
	_, rest, ok2 := bytes.Cut(rest, []byte(" Rcv "))
	var words [3][]byte
	if !ok || !ok2 || cut.Words(rest, words[:]) < 3 || string(words[2]) != "Q" || !cut.IsAddress(words[0]) { // R before Q: a response
		return false
	}
	_, rest, _ = bytes.Cut(rest, []byte("]"))
	at := bytes.IndexByte(rest, '(')
	if at < 0 {
		return false
	}
	v.Text[record.Src], v.Text[record.Name] = words[0], windowsName(bytes.TrimRight(rest[at:], " \r"))
	return len(v.Text[record.Name]) > 0
}

// windowsName reads (1)a(7)example(0), labels behind their lengths.
func windowsName(text []byte) (name []byte) {
	for len(text) > 0 && text[0] == '(' {
		length, rest, ok := bytes.Cut(text[1:], []byte(")"))
		n, digits := cut.Digits(length, 2)
		if !ok || digits != len(length) || n > len(rest) {
			return nil
		}
		if n == 0 {
			break
		}
		if len(name) > 0 {
			name = append(name, '.')
		}
		name, text = append(name, rest[:n]...), rest[n:]
	}
	return name
}
