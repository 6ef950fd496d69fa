package report

import (
	"fmt"
	"slices"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/sorting"
)

// ATTACKVersion is the version of MITRE ATT&CK that the names and ids are of.
const ATTACKVersion = "16.1"

// Technique is a technique of MITRE ATT&CK, of the tactic Command and Control.
type Technique struct {
	ID, Name string
	Number   string // of the sub-technique, "" for the technique itself
	Sub      string // name of the sub-technique
}

// FullID returns the id with that of the sub-technique: T1071.001.
func (t Technique) FullID() string { return strings.TrimSuffix(t.ID+"."+t.Number, ".") }

// FullName returns the name of the technique and its sub-technique.
func (t Technique) FullName() string {
	if t.Sub == "" {
		return t.Name
	}
	return t.Name + ": " + t.Sub
}

// URL returns the page of the technique.
func (t Technique) URL() string {
	return strings.TrimSuffix(fmt.Sprintf("https://attack.mitre.org/techniques/%s/%s", t.ID, t.Number), "/")
}

const applicationLayer = "Application Layer Protocol"

// The techniques that flows can show.
var (
	webProtocols     = Technique{"T1071", applicationLayer, "001", "Web Protocols"}
	fileProtocols    = Technique{"T1071", applicationLayer, "002", "File Transfer Protocols"}
	mailProtocols    = Technique{"T1071", applicationLayer, "003", "Mail Protocols"}
	dnsProtocol      = Technique{"T1071", applicationLayer, "004", "DNS"}
	publishProtocols = Technique{"T1071", applicationLayer, "005", "Publish/Subscribe Protocols"}
	dynamic          = Technique{ID: "T1568", Name: "Dynamic Resolution"}
	nonStandardPort  = Technique{ID: "T1571", Name: "Non-Standard Port"}
	tunnel           = Technique{ID: "T1572", Name: "Protocol Tunneling"}
)

// protocolPorts are the ports that IANA registers for the protocols that the
// sub-techniques of T1071 name.
var protocolPorts = map[uint16]Technique{
	80: webProtocols, 443: webProtocols, 8080: webProtocols, 8443: webProtocols,
	20: fileProtocols, 21: fileProtocols, 69: fileProtocols, 139: fileProtocols, 445: fileProtocols, 989: fileProtocols, 990: fileProtocols,
	25: mailProtocols, 110: mailProtocols, 143: mailProtocols, 465: mailProtocols, 587: mailProtocols, 993: mailProtocols, 995: mailProtocols,
	53: dnsProtocol, 853: dnsProtocol,
	1883: publishProtocols, 8883: publishProtocols, 5222: publishProtocols, 5671: publishProtocols, 5672: publishProtocols,
}

// systemPorts is the end of the ports that IANA assigns to standard services (RFC 6335,
// section 6).
const systemPorts = 1024

// userPorts are registered ports above systemPorts that common services use.
var userPorts = []uint16{1194, 1433, 1521, 1701, 1723, 1812, 1813, 2049, 3268, 3269, 3306, 3389, 3478, 3479, 4500, 5060, 5061, 5223, 5228, 5229, 5230, 5353, 5355, 5432, 5900, 5985, 5986, 6379, 8530, 8531, 9100, 9418, 27017, 51820}

// tunnelProtocols are IP protocols that carry others: IPv4 and IPv6 in IP, GRE, EtherIP,
// L2TP and MPLS in IP (IANA, Protocol Numbers).
var tunnelProtocols = []uint8{4, 41, 47, 94, 97, 115, 137}

// Techniques returns the techniques that a finding may be; none of what is explained.
//
//   - T1071 where a port is that of the protocol of a sub-technique.
//   - T1568 where a timer takes several destinations in turn, or a name several addresses.
//   - T1571 where all ports are known, and none is a standard service's.
//   - T1572 where the names below one domain are asked for in DNS, or the IP protocol
//     carries others.
func Techniques(f *beacon.Finding) (list []Technique) {
	if f.Verdict == beacon.VerdictExplained {
		return nil
	}
	add := func(t Technique) {
		if !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	ports := portsOf(f)
	for _, port := range ports {
		if t, ok := protocolPorts[port]; ok {
			add(t)
		}
	}
	tunnels := slices.Contains(tunnelProtocols, f.Proto)
	for _, d := range f.Destinations {
		tunnels = tunnels || d.Labels > 0
		if d.Labels > 0 {
			add(dnsProtocol)
		} else if len(f.Destinations) > 1 || len(d.Addresses) > 1 {
			add(dynamic)
		}
	}
	if len(ports) > 0 && !slices.ContainsFunc(ports, standard) {
		add(nonStandardPort)
	}
	if tunnels {
		add(tunnel)
	}
	sorting.Func(list, func(a, b Technique) int { return strings.Compare(a.FullID(), b.FullID()) })
	return list
}

// standard tells whether a port is that of a standard service.
func standard(port uint16) bool {
	_, named := protocolPorts[port]
	return port < systemPorts || named || slices.Contains(userPorts, port)
}

// portsOf returns the ports of a finding, nil where they vary or aren't known.
func portsOf(f *beacon.Finding) (ports []uint16) {
	if f.PortVaries {
		return nil
	}
	if f.Port != 0 {
		ports = append(ports, f.Port)
	}
	if f.Day != nil {
		for _, p := range f.Day.Ports {
			if p.Port != 0 {
				ports = append(ports, p.Port)
			}
		}
	}
	return ports
}

// TechniqueIDs returns the ids of the techniques that a finding may be.
func TechniqueIDs(f *beacon.Finding) []string {
	ids := []string{}
	for _, t := range Techniques(f) {
		ids = append(ids, t.FullID())
	}
	return ids
}

// Listings returns what lists a destination as a threat, in words.
func Listings(d *beacon.Destination) string {
	list := make([]string, len(d.Listings))
	for i, l := range d.Listings {
		list[i] = l.Source + ": " + l.Indicator
		if l.Text != "" {
			list[i] += " (" + l.Text + ")"
		}
	}
	return strings.Join(list, "; ")
}
