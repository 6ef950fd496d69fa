package term

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/reason"
	"beacon/internal/report"
	"beacon/internal/sorting"
	"beacon/internal/words"
)

// view is a finding in the words of the screen.
type view struct {
	rank         int
	verdict      beacon.Verdict
	explanation  string
	destinations []string // with the port, where it is one
	names        []string
	addresses    []string      // that names were met at
	behind       string        // what stands behind the first destination
	sources      []string      // maybe only the first
	callers      int           // the number of sources
	host         string        // name or MAC of the first source
	networks     string        // of the first source
	label        string        // what the first source is called
	origin       string        // of the first destination
	listed       bool          // as a threat, as the first reason says
	period       time.Duration // 0 of a destination
	rhythm       string        // when calls come: every 5 min, 60 slots
	how          string        // what they are like: ±20%, misses 4%; bursts, multicast
	byChance     bool          // as many calls would fill the slots by chance
	calls, bytes int64
	first, last  string
	reasons      []string
}

// firstOf returns the first of a list, and how many more there are: 10.0.0.5 +25.
func firstOf(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return andMore(list[0], len(list)-1)
}

// andMore returns the first of a list, and how many more there are.
func andMore(first string, more int) string {
	if more == 0 {
		return first
	}
	return first + " +" + words.Thousands(int64(more))
}

// from returns the first source, and how many more there are.
func (v *view) from() string { return andMore(v.sources[0], v.callers-1) }

// name returns a name of the destinations, or what stands behind the first.
func (v *view) name() string {
	if len(v.names) > 0 {
		return v.names[0]
	}
	return v.behind
}

// size returns the bytes of the finding, nothing where the log has none.
func (v *view) size() string {
	if v.bytes == 0 {
		return ""
	}
	return words.Size(v.bytes)
}

// color returns the colour of the finding's verdict.
func (v *view) color() string {
	switch v.verdict {
	case beacon.VerdictBeacon:
		return bold
	case beacon.VerdictWeak:
		return yellow
	}
	return ""
}

// listedAlone says that a finding is listed where the width has no room for by whom and as
// what.
const listedAlone = "listed as a threat"

// best returns the first reason that fits the width, as far as whole clauses do or without what
// a colon adds; nothing if none does. That a finding is listed, its first reason, gives way to no other.
func (v *view) best(width int) string {
	for i, reason := range v.reasons {
		if i == 0 && v.listed && utf8.RuneCountInString(reason) > width {
			reason = listedAlone
		}
		if text := whole(strings.Split(reason, "; "), "; ", width); text != "" {
			return text
		}
		if text, _, ok := strings.Cut(reason, ": "); ok && utf8.RuneCountInString(text) <= width {
			return text
		}
	}
	return ""
}

// samePeriod is how many times the longest period of a service may be the shortest for
// the two to be said as one.
const samePeriod = 1.1

// service holds what explains findings, with all that it explains.
type service struct {
	explanation  string
	sources      map[netset.Host]bool
	destinations map[endpoint]bool
	first        string        // of the destinations
	short, long  time.Duration // shortest and longest period
}

// endpoint is a port of a destination.
type endpoint struct {
	host netset.Host
	port uint16
}

// services gathers explained findings by what explains them, in the order of the first of
// each.
type services struct {
	list   []*service
	byName map[string]*service
}

// fold adds a finding.
func (l *services) fold(f *beacon.Finding) {
	s := l.byName[f.Explanation]
	if s == nil {
		s = &service{explanation: f.Explanation, sources: map[netset.Host]bool{}, destinations: map[endpoint]bool{},
			first: f.Destinations[0].Host.Endpoint(f.Port)}
		if l.byName == nil {
			l.byName = map[string]*service{}
		}
		l.byName[f.Explanation] = s
		l.list = append(l.list, s)
	}
	for _, source := range f.Sources {
		s.sources[source.Addr] = true
	}
	for _, d := range f.Destinations {
		s.destinations[endpoint{d.Host, f.Port}] = true
	}
	if f.Schedule == nil || f.Schedule.Period == 0 {
		return
	}
	period := f.Schedule.Period
	if s.short == 0 || period < s.short {
		s.short = period
	}
	s.long = max(s.long, period)
}

// cells returns the service as a row: 31 hosts, push service, 100.137.205.57:5223,
// every 5 min.
func (s *service) cells() []string {
	period := ""
	if s.long > 0 {
		period = "every " + words.Period(s.short)
		if float64(s.long) > samePeriod*float64(s.short) {
			period += " to " + words.Period(s.long)
		}
	}
	name, _, _ := strings.Cut(words.Plain(s.explanation), ": ") // what follows says how it is known
	return []string{words.Plural(int64(len(s.sources)), "host", "hosts"), name, andMore(s.first, len(s.destinations)-1), period}
}

// newView returns a finding in the words of the screen, its times in a zone.
func newView(f *beacon.Finding, zone words.Zone) view {
	v := view{rank: f.Rank, verdict: f.Verdict, explanation: f.Explanation, calls: f.Calls, bytes: f.Bytes, first: zone.ToMinute(f.First), last: zone.ToMinute(f.Last), reasons: reasons(f, zone)}
	for _, h := range f.SourceHosts() {
		v.sources = append(v.sources, h.String())
	}
	v.callers = max(len(v.sources), f.CountSources())
	source := &f.Sources[0]
	v.host, v.networks, v.label, v.origin = cmp.Or(source.Name(), source.MAC()), strings.Join(source.Networks, ", "), source.Label(), f.Destinations[0].OriginWords()
	v.listed = len(f.Reasons) > 0 && f.Reasons[0].Code == reason.Listed
	for _, d := range f.Destinations {
		v.destinations = append(v.destinations, d.Host.Endpoint(f.Port))
		v.names = append(v.names, d.Names...)
		v.addresses = append(v.addresses, report.Addresses(d.Addresses)...)
	}
	v.behind = report.Behind(&f.Destinations[0])
	if d := f.Day; d != nil {
		v.rhythm, v.how, v.byChance = strconv.Itoa(d.Slots)+" slots", string(d.Shape), d.Evidence.ByChance()
		if v.byChance {
			v.rhythm += "*"
		}
		if kind := f.Destinations[0].Kind; kind != netset.Public {
			v.how += ", " + string(kind)
		}
	}
	if l := f.Lasting; l != nil {
		v.rhythm, v.how = words.Period(max(l.Longest, l.DayTotal)), "long"
	}
	if s := f.Schedule; s != nil && s.Period > 0 {
		v.period, v.rhythm = s.Period, words.Period(s.Period)
		v.how = "±" + words.Percent(s.Jitter)
		if miss := words.Percent(s.Miss); miss != "0%" {
			v.how += ", misses " + miss
		}
		if s.Clock {
			v.how += ", clock"
		}
	}
	return v
}

// reasons returns the reasons of a finding in words, the most telling first: that a
// beacon is significant is what its verdict says.
func reasons(f *beacon.Finding, zone words.Zone) []string {
	list := slices.Clone(f.Reasons)
	sorting.Stable(list, func(a, b reason.Reason) int {
		return cmp.Compare(btoi(a.Code == reason.Significant), btoi(b.Code == reason.Significant))
	})
	return reason.Texts(list, zone)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
