package netset

import (
	"bytes"
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// Host is a source or a destination: an address or a name, of which one is set. The
// zero Host is none.
type Host struct {
	Addr netip.Addr
	Name string // as CleanName gives it; of a registered domain with all its names, see Domain
}

// HostOf returns the host of an address: IPv4-mapped ones as IPv4, without a zone.
func HostOf(addr netip.Addr) Host { return Host{Addr: addr.Unmap().WithZone("")} }

// ParseHost reads an address or a name.
func ParseHost(text string) (Host, error) {
	h, ok := CleanName([]byte(text))
	if !ok {
		return Host{}, fmt.Errorf("%q is neither an address nor a name", text)
	}
	return h, nil
}

// MustHost is ParseHost for what is known to be a host; it panics on anything else.
func MustHost(text string) Host {
	h, err := ParseHost(text)
	if err != nil {
		panic(err)
	}
	return h
}

// MaxName is the length of the longest name, in bytes (RFC 1035, section 3.1).
const MaxName = 255

// CleanName returns the host that a name in a log stands for: the name in lower case and
// without the final dot, or the address that it spells, also in brackets. It returns false
// for what can't be a name: nothing, more than MaxName bytes, invalid UTF-8, an empty label
// (two dots in a row or one at the beginning), and anything with a blank, a control
// character or one of /@"'<>,;.
func CleanName(text []byte) (Host, bool) {
	text = bytes.TrimSuffix(text, []byte("."))
	if len(text) == 0 || len(text) > MaxName {
		return Host{}, false
	}
	ascii, digits := true, true
	for _, c := range text {
		switch {
		case c <= ' ', c == 0x7f, strings.IndexByte(`/@"'<>,;`, c) >= 0:
			return Host{}, false
		case c >= 0x80:
			ascii = false
		}
		if c != '.' && c != ':' && !('0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' || c == '[' || c == ']') {
			digits = false
		}
	}
	if digits {
		if addr, err := netip.ParseAddr(strings.Trim(string(text), "[]")); err == nil {
			return HostOf(addr), true
		}
	}
	if bytes.IndexByte(text, ':') >= 0 {
		return Host{}, false
	}
	name := string(bytes.ToLower(text))
	if !ascii {
		if !utf8.Valid(text) {
			return Host{}, false
		}
		var err error
		if name, err = idna.Lookup.ToASCII(string(text)); err != nil {
			return Host{}, false
		}
		name = strings.TrimSuffix(name, ".") // of a full stop of another script
	}
	if name == "" || len(name) > MaxName || name[0] == '.' || name[len(name)-1] == '.' || strings.Contains(name, "..") {
		return Host{}, false
	}
	return Host{Name: name}, true
}

// IsName tells whether the host is a name.
func (h Host) IsName() bool { return h.Name != "" }

// IsValid tells whether the host is an address or a name, not the zero Host.
func (h Host) IsValid() bool { return h.Name != "" || h.Addr.IsValid() }

// String returns the address or the name as the log has it: the names of a registered
// domain as *.example.com.
func (h Host) String() string {
	if h.Name != "" {
		return h.Name
	}
	return h.Addr.String()
}

// Endpoint returns String with a port, where that is known (not 0): [2001:db8::1]:443.
func (h Host) Endpoint(port uint16) string {
	switch {
	case port == 0:
		return h.String()
	case h.IsName():
		return h.Name + ":" + strconv.Itoa(int(port))
	}
	return netip.AddrPortFrom(h.Addr, port).String()
}

// Text returns String, of an internationalised name with what it means in letters:
// xn--bcher-kva.example (bücher.example).
func (h Host) Text() string {
	if !strings.Contains(h.Name, "xn--") {
		return h.String()
	}
	letters, err := idna.Display.ToUnicode(h.Name)
	if err != nil || letters == h.Name {
		return h.Name
	}
	return h.Name + " (" + letters + ")"
}

// Compare orders addresses before names, addresses as netip does and names by their text.
func (h Host) Compare(other Host) int {
	return cmp.Or(cmp.Compare(h.Name, other.Name), h.Addr.Compare(other.Addr))
}

// Domain returns all the names of the registered domain of a name as one host, such as
// *.example.com of a.b.example.com (golang.org/x/net/publicsuffix). It returns the zero
// Host where there is no such domain: of an address, a public suffix, a single label.
func (h Host) Domain() Host {
	domain, err := publicsuffix.EffectiveTLDPlusOne(strings.TrimPrefix(h.Name, "*."))
	if err != nil || h.Name == "" {
		return Host{}
	}
	return Host{Name: "*." + domain}
}

// IsDomain tells whether the host stands for all names of a registered domain.
func (h Host) IsDomain() bool { return strings.HasPrefix(h.Name, "*.") }

// localDomains are the domains whose names mean something at a site only: what is kept for
// such use (RFC 6761, RFC 6762, RFC 8375) or in common use for it (RFC 6762, appendix G),
// and the domains of look-ups by address, whose names are no hosts (RFC 1035, RFC 3596).
var localDomains = []string{"localhost", "local", "home.arpa", "intranet", "internal", "private", "corp", "home", "lan", "localdomain", "in-addr.arpa", "ip6.arpa"}

// LocalDomains returns the domains whose names lead nowhere outside, see Host.IsLocal.
func LocalDomains() []string { return slices.Clone(localDomains) }

// IsLocal tells whether the host is a name that can't lead outside: a single label, or
// one of the domains that are kept for use at a site.
func (h Host) IsLocal() bool {
	name := strings.TrimPrefix(h.Name, "*.")
	if name == "" {
		return false
	}
	return !strings.Contains(name, ".") || slices.ContainsFunc(localDomains, func(d string) bool {
		return strings.HasSuffix(name, d) && (len(name) == len(d) || name[len(name)-len(d)-1] == '.')
	})
}
