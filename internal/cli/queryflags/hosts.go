package queryflags

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/objstore"
	"beacon/internal/usage"
)

// CheckInternal refuses networks of --internal that hold no address of the log: without an
// internal address there is nothing to judge.
func (q *Flags) CheckInternal(fs *beacon.Findings) error {
	if len(q.internal) == 0 || fs.Totals.Flows == 0 || fs.Totals.InternalHosts > 0 || fs.Len() > 0 {
		return nil
	}
	hint := "beacon inspect names the networks that the log has"
	for _, p := range fs.Query.Internal.Prefixes() {
		if site := siteOf(p); site != p {
			hint = fmt.Sprintf("%s is one address; the network is --internal %s", p.Addr(), site)
		}
	}
	return usage.Errorf(hint, "--internal %s: no address of the log is internal", strings.Join(q.internal, ","))
}

// siteOf returns the network that is meant by an IPv4 address that ends in zeros, 120.0.0.0/8 of
// 120.0.0.0, and any other network as it is.
func siteOf(p netip.Prefix) netip.Prefix {
	const octet = 8
	if !p.IsSingleIP() || !p.Addr().Is4() {
		return p
	}
	bits := p.Bits()
	for a := p.Addr().As4(); bits > 0 && a[bits/octet-1] == 0; {
		bits -= octet
	}
	if bits == 0 {
		return p
	}
	return netip.PrefixFrom(p.Addr(), bits)
}

// excludeSet reads --exclude: networks, files of them, kinds.
func excludeSet(items []string, read func(path string) ([]byte, error)) (*netset.Set, error) {
	set := new(netset.Set)
	for _, item := range items {
		for word := range strings.SplitSeq(item, ",") {
			word = strings.TrimSpace(word)
			if prefixes, ok := netset.OfKind(netset.Kind(word)); ok {
				for _, p := range prefixes {
					set.Add(p)
				}
				continue
			}
			p, err := netset.ParsePrefix(word)
			if err == nil {
				set.Add(p)
				continue
			}
			if _, statErr := os.Stat(word); statErr != nil && !objstore.IsURL(word) {
				if strings.Contains(word, ".") && !strings.ContainsAny(word, "/:") && set.AddDomain(word) {
					continue
				}
				return nil, usage.Errorf("like --exclude 8.8.8.8, --exclude 192.0.2.0/24, --exclude .example.com, --exclude allowed.txt, --exclude multicast", "--exclude %s: not a network, a domain, a file, multicast or reserved", word)
			}
			text, err := read(word)
			if err != nil {
				return nil, fmt.Errorf("--exclude %s: %w", word, err)
			}
			if err := set.Read(word, bytes.NewReader(text)); err != nil {
				return nil, fmt.Errorf("--exclude: %w", err)
			}
		}
	}
	return set, nil
}

// Hosts reads a comma list of addresses and names; .example.com is the name and all names
// below it, *.example.com those below it.
func Hosts(flag string, items []string) ([]netset.Host, error) {
	var list []netset.Host
	for _, item := range items {
		for word := range strings.SplitSeq(item, ",") {
			if word = strings.TrimSpace(word); word == "" {
				continue
			}
			name, below := strings.CutPrefix(word, "*.")
			name, orBelow := strings.CutPrefix(name, ".")
			h, err := netset.ParseHost(name)
			domain := below || orBelow
			if err != nil || domain && !h.IsName() || !domain && h.IsName() && !strings.Contains(h.Name, ".") {
				return nil, usage.Errorf("like "+flag+" 203.0.113.7,c2.example.com", "%s %s: neither an address nor a name", flag, word)
			}
			if domain {
				list = append(list, netset.Host{Name: "*." + h.Name})
			}
			if !below {
				list = append(list, h)
			}
		}
	}
	return list, nil
}
