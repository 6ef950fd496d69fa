package simulate

import (
	"fmt"
	"net/netip"
	"slices"
)

// namedPrograms is malware whose servers have a name in front of them.
//
// Sources: domain fronting hides C2 behind the addresses of a content delivery network,
// which resolvers give out in turn (MITRE ATT&CK T1090.004); DNS C2 carries its data in
// the labels that it asks for below one domain (T1071.004), each of them new.
var namedPrograms = []Program{
	{"cdn-5", "sleeps; one name at 5 addresses of a content delivery network by lot", true, 1, fronted(5)},
	{"cdn-20", "sleeps; one name at 20 such addresses by lot", true, 1, fronted(20)},
	{"cdn-100", "sleeps; one name at 100 such addresses by lot", true, 1, fronted(100)},
	{"dns-labels", "sleeps; asks for random names below one domain, and calls no server", true, 1, func(s *scene) {
		domain := s.word(10) + ".example"
		s.Name, s.Servers, s.port, s.proto = "*."+domain, 0, 53, UDP
		s.each(s.sleeper(s.about(30, 600), s.between(0, .3)), func(at float64) {
			s.call(at, 0)
			s.Calls[len(s.Calls)-1].Name = s.word(s.whole(12, 40)) + "." + domain
		})
	}},
}

// NamedPrograms returns the malware that is known by a name. A log with any of it has
// names of benign sites too.
func NamedPrograms() []Program { return slices.Clone(namedPrograms) }

func fronted(addresses int) func(s *scene) {
	return func(s *scene) {
		s.Name, s.Servers, s.Fronted = s.word(12)+".example", addresses, true
		s.each(s.sleeper(s.about(60, 600), s.between(0, .2)), func(at float64) {
			s.call(at, s.r.IntN(addresses))
			s.Calls[len(s.Calls)-1].Name = s.Name
		})
	}
}

// word draws letters and digits, a letter first.
func (s *scene) word(n int) string {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[s.r.IntN(len(letters))]
	}
	b[0] = letters[s.r.IntN(26)]
	return string(b)
}

// Named tells whether rows of the log have names: where anything is planted that is known
// by one.
func (c BeaconsConfig) Named() bool {
	return c.Beacons > 0 && slices.ContainsFunc(namedPrograms, func(p Program) bool { return slices.Contains(c.Kinds, p.Name) })
}

// sites is the names of a log's sites, and the content delivery network that has them all.
// The nil value has none.
type sites struct {
	names []string
	cdn   []netip.Addr
	d     dice
}

const (
	siteCount     = 300 // of a log
	cdnAddresses  = 100
	siteAddresses = 4 // of one site
)

func newSites(p *beaconsPlan) *sites {
	s := &sites{cdn: p.publics(cdnAddresses), d: p.book.d}
	for i := range siteCount {
		s.names = append(s.names, fmt.Sprintf("www.site%d.example", i))
	}
	return s
}

// at returns the addresses of a site; otherwise what is given.
func (s *sites) at(site int, otherwise []netip.Addr) []netip.Addr {
	if s == nil {
		return otherwise
	}
	return s.cdn[site*siteAddresses%cdnAddresses:][:siteAddresses]
}

// name returns the name of a site, nil where it has none.
func (s *sites) name(site int) []string {
	if s == nil {
		return nil
	}
	return s.names[site:][:1]
}

// some draws addresses of the network.
func (s *sites) some(n int) []netip.Addr {
	all := slices.Clone(s.cdn)
	shuffle(s.d, all)
	return all[:n]
}
