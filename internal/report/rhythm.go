package report

import (
	"fmt"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/words"
)

// Addresses returns addresses as text.
func Addresses(addrs []netset.Host) []string {
	all := make([]string, len(addrs))
	for i, a := range addrs {
		all[i] = a.String()
	}
	return all
}

// RhythmWords returns a schedule in words, its times in a zone: sleeps 60 s, jitter 20%,
// misses 4%.
func RhythmWords(s *beacon.Schedule, zone words.Zone) string {
	if s.Period <= 0 {
		return ""
	}
	verb := "sleeps "
	if s.Clock {
		verb = "on the clock every "
	}
	line := verb + words.Period(s.Period) + ", jitter " + words.Percent(s.Jitter) + ", misses " + words.Percent(s.Miss)
	for _, c := range s.Changes {
		line += fmt.Sprintf(", from %s to %s at %s", words.Period(c.Before), words.Period(c.After), zone.Minute(c.At))
	}
	return line
}

// SourceWords returns the sources of a finding: 10.0.0.1, or 31 hosts.
func SourceWords(f *beacon.Finding) string {
	if n := f.CountSources(); n > 1 {
		return words.Plural(int64(n), "host", "hosts")
	}
	return f.Sources[0].Addr.String()
}

// DestinationWords returns the destinations of a finding: 203.0.113.7, or 10 destinations.
func DestinationWords(f *beacon.Finding) string {
	if n := len(f.Destinations); n > 1 {
		return words.Plural(int64(n), "destination", "destinations")
	}
	return f.Destinations[0].Host.String()
}

// ScheduleName returns who calls whom: 10.0.0.1 > 203.0.113.7:443.
func ScheduleName(f *beacon.Finding) string {
	switch {
	case len(f.Destinations) > 1 && f.Port == 0: // it varies
		return SourceWords(f) + " > " + DestinationWords(f)
	case len(f.Destinations) > 1:
		return fmt.Sprintf("%s > %s, port %d", SourceWords(f), DestinationWords(f), f.Port)
	}
	return SourceWords(f) + " > " + f.Destinations[0].Host.Endpoint(f.Port)
}

// PatternWords says what the calls of a finding do: the shape of a destination's, the rhythm of
// a schedule, how long connections last.
func PatternWords(f *beacon.Finding, zone words.Zone) string {
	switch {
	case f.Schedule != nil:
		return RhythmWords(f.Schedule, zone)
	case f.Lasting != nil:
		return "up to " + words.Length(f.Lasting.Longest) + ", " + words.Plural(int64(f.Lasting.Count), "connection", "connections")
	}
	return string(f.Day.Shape) + ", " + words.Plural(int64(f.Day.Slots), "slot", "slots")
}
