package report

import (
	"fmt"
	"net/netip"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/words"
)

// Addresses returns addresses as text.
func Addresses(addrs []netip.Addr) []string {
	all := make([]string, len(addrs))
	for i, a := range addrs {
		all[i] = a.String()
	}
	return all
}

// RhythmWords returns a rhythm in words: sleeps 60 s, jitter 20%, misses 4%.
func RhythmWords(p *beacon.Candidate) string {
	if p.Period <= 0 {
		return ""
	}
	verb := "sleeps "
	if p.Clock {
		verb = "on the clock every "
	}
	line := verb + words.Period(p.Period) + ", jitter " + words.Percent(p.Jitter) + ", misses " + words.Percent(p.Miss)
	for _, c := range p.Changes {
		line += fmt.Sprintf(", from %s to %s at %s", words.Period(c.Before), words.Period(c.After), words.ToMinute(c.At))
	}
	return line
}

// PairName returns a pair as 10.0.0.1 > 203.0.113.7:443.
func PairName(p *beacon.Candidate) string {
	return p.Source.String() + " > " + netip.AddrPortFrom(p.Destination, p.Port).String()
}

// GroupWords returns a rhythm that pairs share, or a rotation, in a line.
func GroupWords(g *beacon.DestinationRhythm) string {
	if g.Kind == beacon.GroupHosts {
		return fmt.Sprintf("one rhythm of %s from %s to %s: %s", words.Period(g.Period), words.Plural(int64(len(g.Sources)), "host", "hosts"), g.Destinations[0], strings.Join(Addresses(g.Sources), " "))
	}
	line := fmt.Sprintf("one rhythm of %s from %s to %s in turn: %s", words.Period(g.Period), g.Sources[0], words.Plural(int64(len(g.Destinations)), "destination", "destinations"), strings.Join(Addresses(g.Destinations), " "))
	switch {
	case g.Together == nil:
		return line
	case g.Together.Explanation != "":
		return "explained by " + words.Plain(g.Together.Explanation) + ": " + line
	}
	return string(g.Together.Verdict) + ": " + line
}
