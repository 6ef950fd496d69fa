package machine

import (
	"crypto/sha1" // RFC 4122 makes version 5 of UUIDs with it
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/reason"
	"beacon/internal/report"
	"beacon/internal/words"
)

// concerns is the number of values of concern.
const concerns = 5

// concern returns how much a finding should worry its reader, 0 is the most. Outputs with
// severities or scores of their own grade findings by it: destinations of the every-minute
// rule by their shape, schedules by their verdict.
func concern(f *beacon.Finding) int {
	switch {
	case f.Verdict == beacon.VerdictExplained:
		return 4
	case f.Verdict == beacon.VerdictInsufficient:
		return 3
	case f.Verdict == beacon.VerdictWeak:
		return 2
	case f.Day != nil:
		return min(f.Day.Shape.Rank(), concerns-1)
	}
	return 0
}

// title returns a finding's hosts and verdict in a line.
func title(f *beacon.Finding) string {
	return fmt.Sprintf("%s: %s calls %s", f.Verdict, report.SourceWords(f), report.DestinationWords(f))
}

// summary returns a finding in a line: what it is, the names of its destinations, its
// reasons.
func summary(f *beacon.Finding) string {
	what := ""
	if f.Lasting != nil {
		what = fmt.Sprintf("%s: %s", f.Verdict, report.PatternWords(f, utcZone))
	} else if f.Day != nil {
		what = fmt.Sprintf("%s: called in %d slots", f.Day.Shape, f.Day.Slots)
	} else {
		what = fmt.Sprintf("%s: %s", f.Verdict, report.RhythmWords(f.Schedule, utcZone))
	}
	parts := []string{what}
	if names := namesOf(f); len(names) > 0 {
		parts = append(parts, "known as "+strings.Join(names, " "))
	}
	return words.Plain(strings.Join(append(parts, reason.Texts(f.Reasons, utcZone)...), "; "))
}

// namesOf returns the names of a finding's destinations, each once.
func namesOf(f *beacon.Finding) (names []string) {
	for _, d := range f.Destinations {
		for _, name := range d.Names {
			if name = words.Plain(name); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// idSpace is the namespace of the ids that beacon gives, a UUID made for it.
var idSpace = [16]byte{0x2b, 0x0c, 0x9a, 0x52, 0x6d, 0x1f, 0x4e, 0x0b, 0x9c, 0x3e, 0x5f, 0x70, 0x18, 0xd4, 0xe6, 0xa1}

// uuid5 returns the UUID of version 5 (RFC 4122) of a name.
func uuid5(space [16]byte, name string) string {
	n := newName(space)
	n.add(name)
	return n.uuid()
}

// longName is a name that comes in pieces.
type longName struct{ hash hash.Hash }

func newName(space [16]byte) longName {
	n := longName{sha1.New()}
	n.hash.Write(space[:])
	return n
}

func (n longName) add(piece string) { io.WriteString(n.hash, piece) }

// uuid returns the UUID of version 5 of the name.
func (n longName) uuid() string {
	u := n.hash.Sum(nil)[:16]
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// findingID returns the UUID of a finding. A destination of the every-minute rule keeps
// it from log to log, a schedule does while its hosts and port are the same.
func findingID(f *beacon.Finding) string {
	parts := []string{string(f.Scope)}
	for _, d := range f.Destinations {
		parts = append(parts, d.Host.String())
	}
	slices.Sort(parts[1:])
	if f.Day == nil {
		parts = append(parts, fmt.Sprint(f.Port, f.PortVaries, f.Proto))
		from := len(parts)
		parts = append(parts, sourceAddresses(f)...)
		slices.Sort(parts[from:])
	}
	return uuid5(idSpace, strings.Join(parts, " "))
}

// protocolNames are the usual names of IP protocols, which STIX and CEF write.
var protocolNames = map[uint8]string{1: "icmp", 6: "tcp", 17: "udp", 47: "gre", 50: "esp", 58: "ipv6-icmp", 132: "sctp"}

// protocolName returns the name of an IP protocol, its number where it has no usual one.
func protocolName(proto uint8) string {
	if name, ok := protocolNames[proto]; ok {
		return name
	}
	return fmt.Sprint(proto)
}

func sourceAddresses(f *beacon.Finding) []string {
	return hostTexts(f.SourceHosts())
}

func hostTexts(hosts []netset.Host) (list []string) {
	for _, h := range hosts {
		list = append(list, h.String())
	}
	return list
}

func destinationAddresses(f *beacon.Finding) []string {
	list := make([]string, len(f.Destinations))
	for i, d := range f.Destinations {
		list[i] = d.Host.String()
	}
	return list
}
