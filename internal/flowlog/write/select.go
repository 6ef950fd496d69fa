package write

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"beacon/internal/flow"
	"beacon/internal/lease"
	"beacon/internal/netset"
)

// Selection tells which flows Show writes: those that match any of its parts.
type Selection []Ends

// Ends matches flows by their ends. Of a pair the flow goes from one to the other, in
// either direction; of a single end it is at either end.
type Ends struct {
	Source *Host // nil: Destination is at either end
	Destination
}

// Destination is a host with a port.
type Destination struct {
	Host
	Port uint16 // 0 is any
}

// Host matches an end of a flow: by its address, by the name that it was called by, or by the
// name or MAC of the device that had the address. The zero value matches any.
type Host struct {
	Network netip.Prefix
	Name    string // lower-case; *.example.com matches every name below
	orBelow bool   // Name is a domain, and matches the name itself too
	known   map[netip.Addr]bool
	held    lease.Holdings
}

// HostOf returns the Host that matches a host of a log.
func HostOf(h netset.Host) Host {
	if h.IsName() {
		return Host{Name: h.Name}
	}
	return Host{Network: netip.PrefixFrom(h.Addr, h.Addr.BitLen())}
}

// ParseSelection reads a selection: parts joined by +, each HOST[:PORT], :PORT or
// SOURCE,HOST[:PORT]. A host is an address, a network (CIDR), a name or a MAC; an IPv6 address
// with a port stands in brackets.
func ParseSelection(text string) (Selection, error) {
	var s Selection
	for part := range strings.SplitSeq(text, "+") {
		e, err := parseEnds(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		s = append(s, e)
	}
	return s, nil
}

func parseEnds(text string) (e Ends, err error) {
	source, destination, pair := strings.Cut(text, ",")
	if !pair {
		destination = source
	} else {
		if strings.Contains(destination, ",") {
			return e, fmt.Errorf("%q has more than two hosts: A,B is the calls of A to B, and A+B what either takes part in", text)
		}
		var host Host
		if host, err = parseHost(strings.TrimSpace(source)); err != nil {
			return e, err
		}
		e.Source = &host
	}
	e.Destination, err = parseDestination(strings.TrimSpace(destination))
	return e, err
}

func parseDestination(text string) (d Destination, err error) {
	host := text
	if i := strings.LastIndexByte(text, ':'); i >= 0 && (strings.HasSuffix(text[:i], "]") || strings.Count(text, ":") == 1) {
		port, err := strconv.ParseUint(text[i+1:], 10, 16)
		if err != nil || port == 0 {
			return d, fmt.Errorf("%q is no port", text[i+1:])
		}
		host, d.Port = strings.Trim(text[:i], "[]"), uint16(port)
		if host == "" {
			return d, nil
		}
	}
	d.Host, err = parseHost(strings.Trim(host, "[]"))
	return d, err
}

func parseHost(text string) (h Host, err error) {
	if p, err := netset.ParsePrefix(text); err == nil {
		return Host{Network: p}, nil
	}
	if strings.Count(text, ":") == 5 || strings.Count(text, "-") == 5 || strings.Count(text, ".") == 2 && len(text) == 14 {
		if mac := lease.CleanMAC(text); mac != "" { // without separators it may be a name
			return Host{Name: mac}, nil
		}
	}
	bare, below := strings.CutPrefix(text, "*.")
	if !below {
		bare, h.orBelow = strings.CutPrefix(text, ".")
	}
	host, ok := netset.CleanName([]byte(bare))
	if !ok || !isName(host.Name) {
		return h, fmt.Errorf("%q is neither an address, nor a network, nor a name", text)
	}
	if h.Name = host.Name; below || h.orBelow {
		h.Name = "*." + h.Name
	}
	return h, nil
}

// isName tells whether a text can be the name of a host. What has only digits in its last label
// is a mistyped address.
func isName(text string) bool {
	dot := strings.LastIndexByte(text, '.')
	return !strings.ContainsAny(text, "/:\\ []*") && strings.ContainsFunc(text[dot+1:], func(r rune) bool { return r < '0' || r > '9' })
}

// Names returns the names of the selection's hosts that aren't addresses.
func (s Selection) Names() (names []string) {
	for _, h := range s.hosts() {
		if h.Name != "" {
			names = append(names, h.Name)
		}
	}
	return names
}

// Know adds to the hosts that are names the addresses that other logs know by them, and those
// that devices of the name had, each in its time.
func (s Selection) Know(names map[netip.Addr][]string, leases *lease.Table) {
	for _, h := range s.hosts() {
		if h.Name == "" {
			continue
		}
		h.held = leases.HeldBy(h.IsDevice)
		h.known = map[netip.Addr]bool{}
		for addr, list := range names {
			if slices.ContainsFunc(list, h.Named) {
				h.known[addr] = true
			}
		}
	}
}

// Addresses returns the addresses that are known of a host that is a name, in order. Some may be
// the host's at certain times only.
func (h *Host) Addresses() []netip.Addr {
	all := slices.Concat(slices.Collect(maps.Keys(h.known)), h.held.Addresses())
	slices.SortFunc(all, netip.Addr.Compare)
	return slices.Compact(all)
}

// IsDevice tells whether a device has the host's name or MAC.
func (h *Host) IsDevice(d *lease.Device) bool {
	return h.Name != "" && (d.Named(h.Name) || d.MAC == h.Name || d.Name != "" && h.Named(d.Name))
}

func (s Selection) hosts() (list []*Host) {
	for i := range s {
		if s[i].Source != nil {
			list = append(list, s[i].Source)
		}
		list = append(list, &s[i].Host)
	}
	return list
}

// Named tells whether a name is the host's.
func (h *Host) Named(name string) bool {
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	if below, ok := strings.CutPrefix(h.Name, "*"); ok {
		return strings.HasSuffix(name, below) || h.orBelow && name == below[1:]
	}
	return name == h.Name
}

// Has tells whether an end of a flow may be the host, At whether it is.
func (h *Host) Has(end netset.Host) bool { return h.Is(end) || h.held.Has(end.Addr) }

// At tells whether an end of a flow that starts at a time, in ns since the Unix epoch, is the
// host.
func (h *Host) At(end netset.Host, at int64) bool { return h.Is(end) || h.held.At(end.Addr, at) }

// Is tells whether an end of a flow is the host at any time.
func (h *Host) Is(end netset.Host) bool {
	if h.Name != "" {
		return h.known[end.Addr] || end.IsName() && h.Named(end.Name)
	}
	return !h.Network.IsValid() || h.Network.Contains(end.Addr)
}

// ends is a flow as a selection sees it.
type ends struct {
	time             int64 // of its start, ns since the Unix epoch
	src, dst         netset.Host
	srcPort, dstPort uint16
	name             string // that the destination was called by
}

func (f *ends) reversed() *ends {
	return &ends{time: f.time, src: f.dst, dst: f.src, srcPort: f.dstPort, dstPort: f.srcPort}
}

func (e *Ends) match(f *ends) bool {
	if e.Source == nil {
		return e.to(f) || e.to(f.reversed())
	}
	return e.Source.At(f.src, f.time) && e.to(f) || e.Source.At(f.dst, f.time) && e.to(f.reversed())
}

func (e *Ends) to(f *ends) bool {
	if e.Port != 0 && e.Port != f.dstPort {
		return false
	}
	return e.At(f.dst, f.time) || e.Name != "" && f.name != "" && e.Named(f.name)
}

func (s Selection) match(f *ends) bool {
	for i := range s {
		if s[i].match(f) {
			return true
		}
	}
	return false
}

// columns returns the columns of a batch that the selection looks at.
func (s Selection) columns() flow.Column {
	columns := flow.Base
	for i := range s {
		if s[i].Port != 0 {
			columns |= flow.SrcPort | flow.Port
		}
	}
	if len(s.Names()) > 0 {
		columns |= flow.Name
	}
	return columns
}
