// Package called finds the destination of a record by what the record calls it.
package called

import (
	"bytes"
	"math"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/numbers"
	"beacon/internal/netset"
)

// Host holds what a record says of its destination by name. The zero value says
// nothing.
type Host struct {
	name, query, target, answer    uint32 // hosts
	named, queried, asked, answers bool   // which of them are told
	port                           uint16 // of the target; 0 if it names none
}

// dnsPort is the port of DNS queries, whatever port the resolver is reached by.
const dnsPort = 53

// Take reads a text of a role that names a host. It returns false where the text can't
// be a name.
func (c *Host) Take(w *flowlog.Worker, p *flowlog.FieldParser, r flowlog.Role, text []byte) (ok bool) {
	if p.Null(text) {
		return true
	}
	switch r {
	case flowlog.Query:
		c.query, c.queried = w.NameHost(withoutPort(text)) // as Alias reads it
		return c.queried
	case flowlog.Target:
		host, port := targetHost(text)
		if host == nil {
			return true
		}
		c.target, c.asked = w.NameHost(host)
		c.port = port
		return c.asked
	case flowlog.Answers:
		if w.Name != nil {
			c.answer, c.answers = firstAddr(w, text)
		}
		return true
	}
	c.name, c.named = w.NameHost(withoutPort(text))
	return c.named
}

// Known returns the host that the text of a role was read as, false where it named none, or
// where the host isn't all that the text told.
func (c *Host) Known(r flowlog.Role) (id uint32, ok bool) {
	switch r {
	case flowlog.HostName:
		return c.name, c.named
	case flowlog.Query:
		return c.query, c.queried
	}
	return 0, false
}

// TakeKnown is Take for a text of which Known has told the host before.
func (c *Host) TakeKnown(r flowlog.Role, id uint32) {
	if r == flowlog.Query {
		c.query, c.queried = id, true
	} else {
		c.name, c.named = id, true
	}
}

// Tells tells whether Settle finds a destination.
func (c *Host) Tells(w *flowlog.Worker, addressed, beside bool) bool {
	if c.queried || c.asked || c.named && (!addressed || w.Hosts.IsName(c.name)) {
		return true
	}
	return addressed && !beside
}

// Settle completes the destination of a row, which has been cleared but for the address
// in Dst, if it is addressed. A name that a resolver or a proxy was asked for is the
// destination. Any other name stands beside the address, or for it where there is none,
// or where the connection has another record (beside). It returns false where the row
// has no destination.
func (c *Host) Settle(w *flowlog.Worker, row int, addressed, beside bool) (ok bool) {
	if !c.Tells(w, addressed, beside) {
		return false
	}
	switch {
	case c.queried:
		w.Dst[row] = c.query
		if w.Port != nil {
			w.Port[row] = dnsPort
		}
		if c.answers {
			w.Name[row] = flow.Alias(c.answer)
		}
	case c.asked:
		w.Dst[row] = c.target
		if w.Port != nil && c.port != 0 {
			w.Port[row] = c.port
		}
	case c.named && !addressed:
		w.Dst[row] = c.name
	case !c.named || c.name == w.Dst[row]: // the destination says it
	case !w.Hosts.IsName(c.name): // that a name was met at, as package write writes it
		if w.Name != nil && w.Hosts.IsName(w.Dst[row]) {
			w.Name[row] = flow.Alias(c.name)
		}
	case beside:
		if w.Name != nil {
			w.Name[row] = flow.Alias(w.Dst[row])
		}
		w.Dst[row] = c.name
	case w.Name != nil:
		w.Name[row] = flow.Alias(c.name)
	}
	return true
}

// firstAddr returns the host of the first address in a list: texts in quotes or without,
// apart by commas.
func firstAddr(w *flowlog.Worker, list []byte) (id uint32, ok bool) {
	for text := range bytes.SplitSeq(list, []byte(",")) {
		if id, ok = w.Addr(bytes.Trim(text, `[]" `)); ok {
			return id, true
		}
	}
	return 0, false
}

// targetHost returns host and port of a request's target as proxies get it: a whole URL,
// or the host:port of a CONNECT; nil of any other.
func targetHost(target []byte) (host []byte, port uint16) {
	if len(target) == 0 || target[0] == '/' {
		return nil, 0
	}
	text := target
	if scheme, rest, ok := bytes.Cut(target, []byte("://")); ok && bytes.IndexByte(scheme, '/') < 0 {
		port = schemePort(scheme)
		end := bytes.IndexAny(rest, "/?#")
		if end < 0 {
			end = len(rest)
		}
		text = rest[:end]
		text = text[bytes.LastIndexByte(text, '@')+1:]
	} else if colon := bytes.LastIndexByte(text, ':'); colon <= 0 || bytes.IndexByte(text, '/') >= 0 {
		return nil, 0
	}
	host = withoutPort(text)
	if colon := bytes.LastIndexByte(text, ':'); colon >= 0 && colon < len(text)-1 && text[len(text)-1] != ']' && len(host) < len(text) {
		n, ok := numbers.ParseUint(text[colon+1:])
		if !ok || n > math.MaxUint16 {
			return nil, 0
		}
		port = uint16(n)
	}
	return host, port
}

// schemePort returns the port of a URL without one; 0 where it is not known.
func schemePort(scheme []byte) uint16 {
	switch string(bytes.ToLower(scheme)) {
	case "http", "ws":
		return 80
	case "https", "wss":
		return 443
	case "ftp":
		return 21
	}
	return 0
}

// withoutPort returns a host without the port behind it, and without brackets.
func withoutPort(text []byte) []byte {
	if len(text) > 0 && text[0] == '[' {
		if end := bytes.IndexByte(text, ']'); end > 0 {
			return text[1:end]
		}
	}
	if colon := bytes.IndexByte(text, ':'); colon > 0 && colon == bytes.LastIndexByte(text, ':') {
		return text[:colon]
	}
	return text
}

// Columns holds the columns of a batch that name hosts: the alias of a row's host, 0
// where it has none. Both are nil in a table that names none.
type Columns struct {
	Names, Queries []uint32
}

// Column returns the column of a role, HostName or Query.
func (c *Columns) Column(r flowlog.Role) []uint32 {
	column := &c.Names
	if r == flowlog.Query {
		column = &c.Queries
	}
	if *column == nil {
		*column = make([]uint32, flow.BatchRows)
	}
	return *column
}

// Alias returns the value of a column of Columns for a text, false where it can't
// be a name.
func Alias(w *flowlog.Worker, text []byte) (value uint32, ok bool) {
	if flowlog.NullText(text) {
		return 0, true
	}
	id, ok := w.NameHost(withoutPort(text))
	if !ok {
		return 0, false
	}
	return flow.Alias(id), true
}

// Named returns the host that a text of a column of names stands for, false where it can't be
// a name.
func Named(text []byte) (netset.Host, bool) {
	if text = withoutPort(text); bytes.HasPrefix(text, []byte("*.")) { // that would be all the names of a domain
		return netset.Host{}, false
	}
	return netset.CleanName(text)
}

// empty tells whether the first n rows of a column of Columns, which may be nil, name nothing.
func empty(column []uint32, n int) bool {
	for _, value := range column[:min(n, len(column))] {
		if value != 0 {
			return false
		}
	}
	return true
}

// Settle completes the destinations of the first n rows by their names, as
// Host.Settle does; addressed tells whether a column has addresses of destinations. It
// returns the troubles, less those of rows without an address that have a name.
func (c *Columns) Settle(w *flowlog.Worker, n int, addressed bool, troubles []flowlog.Trouble) []flowlog.Trouble {
	if c.Names == nil && c.Queries == nil { // Fast path
		return troubles
	}
	if addressed && len(troubles) == 0 && empty(c.Names, n) && empty(c.Queries, n) { // Fast path
		return troubles
	}
	var nowhere map[int]bool // rows without an address of the destination
	kept := troubles[:0]
	for _, t := range troubles {
		if t.Role == flowlog.Destination && t.Reason == flowlog.NoAddress {
			if nowhere == nil {
				nowhere = map[int]bool{}
			}
			nowhere[t.Row] = true
			continue
		}
		kept = append(kept, t)
	}
	for row := range n {
		var h Host
		if c.Names != nil && c.Names[row] != 0 {
			h.name, h.named = c.Names[row]-1, true
		}
		if c.Queries != nil && c.Queries[row] != 0 {
			h.query, h.queried = c.Queries[row]-1, true
		}
		if !h.Settle(w, row, addressed && !nowhere[row], false) {
			kept = append(kept, flowlog.Trouble{Row: row, Reason: flowlog.NoAddress})
		}
	}
	return kept
}
