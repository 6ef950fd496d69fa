package known

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"beacon/internal/escape"
	"beacon/internal/netset"
)

// Text returns a rule as it stands in a file.
func (r *Rule) Text() string {
	var b strings.Builder
	b.WriteString("[[known]]\n")
	for _, l := range []struct {
		key   string
		items []string
	}{{"destination", r.Destination}, {"source", r.Source}} {
		switch quoted := quoteAll(l.items); len(quoted) {
		case 0:
		case 1:
			fmt.Fprintf(&b, "%s = %s\n", l.key, quoted[0])
		default:
			fmt.Fprintf(&b, "%s = [%s]\n", l.key, strings.Join(quoted, ", "))
		}
	}
	if r.Port != 0 {
		fmt.Fprintf(&b, "port = %d\n", r.Port)
	}
	fmt.Fprintf(&b, "reason = %s\n", quote(r.Reason))
	if !r.Expires.IsZero() {
		fmt.Fprintf(&b, "expires = %s\n", r.Expires.Format(time.DateOnly))
	}
	if r.By != "" {
		fmt.Fprintf(&b, "by = %s\n", quote(r.By))
	}
	return b.String()
}

func quoteAll(items []string) (quoted []string) {
	for _, item := range items {
		quoted = append(quoted, quote(item))
	}
	return quoted
}

// quote returns a text as a basic string of TOML.
func quote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range strings.ToValidUTF8(text, "\ufffd") {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case escape.Obeyed(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// IsCSV tells whether a file holds rules in the earlier form, CSV of network, port and
// reason: its first line that is no comment is a row of it.
func IsCSV(text []byte) bool {
	for line := range bytes.Lines(bytes.TrimPrefix(text, []byte("\ufeff"))) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		first, _, more := bytes.Cut(line, []byte(","))
		_, err := netset.ParsePrefix(string(first))
		return more && (err == nil || bytes.EqualFold(bytes.TrimSpace(first), []byte("network")))
	}
	return false
}

// Convert returns the rules of the file at a path, which are in the earlier form, CSV, as TOML.
// Comments before the rules stay.
func Convert(path string, text []byte) (string, error) {
	var b strings.Builder
	rows := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	rows.Comment, rows.TrimLeadingSpace, rows.FieldsPerRecord = '#', true, -1
	lines := bytes.Split(text, []byte("\n"))
	next := 0 // the first line that no row had yet
	comments := func(end int) {
		for ; next < min(end, len(lines)); next++ {
			if line := bytes.TrimSpace(lines[next]); bytes.HasPrefix(line, []byte("#")) {
				fmt.Fprintf(&b, "%s\n", bytes.Map(inComment, bytes.ToValidUTF8(line, nil)))
			}
		}
	}
	for n := 0; ; n++ {
		row, err := rows.Read()
		if err == io.EOF {
			comments(len(lines))
			return b.String(), nil
		}
		if wrong := new(csv.ParseError); errors.As(err, &wrong) {
			return "", fmt.Errorf("%s:%d: its quotation marks are wrong: one within a quoted field is written twice", path, wrong.Line)
		} else if err != nil {
			return "", err
		}
		line, _ := rows.FieldPos(0)
		comments(line - 1)
		next = line + strings.Count(strings.Join(row, ""), "\n")
		if n == 0 && strings.EqualFold(strings.TrimSpace(row[0]), "network") {
			continue
		}
		rule, err := convertRow(row)
		if err != nil {
			return "", fmt.Errorf("%s:%d: %w", path, line, err)
		}
		b.WriteString(rule.Text() + "\n")
	}
}

// inComment drops what TOML doesn't allow in a comment: control characters but for tabs.
func inComment(r rune) rune {
	if unicode.IsControl(r) && r != '\t' {
		return -1
	}
	return r
}

func convertRow(row []string) (*Rule, error) {
	if len(row) != 3 {
		return nil, fmt.Errorf("%d columns instead of network, port and reason", len(row))
	}
	network, port := strings.TrimSpace(row[0]), strings.TrimSpace(row[1])
	if _, err := netset.ParsePrefix(network); err != nil {
		return nil, err
	}
	r := &Rule{Destination: []string{network}, Reason: strings.TrimSpace(row[2])}
	if port != "" && port != "*" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return nil, fmt.Errorf("%q is no port", port)
		}
		r.Port = uint16(n)
	}
	if r.Reason == "" {
		return nil, fmt.Errorf("there is no reason")
	}
	return r, nil
}
