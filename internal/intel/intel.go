// Package intel reads indicators of threat and finds those that a host matches.
package intel

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/words"
)

// Set holds indicators by what they name: addresses, networks and domains.
type Set struct {
	networks map[netip.Prefix][]indicator
	lengths  [2][129]bool // of the prefixes in networks, of IPv4 and IPv6
	domains  map[string][]indicator
	n        int
}

// indicator is an indicator and how it matches.
type indicator struct {
	beacon.Listing
	port  uint16 // of the destination; 0 is any
	exact bool   // of a domain: the name, and no name below it
	below bool   // of a domain: the names below it alone
}

// most is how many indicators a set holds: more are no feed, but a mistake.
const most = 1 << 24

// Len returns the number of indicators.
func (s *Set) Len() int { return s.n }

// Counts tells how much of a file is used.
type Counts struct {
	Used    int // indicators
	Other   int // of a kind that flows don't show: hashes, URLs, mail addresses, patterns of several conditions
	Expired int // or revoked, benign, or not meant for detection (MISP's to_ids)
}

// String returns the counts in words.
func (c Counts) String() string {
	text := words.Plural(int64(c.Used), "indicator", "indicators")
	if c.Other > 0 {
		text += fmt.Sprintf(", %s skipped: no address, network or domain", words.Thousands(int64(c.Other)))
	}
	if c.Expired > 0 {
		text += fmt.Sprintf(", %s no longer valid or not meant for detection", words.Thousands(int64(c.Expired)))
	}
	return text
}

// Errors of files that can't be feeds.
var (
	errNone   = errors.New("holds no indicator: neither addresses nor domains")
	errBinary = errors.New("is binary, compressed or UTF-16, and must be UTF-8 text")
)

// Hint says what a file of indicators may be.
const Hint = "indicators come from Zeek's intelligence files, STIX 2.1 bundles, MISP's CSV, or lists of addresses, networks and domains"

// Add adds the indicators of a file, whose name stands for the source where the file gives
// none. now decides what has expired.
func (s *Set) Add(name string, text []byte, now time.Time) (Counts, error) {
	if s.networks == nil {
		s.networks, s.domains = map[netip.Prefix][]indicator{}, map[string][]indicator{}
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return Counts{}, errBinary
	}
	r := &reader{set: s, name: name, now: now}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	var err error
	switch begin := bytes.TrimSpace(text); {
	case bytes.HasPrefix(begin, []byte("{")), bytes.HasPrefix(begin, []byte("[")):
		err = r.stix(begin)
	case bytes.HasPrefix(begin, []byte("#fields")), bytes.HasPrefix(begin, []byte("#separator")):
		r.zeek(text)
	default:
		err = r.lines(text)
	}
	if err == nil && r.counts.Used == 0 && r.counts.Other+r.counts.Expired == 0 {
		err = errNone
	}
	if s.n > most {
		err = fmt.Errorf("more than %d indicators", most)
	}
	return r.counts, err
}

// reader reads one file.
type reader struct {
	set    *Set
	name   string
	now    time.Time
	counts Counts
}

// add adds an indicator by its text: an address, a network or a domain. It returns false,
// and counts one of another kind, where the text is none of these.
func (r *reader) add(value string, in indicator) bool {
	value = refanged(value)
	if host, port, ok := hostPort(value); ok && in.port == 0 {
		value, in.port = host, port
	}
	in.Indicator, in.Source = value, cmp.Or(words.Plain(strings.TrimSpace(in.Source)), r.name)
	in.Text = words.Plain(strings.TrimSpace(in.Text))
	if p, err := netset.ParsePrefix(value); err == nil {
		if p.Bits() == 0 {
			r.counts.Other++ // every address is no indicator
			return false
		}
		r.set.lengths[family(p.Addr())][p.Bits()] = true
		r.set.networks[p] = append(r.set.networks[p], in)
	} else {
		name, wild := strings.CutPrefix(value, "*.")
		h, ok := netset.CleanName([]byte(strings.TrimPrefix(name, ".")))
		if !ok || !h.IsName() || !strings.Contains(h.Name, ".") || strings.ContainsAny(h.Name, "*/:") {
			r.counts.Other++
			return false
		}
		if suffix, icann := publicsuffix.PublicSuffix(h.Name); suffix == h.Name && (icann || strings.Contains(suffix, ".")) {
			in.exact = true // what lies below belongs to others
		}
		in.below = wild
		r.set.domains[h.Name] = append(r.set.domains[h.Name], in)
	}
	r.counts.Used++
	r.set.n++
	return true
}

// refanged returns an indicator that was made harmless for people, such as
// 203.0.113[.]7 or hxxp, as it is.
func refanged(text string) string {
	text = strings.TrimSpace(text)
	if strings.ContainsAny(text, "[(") {
		text = harmless.Replace(text)
	}
	return text
}

var harmless = strings.NewReplacer("[.]", ".", "(.)", ".", "[:]", ":")

// hostPort splits 203.0.113.7:443, [2001:db8::1]:443 and c2.example.com:443.
func hostPort(text string) (host string, port uint16, ok bool) {
	colon := strings.LastIndexByte(text, ':')
	if colon < 0 {
		return "", 0, false
	}
	host, port = text[:colon], portOf(text[colon+1:])
	if inner, ok := strings.CutPrefix(host, "["); ok {
		if host, ok = strings.CutSuffix(inner, "]"); !ok {
			return "", 0, false
		}
	} else if strings.Contains(host, ":") { // an address of IPv6 alone
		return "", 0, false
	}
	return host, port, port > 0
}

func family(a netip.Addr) int {
	if a.Is4() {
		return 0
	}
	return 1
}

// Match returns the indicators that a host matches: its address, a network that holds it,
// its name, or a domain above that. ports are those that the host was called at; an
// indicator with a port matches if it is among them, or if there are none.
func (s *Set) Match(h netset.Host, ports []uint16) (list []beacon.Listing) {
	take := func(all []indicator, itself bool) {
		for _, in := range all {
			if in.port != 0 && len(ports) > 0 && !slices.Contains(ports, in.port) || in.exact && !itself || in.below && itself {
				continue
			}
			list = append(list, in.Listing)
		}
	}
	if !h.IsName() {
		for bits := h.Addr.BitLen(); bits > 0; bits-- {
			if s.lengths[family(h.Addr)][bits] {
				p, _ := h.Addr.Prefix(bits)
				take(s.networks[p], bits == h.Addr.BitLen())
			}
		}
		return list
	}
	name, whole := strings.CutPrefix(h.Name, "*.")
	for itself := !whole; ; itself = false {
		take(s.domains[name], itself || whole)
		_, parent, more := strings.Cut(name, ".")
		if !more {
			return list
		}
		name, whole = parent, false
	}
}
