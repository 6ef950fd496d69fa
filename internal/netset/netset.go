// Package netset has hosts, and sets of them by network and domain: which are internal,
// which are left out.
package netset

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"github.com/gaissmai/bart"
)

// Set is a set of networks and domains, less some. The zero value is empty. It is built
// first and read, by any number of goroutines, afterwards.
type Set struct {
	table    bart.Lite
	prefixes []netip.Prefix
	domains  map[string]reach
	patterns []string // of the domains, in the order in which they were added
	except   *Set     // what is left out, nil for nothing
}

// reach says which names a domain covers.
type reach uint8

const (
	itself reach = 1 << iota
	below
)

// Default returns the networks that are internal unless the analyst says otherwise:
// RFC 1918, fc00::/7 (RFC 4193), loopback and link-local.
func Default() *Set {
	s, err := Parse(defaults)
	if err != nil {
		panic(err)
	}
	return s
}

var defaults = []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
	"127.0.0.0/8", "169.254.0.0/16", "fc00::/7", "::1/128", "fe80::/10"}

// ParseInternal reads what is internal, as Parse does. Items that name no network stand
// beside the default ones: corp.example adds a domain to them, !10.0.0.8 leaves an address
// out of them. It returns an empty set for no items.
func ParseInternal(items []string) (*Set, error) {
	s, err := Parse(items)
	if err != nil || len(s.prefixes) > 0 || s.Empty() && s.except == nil {
		return s, err
	}
	return Parse(slices.Concat(defaults, items))
}

// Parse reads a set of items, each one item or a comma list: addresses, networks in CIDR
// notation, domains (see AddDomain), and any of these after a !, which leaves it out.
func Parse(items []string) (*Set, error) {
	s := new(Set)
	for _, item := range items {
		for word := range strings.SplitSeq(item, ",") {
			if word = strings.TrimSpace(word); word == "" {
				continue
			}
			if err := s.add(word); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// add puts one item of a list into the set.
func (s *Set) add(word string) error {
	if rest, ok := strings.CutPrefix(word, "!"); ok {
		if s.except == nil {
			s.except = new(Set)
		}
		return s.except.add(rest)
	}
	p, err := ParsePrefix(word)
	if err == nil {
		s.Add(p)
		return nil
	}
	if !strings.ContainsAny(word, "/:") && s.AddDomain(word) {
		return nil
	}
	return err
}

// Add puts a network into the set.
func (s *Set) Add(p netip.Prefix) {
	if s.table.Get(p) {
		return
	}
	s.prefixes = append(s.prefixes, p)
	s.table.Insert(p)
}

// AddDomain puts a domain into the set and returns whether it is one: example.com or
// .example.com is the name and all names below it, *.example.com only those below it. A
// single label needs the dot: .local.
func (s *Set) AddDomain(pattern string) bool {
	covers := itself | below
	name, under := strings.CutPrefix(pattern, "*.")
	if under {
		covers = below
	} else {
		name = strings.TrimPrefix(pattern, ".")
	}
	h, ok := CleanName([]byte(name))
	bare := name == pattern && !strings.Contains(name, ".")
	if !ok || bare || !h.IsName() || strings.Contains(h.Name, "*") || numeric(h.Name) {
		return false
	}
	if s.domains == nil {
		s.domains = map[string]reach{}
	}
	if s.domains[h.Name]&covers != covers {
		s.patterns = append(s.patterns, strings.ToLower(pattern))
	}
	s.domains[h.Name] |= covers
	return true
}

// numeric tells whether a text looks like a mistyped address or network: no top-level
// domain ends in a digit (RFC 3696, section 2).
func numeric(name string) bool {
	last := name[len(name)-1]
	return '0' <= last && last <= '9'
}

// ParsePrefix reads a prefix in CIDR notation, its host bits cleared, or an
// address, which is a prefix of its whole length. An IPv4-mapped prefix of
// ::ffff:0:0/96 or longer is its IPv4 prefix.
func ParsePrefix(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		addr = addr.Unmap().WithZone("")
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is neither an address nor a network like 10.0.0.0/8", text)
	}
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), nil
}

// Read adds what a text lists, an item as in Parse on each line: the first word of a line,
// ended by a blank, comma or semicolon. Lines that begin with # are skipped. Errors give
// the name and the line.
func (s *Set) Read(name string, r io.Reader) error {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		words := strings.FieldsFunc(lines.Text(), func(r rune) bool { return r == ' ' || r == '\t' || r == ',' || r == ';' })
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if err := s.add(words[0]); err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	return nil
}

// Contains says whether an address, IPv4-mapped ones as IPv4, lies in the set.
func (s *Set) Contains(addr netip.Addr) bool { return s.Has(HostOf(addr)) }

// Has says whether a host lies in the set. All the names of a registered domain do where
// each of them does.
func (s *Set) Has(h Host) bool {
	if s == nil {
		return false
	}
	in := false
	if h.IsName() {
		in = s.hasName(h)
	} else {
		in = s.table.Contains(h.Addr)
	}
	return in && !s.except.Has(h)
}

func (s *Set) hasName(h Host) bool {
	if len(s.domains) == 0 {
		return false
	}
	name, whole := strings.CutPrefix(h.Name, "*.")
	if !whole && s.domains[name]&itself != 0 {
		return true
	}
	if whole && s.domains[name]&below != 0 {
		return true
	}
	for {
		_, parent, more := strings.Cut(name, ".")
		if !more {
			return false
		}
		if s.domains[parent]&below != 0 {
			return true
		}
		name = parent
	}
}

// Prefixes returns the networks in the order in which they were added, with those that Except
// leaves out again.
func (s *Set) Prefixes() []netip.Prefix {
	if s == nil {
		return nil
	}
	return slices.Clone(s.prefixes)
}

// Domains returns the domains in the order in which they were added, as AddDomain takes them.
func (s *Set) Domains() []string {
	if s == nil {
		return nil
	}
	return slices.Clone(s.patterns)
}

// Except returns what is left out of the networks and domains, nil for nothing.
func (s *Set) Except() *Set {
	if s == nil {
		return nil
	}
	return s.except
}

// Empty says whether neither a network nor a domain is in the set.
func (s *Set) Empty() bool { return s == nil || len(s.prefixes)+len(s.patterns) == 0 }

// String returns the set as a comma list that Parse reads.
func (s *Set) String() string {
	var words []string
	for _, p := range s.prefixes {
		words = append(words, p.String())
	}
	words = append(words, s.patterns...)
	if s.except != nil {
		for word := range strings.SplitSeq(s.except.String(), ",") {
			words = append(words, "!"+word)
		}
	}
	return strings.Join(words, ",")
}
