package names

import (
	"bytes"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/valyala/fastjson"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
	"beacon/internal/lease"
)

// zeekNames reads Zeek's tab-separated logs, by the columns that they have.
type zeekNames struct {
	*nameTable
	separator, set                       string
	query, answers, host, server, target int // columns from 1; 0 where there is none
	lease                                zeekLease
	fields                               []string
}

func (z *zeekNames) line(line []byte) {
	text := string(line)
	if text[0] == '#' {
		z.header(text)
		return
	}
	z.fields = z.fields[:0]
	for field := range strings.SplitSeq(text, z.separator) {
		z.fields = append(z.fields, field)
	}
	field := func(column int) string {
		if column == 0 || column > len(z.fields) {
			return ""
		}
		return z.fields[column-1]
	}
	for answer := range strings.SplitSeq(field(z.answers), z.set) {
		z.add(answer, field(z.query))
	}
	z.add(field(z.target), field(z.server))
	z.add(field(z.target), withoutPort(field(z.host)))
	z.lease.line(z.nameTable, field)
}

func (z *zeekNames) header(text string) {
	if value, ok := strings.CutPrefix(text, "#separator "); ok {
		if sep, err := unescape(value); err == nil && sep != "" {
			z.separator = sep
		}
		return
	}
	name, value, _ := strings.Cut(text, z.separator)
	switch name {
	case "#set_separator":
		if set, err := unescape(value); err == nil && set != "" {
			z.set = set
		}
	case "#fields":
		columns := strings.Split(value, z.separator)
		at := func(name string) int { return slices.Index(columns, name) + 1 }
		z.query, z.answers, z.server, z.target = at("query"), at("answers"), at("server_name"), at("id.resp_h")
		if z.host = at("host"); at("method") == 0 && at("uri") == 0 { // only http.log's host is the name of the server
			z.host = 0
		}
		z.lease = newZeekLease(at)
	}
}

// unescape reads a text with \x09 in it.
func unescape(text string) (string, error) { return strconv.Unquote(`"` + text + `"`) }

// withoutPort returns a host without the port behind it.
func withoutPort(host string) string {
	if before, port, ok := strings.Cut(host, ":"); ok && strings.Trim(port, "0123456789") == "" {
		return before
	}
	return host
}

// jsonNames reads Zeek's and Suricata's JSON lines, by the keys that they have.
type jsonNames struct {
	*nameTable
	parser fastjson.Parser
}

func (j *jsonNames) line(line []byte) {
	if j.leasesOnly && !isJSONLease(line) {
		return
	}
	v, err := j.parser.ParseBytes(line)
	if err != nil {
		return
	}
	if j.jsonLease(v) {
		return
	}
	text := func(v *fastjson.Value, keys ...string) string { return string(v.GetStringBytes(keys...)) }
	// Zeek: dns, ssl, http.
	query := text(v, "query")
	for _, answer := range v.GetArray("answers") {
		j.add(text(answer), query)
	}
	target := text(v, "id.resp_h")
	if target == "" {
		target = text(v, "id_resp_h")
	}
	if target == "" {
		target = text(v, "id", "resp_h")
	}
	j.add(target, text(v, "server_name"))
	if v.Exists("method") || v.Exists("uri") {
		j.add(target, withoutPort(text(v, "host")))
	}
	// Suricata: dns of any version, tls, http.
	switch dns := v.Get("dns"); {
	case dns != nil:
		query := text(dns, "rrname")
		if queries := dns.GetArray("queries"); query == "" && len(queries) > 0 {
			query = text(queries[0], "rrname")
		}
		j.add(text(dns, "rdata"), query)
		for _, answer := range dns.GetArray("answers") {
			j.add(text(answer, "rdata"), query)
		}
		for _, kind := range []string{"A", "AAAA"} {
			for _, answer := range dns.GetArray("grouped", kind) {
				j.add(text(answer), query)
			}
		}
	case v.Exists("tls"):
		j.add(text(v, "dest_ip"), text(v, "tls", "sni"))
	case v.Exists("http"):
		j.add(text(v, "dest_ip"), withoutPort(text(v, "http", "hostname")))
	}
}

// csvNames reads an address and a name a line, in columns that a header names,
// or else in the first column that holds an address and the one behind it.
type csvNames struct {
	*nameTable
	split         cut.Splitter
	lease         csvLease
	address, name int // columns from 0, -1 while they are not known
}

// firstRow returns the first line of a table that is neither blank nor a comment.
func firstRow(text []byte) []byte {
	for line := range bytes.Lines(text) {
		if line = bytes.TrimRight(line, "\r\n"); len(line) > 0 && line[0] != '#' {
			return line
		}
	}
	return nil
}

// newNamesSplitter returns the splitter of a table with this first row.
func newNamesSplitter(first []byte) cut.Splitter {
	sep := namesSeparator(first)
	return cut.Splitter{Separator: sep, Quoted: true, Runs: sep == ' '}
}

// namesSeparator returns the byte that separates the columns of a row.
func namesSeparator(row []byte) byte {
	for _, sep := range []byte(",\t;| ") {
		if bytes.IndexByte(row, sep) >= 0 {
			return sep
		}
	}
	return ','
}

// The columns of dnsmasq's lease file: when the lease ends, MAC, address and name.
const dnsmasqExpiry, dnsmasqMAC, dnsmasqAddress, dnsmasqName = 0, 1, 2, 3

// isDnsmasqLease reports whether a line is one of dnsmasq's lease file.
func isDnsmasqLease(fields [][]byte) bool {
	return len(fields) > dnsmasqName && cut.IsNumber(fields[dnsmasqExpiry]) && lease.CleanMAC(string(fields[dnsmasqMAC])) != ""
}

var (
	addressColumns = []string{"ip", "address", "addr", "ipaddress", "dstip", "destip", "answer"}
	nameColumns    = []string{"name", "hostname", "host", "domain", "fqdn", "query", "sni", "servername"}
)

func (c *csvNames) line(line []byte) {
	if line[0] == '#' {
		return
	}
	l := &c.split
	if !l.Split(line) {
		return
	}
	if c.lease.mac > 0 {
		c.lease.line(c.nameTable, l.Fields)
		return
	}
	if c.address < 0 {
		if c.lease = newCSVLease(l.Fields); c.lease.mac > 0 {
			return
		}
		if isDnsmasqLease(l.Fields) {
			field := func(column int) string { return string(l.Fields[column]) }
			c.leaseAt(&record{mac: field(dnsmasqMAC), address: field(dnsmasqAddress), names: [2]string{field(dnsmasqName)}, event: granted}, 0)
			return
		}
		for i, field := range l.Fields {
			switch text := string(field); {
			case slices.Contains(addressColumns, flowlog.NormalName(text)) && c.address < 0:
				c.address = i
			case slices.Contains(nameColumns, flowlog.NormalName(text)) && c.name < 0:
				c.name = i
			}
		}
		if c.address >= 0 && c.name >= 0 {
			return
		}
		c.address, c.name = -1, -1
		for i, field := range l.Fields {
			if _, err := netip.ParseAddr(string(field)); err == nil {
				c.address, c.name = i, i+1
				break
			}
		}
	}
	if c.address >= 0 && c.address < len(l.Fields) && c.name < len(l.Fields) {
		c.add(string(l.Fields[c.address]), string(l.Fields[c.name]))
	}
}
