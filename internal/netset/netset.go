// Package netset is a set of networks: which addresses are internal, which are
// left out.
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

// Set is a set of networks. The zero value is empty. It is built first and
// read, by any number of goroutines, afterwards.
type Set struct {
	table    bart.Lite
	prefixes []netip.Prefix
}

// Default is the networks that are internal unless the analyst says otherwise:
// RFC 1918, fc00::/7 (RFC 4193), loopback and link-local.
func Default() *Set {
	s, err := Parse([]string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
		"127.0.0.0/8", "169.254.0.0/16", "fc00::/7", "::1/128", "fe80::/10"})
	if err != nil {
		panic(err)
	}
	return s
}

// Parse reads networks, each an item or a comma list of addresses and CIDR
// prefixes.
func Parse(items []string) (*Set, error) {
	s := new(Set)
	for _, item := range items {
		for word := range strings.SplitSeq(item, ",") {
			if word = strings.TrimSpace(word); word == "" {
				continue
			}
			p, err := ParsePrefix(word)
			if err != nil {
				return nil, err
			}
			s.Add(p)
		}
	}
	return s, nil
}

// Add puts a network into the set.
func (s *Set) Add(p netip.Prefix) {
	if s.table.Get(p) {
		return
	}
	s.prefixes = append(s.prefixes, p)
	s.table.Insert(p)
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

// Read adds the networks that a text lists, one on each line: the first word of a
// line, ended by a blank, comma or semicolon, is a prefix or an address. Lines
// that begin with # are skipped. Errors give the name and the line.
func (s *Set) Read(name string, r io.Reader) error {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		words := strings.FieldsFunc(lines.Text(), func(r rune) bool { return r == ' ' || r == '\t' || r == ',' || r == ';' })
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		p, err := ParsePrefix(words[0])
		if err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
		s.Add(p)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	return nil
}

// Contains says whether an address, IPv4-mapped ones as IPv4, lies in the set.
func (s *Set) Contains(addr netip.Addr) bool {
	return s != nil && s.table.Contains(addr.Unmap().WithZone(""))
}

// Prefixes is the networks in the order in which they were added.
func (s *Set) Prefixes() []netip.Prefix {
	if s == nil {
		return nil
	}
	return slices.Clone(s.prefixes)
}

// Empty says whether no network is in the set.
func (s *Set) Empty() bool { return s == nil || len(s.prefixes) == 0 }

// String is the networks as a comma list.
func (s *Set) String() string {
	words := make([]string, len(s.prefixes))
	for i, p := range s.prefixes {
		words[i] = p.String()
	}
	return strings.Join(words, ",")
}
