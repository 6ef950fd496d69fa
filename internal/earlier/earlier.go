// Package earlier compares the findings of an answer with those of earlier ones.
package earlier

import (
	"slices"
	"strings"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/reason"
	"beacon/internal/shape"
	"beacon/internal/words"
)

// Of returns a finding as a later run sees it.
func Of(f *beacon.Finding) beacon.Earlier {
	e := beacon.Earlier{Scope: f.Scope, Rank: f.Rank, Verdict: f.Verdict, Sources: f.SourceHosts(), FirstSeen: f.FirstSeen()}
	if ports := f.DestinationPorts(); len(ports) == 1 {
		e.Port = ports[0]
	}
	if f.Day != nil {
		e.Crowd = f.Day.Evidence.ByChance() && f.Day.Shape != shape.Bursts
	}
	if f.Schedule != nil {
		e.Period = f.Schedule.Period
	}
	for _, d := range f.Destinations {
		e.Destinations = append(e.Destinations, d.Host)
		e.Aliases = append(e.Aliases, d.Addresses...)
		for _, name := range d.Names {
			if h, err := netset.ParseHost(name); err == nil {
				e.Aliases = append(e.Aliases, h)
			}
		}
	}
	return e
}

// same tells whether two findings are one schedule: they share a source and a
// destination, by address or name, and their ports agree where both are known.
func same(e, o *beacon.Earlier) bool {
	return e.Scope == o.Scope && (e.Port == o.Port || e.Port == 0 || o.Port == 0) && overlap(e.Sources, o.Sources) &&
		(overlap(e.Destinations, o.Destinations) || overlap(e.Destinations, o.Aliases) || overlap(e.Aliases, o.Destinations) || moved(e, o))
}

// moved tells whether two findings are addresses of one name, each of that name alone: of
// servers that share some of their names, one may be another schedule.
func moved(e, o *beacon.Earlier) bool {
	return len(e.Destinations) == 1 && len(o.Destinations) == 1 && len(e.Aliases) == 1 && len(o.Aliases) == 1 &&
		e.Aliases[0].IsName() && e.Aliases[0] == o.Aliases[0]
}

// overlap tells whether two lists have a host in common.
func overlap(a, b []netset.Host) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) == 1 {
		return slices.Contains(b, a[0])
	}
	set := hostSet(a)
	return slices.ContainsFunc(b, func(h netset.Host) bool { return set[h] })
}

func hostSet(list []netset.Host) map[netset.Host]bool {
	set := make(map[netset.Host]bool, len(list))
	for _, h := range list {
		set[h] = true
	}
	return set
}

// changes returns in words what differs in a later finding of the same schedule.
func changes(e, now *beacon.Earlier) (list []string) {
	if e.Verdict != now.Verdict {
		list = append(list, "verdict "+string(e.Verdict)+" to "+string(now.Verdict))
	}
	if e.Period > 0 && now.Period > 0 && !beacon.SamePeriod(e.Period, now.Period) {
		list = append(list, "period "+words.Period(e.Period)+" to "+words.Period(now.Period))
	}
	if now.Crowd {
		return list
	}
	if text := hostChanges(e.Sources, now.Sources, nil); text != "" {
		list = append(list, "sources "+text)
	}
	if text := hostChanges(e.Destinations, now.Destinations, slices.Concat(e.Aliases, now.Aliases)); text != "" {
		list = append(list, "destinations "+text)
	}
	return list
}

// maxChanges is how many hosts a change names; the others are counted.
const maxChanges = 3

// hostChanges returns which hosts came (+) and went (-), except for aliases.
func hostChanges(before, now, aliases []netset.Host) string {
	var list []string
	add := func(sign string, a, b []netset.Host) {
		skip := hostSet(slices.Concat(b, aliases))
		for _, h := range a {
			if !skip[h] {
				list = append(list, sign+h.String())
			}
		}
	}
	add("+", now, before)
	add("-", before, now)
	n := len(list)
	if n == 0 {
		return ""
	}
	return strings.Join(list[:min(n, maxChanges)], ", ") + words.AndMore(n-maxChanges)
}

// byHost holds, of each host, which findings of a list have it as a destination, by
// address or name.
type byHost map[netset.Host][]int

func newByHost(list []beacon.Earlier) byHost {
	at := byHost{}
	for i := range list {
		for h := range hostsOf(&list[i]) {
			at[h] = append(at[h], i)
		}
	}
	return at
}

// hostsOf returns the destinations of a finding and their aliases.
func hostsOf(e *beacon.Earlier) map[netset.Host]bool {
	return hostSet(slices.Concat(e.Destinations, e.Aliases))
}

// same returns which findings of the list are the same schedule as e, in order.
func (at byHost) same(list []beacon.Earlier, e *beacon.Earlier) (found []int) {
	for h := range hostsOf(e) {
		for _, i := range at[h] {
			if same(&list[i], e) {
				found = append(found, i)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// comparison compares findings with those of earlier runs.
type comparison struct {
	earlier []beacon.Earlier // the oldest first
	at      byHost
	met     []bool // of earlier, whether one of the findings is the same schedule
}

func newComparison(earlier []beacon.Earlier) *comparison {
	return &comparison{earlier: earlier, at: newByHost(earlier), met: make([]bool, len(earlier))}
}

// find returns which earlier findings are the same schedule, in order.
func (c *comparison) find(now *beacon.Earlier) []int {
	found := c.at.same(c.earlier, now)
	for _, j := range found {
		c.met[j] = true
	}
	return found
}

// since returns what the earlier runs tell about a finding.
func (c *comparison) since(now *beacon.Earlier) beacon.Since {
	return c.sinceOf(now, c.find(now), func(j int) []string { return changes(&c.earlier[j], now) })
}

// sinceOf returns what the earlier findings that are the same schedule tell about one. It is
// compared, by changes, with the one that it differs least from, the last of several. A
// destination of the every-minute rule is known where an earlier schedule tells of it.
func (c *comparison) sinceOf(now *beacon.Earlier, found []int, changes func(j int) []string) beacon.Since {
	s := beacon.Since{Novelty: beacon.NoveltyNew, FirstSeen: now.FirstSeen}
	for n, j := range found {
		if changes := changes(j); n == 0 || len(changes) <= len(s.Changes) {
			s.Changes = changes
		}
		s.Novelty, s.FirstSeen = beacon.NoveltyKnown, min(s.FirstSeen, c.earlier[j].FirstSeen)
	}
	if len(s.Changes) > 0 {
		s.Novelty = beacon.NoveltyChanged
	}
	if s.Novelty == beacon.NoveltyNew && now.Scope == beacon.ScopeDestination {
		for h := range hostsOf(now) {
			for _, j := range c.at[h] {
				if e := &c.earlier[j]; e.Scope == beacon.ScopeSchedule && e.Verdict == beacon.VerdictBeacon && includes(e.Sources, now.Sources) {
					s.Novelty, s.FirstSeen = beacon.NoveltyKnown, min(s.FirstSeen, e.FirstSeen)
				}
			}
		}
	}
	return s
}

// drifted tells whether a destination that no earlier run found may have been called then
// as it is now, and that it was missed by chance. Where all that was found before lies
// within the log, there was no earlier one.
func (c *comparison) drifted(f *beacon.Finding, t beacon.Totals) bool {
	return f.Day != nil && f.Day.Evidence.Borderline(f.Day.Shape) &&
		slices.ContainsFunc(c.earlier, func(e beacon.Earlier) bool { return e.FirstSeen < t.First })
}

// includes tells whether a list has all hosts of another.
func includes(list, others []netset.Host) bool {
	set := hostSet(list)
	return !slices.ContainsFunc(others, func(h netset.Host) bool { return !set[h] })
}

// last tells whether an earlier finding is the last one of its schedule.
func (c *comparison) last(j int) bool {
	same := c.at.same(c.earlier, &c.earlier[j])
	return len(same) == 0 || same[len(same)-1] <= j
}

// gone returns the earlier findings of which none is the same now, the last of each
// schedule.
func (c *comparison) gone() (gone []beacon.Earlier) {
	for j := range c.earlier {
		if !c.met[j] && c.last(j) {
			gone = append(gone, c.earlier[j])
		}
	}
	return gone
}

// Compare compares findings with those of earlier runs, the oldest first. It returns what
// the earlier runs tell about each, and the earlier findings of which none is the same
// now, the last of each schedule.
func Compare(earlier, now []beacon.Earlier) (list []beacon.Since, gone []beacon.Earlier) {
	c := newComparison(earlier)
	list = make([]beacon.Since, len(now))
	for i := range now {
		list[i] = c.since(&now[i])
	}
	return list, c.gone()
}

// Tell compares the findings of an answer with those of earlier runs, the oldest first. It
// sets Since of each, and Gone, which holds nothing that the query didn't ask for.
func Tell(fs *beacon.Findings, earlier []beacon.Earlier) {
	c := newComparison(earlier)
	fs.Change(func(f *beacon.Finding) {
		now := Of(f)
		f.Since = c.since(&now)
		if f.Since.Novelty == beacon.NoveltyNew && c.drifted(f, fs.Totals) {
			f.Since.Novelty = beacon.NoveltyBorderline
		}
		r := reason.Reason{Code: reason.New}
		switch f.Since.Novelty {
		case beacon.NoveltyNew:
		case beacon.NoveltyBorderline:
			r.Code = reason.Borderline
		default:
			ago := time.Duration(fs.Totals.Last - f.FirstSeen())
			r = reason.Of(reason.FirstSeen, ago.Hours()/24, reason.Length(ago))
		}
		f.Reasons = append(f.Reasons, r)
		if len(f.Since.Changes) > 0 {
			f.Reasons = append(f.Reasons, reason.Of(reason.Differs, float64(len(f.Since.Changes)), strings.Join(f.Since.Changes, "; ")))
		}
	})
	for range fs.All() { // findings past the memory allowed are compared as they are yielded
	}
	fs.Gone = slices.DeleteFunc(c.gone(), func(e beacon.Earlier) bool { return !asks(&fs.Query, &e) })
}

// asks tells whether a query would find an earlier finding again, if it were still
// there. Of the every-minute rule's shapes the earlier run tells nothing.
func asks(q *beacon.Query, e *beacon.Earlier) bool {
	rule := beacon.EveryRhythm
	switch e.Scope {
	case beacon.ScopeDestination:
		rule = beacon.EveryMinute
	case beacon.ScopeConnection:
		rule = beacon.EveryLong
	}
	return q.Rules.Has(rule) && (rule != beacon.EveryMinute || q.Shapes == nil) && slices.ContainsFunc(slices.Concat(e.Destinations, e.Aliases), q.Keeps)
}

// OnlyNew returns the findings that are new or changed, with their ranks among all, and
// the sources of the beacons among them.
func OnlyNew(fs *beacon.Findings) *beacon.Findings {
	return fs.Only(func(f *beacon.Finding) bool {
		return f.Since.Novelty == beacon.NoveltyNew || f.Since.Novelty == beacon.NoveltyChanged
	})
}
