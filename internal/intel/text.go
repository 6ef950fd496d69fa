package intel

import (
	"bytes"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"
)

// zeek reads a file of Zeek's intelligence framework.
func (r *reader) zeek(text []byte) {
	var columns []string
	for line := range bytes.Lines(text) {
		fields := strings.Split(strings.TrimRight(string(line), "\r\n"), "\t")
		if fields[0] == "#fields" {
			columns = fields[1:]
			continue
		}
		if !slices.Contains(columns, "indicator") {
			continue // another log of Zeek's
		}
		if strings.HasPrefix(fields[0], "#") || len(fields) < 2 {
			continue
		}
		field := func(name string) string {
			i := slices.Index(columns, name)
			if i < 0 || i >= len(fields) || fields[i] == "-" {
				return ""
			}
			return fields[i]
		}
		in := indicator{}
		in.Source, in.Text = field("meta.source"), field("meta.desc")
		switch field("indicator_type") {
		case "Intel::ADDR", "Intel::SUBNET":
			r.add(field("indicator"), in)
		case "Intel::DOMAIN":
			in.exact = true // as Zeek matches it
			r.add(field("indicator"), in)
		default:
			r.counts.Other++
		}
	}
}

// The names of columns that tell an indicator of a CSV file, its type and more, in lower
// case, as MISP and public feeds have them.
var (
	valueColumns   = []string{"value", "indicator", "indicator_value", "ioc", "ioc_value", "dst_ip", "ip", "ip_address", "address", "domain", "hostname", "host", "fqdn"}
	typeColumns    = []string{"type", "indicator_type", "ioc_type"}
	portColumns    = []string{"dst_port", "port"}
	sourceColumns  = []string{"source", "event_info", "feed", "provider"}
	textColumns    = []string{"comment", "description", "malware", "malware_printable", "threat", "name", "category"}
	detectsColumns = []string{"to_ids"}
)

// isSinkhole tells whether a field is the address that a hosts file sends names to, which
// follow it.
func isSinkhole(field string) bool {
	return field == "0.0.0.0" || field == "127.0.0.1" || field == "::" || field == "::1"
}

// lines reads CSV with one of the columns above, or a list with an indicator at the
// beginning of each line.
func (r *reader) lines(text []byte) error {
	columns, rest := headOf(text)
	if columns == nil {
		for line := range bytes.Lines(text) {
			fields := strings.FieldsFunc(string(line), func(c rune) bool { return strings.ContainsRune(" \t,;\r\n\"", c) })
			if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
				continue
			}
			if len(fields) > 1 && isSinkhole(fields[0]) {
				fields = fields[1:]
			}
			r.add(fields[0], indicator{})
		}
		return nil
	}
	rows := csv.NewReader(bytes.NewReader(rest))
	rows.Comment, rows.TrimLeadingSpace, rows.FieldsPerRecord, rows.LazyQuotes, rows.ReuseRecord = '#', true, -1, true, true
	for {
		row, err := rows.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		field := func(names []string) string {
			for _, name := range names {
				if i := slices.Index(columns, name); i >= 0 && i < len(row) && row[i] != "" {
					return strings.TrimSpace(row[i])
				}
			}
			return ""
		}
		if detects := field(detectsColumns); detects == "0" || strings.EqualFold(detects, "false") {
			r.counts.Expired++
			continue
		}
		in := indicator{}
		in.Source, in.Text = strings.Clone(field(sourceColumns)), strings.Clone(field(textColumns))
		in.port = portOf(field(portColumns))
		r.typed(field(typeColumns), field(valueColumns), in)
	}
}

// typed adds the value of an attribute by its type as MISP names it: ip-dst, ip-dst|port,
// domain, hostname, domain|ip. A source of attacks is no destination of calls, but the
// same hosts are often both.
func (r *reader) typed(kind, value string, in indicator) {
	first, second, both := strings.Cut(value, "|")
	switch kind = strings.ToLower(kind); kind {
	case "", "ip", "ipv4", "ipv6", "ip-dst", "ip-src", "ipv4-addr", "ipv6-addr", "domain", "domain-name", "ip:port":
		r.add(first, in)
	case "hostname":
		in.exact = true
		r.add(first, in)
	case "ip-dst|port", "ip-src|port", "hostname|port":
		if both {
			in.port = portOf(second)
		}
		in.exact = kind == "hostname|port"
		r.add(first, in)
	case "domain|ip":
		r.add(first, in)
		r.add(second, in)
	default:
		r.counts.Other++
	}
}

// headOf returns the columns of a CSV file in lower case, and the text after its head; nil
// where the first line that is no comment is no head. A head may be a comment itself.
func headOf(text []byte) (columns []string, rest []byte) {
	rest = text
	for line := range bytes.Lines(text) {
		rest = rest[len(line):]
		comment := bytes.HasPrefix(bytes.TrimSpace(line), []byte("#"))
		row, err := csv.NewReader(bytes.NewReader(bytes.TrimLeft(line, "# \t"))).Read()
		if err == nil {
			for i := range row {
				row[i] = strings.ToLower(strings.TrimSpace(row[i]))
			}
			if slices.ContainsFunc(row, func(name string) bool { return slices.Contains(valueColumns, name) }) && (!comment || len(row) > 1) {
				return row, rest
			}
		}
		if !comment && len(bytes.TrimSpace(line)) > 0 {
			return nil, nil
		}
	}
	return nil, nil
}

func portOf(text string) uint16 {
	n, _ := strconv.ParseUint(strings.TrimSpace(text), 10, 16)
	return uint16(n)
}
