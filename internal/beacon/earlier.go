package beacon

import (
	"slices"
	"strings"
	"time"

	"beacon/internal/netset"
	"beacon/internal/reason"
	"beacon/internal/words"
)

// Earlier is a finding of an earlier run, as far as an output keeps it.
type Earlier struct {
	Scope        Scope
	Rank         int
	Verdict      Verdict
	Destinations []netset.Host
	Aliases      []netset.Host // names of the addresses and addresses of the names
	Sources      []netset.Host
	Port         uint16        // 0 where it is unknown or varies
	Period       time.Duration // 0 of a destination of the every-minute rule
	FirstSeen    int64         // start of its first flow in any run, ns since the Unix epoch
}

// Novelty says how a finding compares with those of earlier runs.
type Novelty string

// The kinds of novelty.
const (
	NoveltyNew     Novelty = "new"     // no earlier finding is the same schedule
	NoveltyKnown   Novelty = "known"   // an earlier one is the same schedule
	NoveltyChanged Novelty = "changed" // an earlier one is the same schedule, but its verdict, period, sources or destinations differ
)

// Since holds what earlier runs tell about a finding. The zero value is of a query that
// was compared with none.
type Since struct {
	Novelty   Novelty
	Changes   []string // of NoveltyChanged, in words
	FirstSeen int64    // start of its first flow in any run, ns since the Unix epoch
}

// FirstSeen returns the start of the finding's first flow in this or any earlier run, in
// ns since the Unix epoch.
func (f *Finding) FirstSeen() int64 {
	if f.Since.Novelty == "" {
		return f.First
	}
	return min(f.First, f.Since.FirstSeen)
}

// EarlierOf returns a finding as a later run sees it.
func EarlierOf(f *Finding) Earlier {
	e := Earlier{Scope: f.Scope, Rank: f.Rank, Verdict: f.Verdict, Sources: f.sourceHosts(), FirstSeen: f.FirstSeen()}
	if ports := f.ports(); len(ports) == 1 {
		e.Port = ports[0]
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
func (e *Earlier) same(o *Earlier) bool {
	return e.Scope == o.Scope && (e.Port == o.Port || e.Port == 0 || o.Port == 0) && overlap(e.Sources, o.Sources) &&
		(overlap(e.Destinations, o.Destinations) || overlap(e.Destinations, o.Aliases) || overlap(e.Aliases, o.Destinations))
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

// changesTo returns in words what differs in a later finding of the same schedule.
func (e *Earlier) changesTo(now *Earlier) (list []string) {
	if e.Verdict != now.Verdict {
		list = append(list, "verdict "+string(e.Verdict)+" to "+string(now.Verdict))
	}
	if e.Period > 0 && now.Period > 0 && !within(e.Period, now.Period, limits.SamePeriod) {
		list = append(list, "period "+words.Period(e.Period)+" to "+words.Period(now.Period))
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

func newByHost(list []Earlier) byHost {
	at := byHost{}
	for i := range list {
		for h := range list[i].hosts() {
			at[h] = append(at[h], i)
		}
	}
	return at
}

// hosts returns the destinations of a finding and their aliases.
func (e *Earlier) hosts() map[netset.Host]bool {
	return hostSet(slices.Concat(e.Destinations, e.Aliases))
}

// same returns which findings of the list are the same schedule as e, in order.
func (at byHost) same(list []Earlier, e *Earlier) (found []int) {
	for h := range e.hosts() {
		for _, i := range at[h] {
			if list[i].same(e) {
				found = append(found, i)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// comparison compares findings with those of earlier runs.
type comparison struct {
	earlier []Earlier // the oldest first
	at      byHost
	met     []bool // of earlier, whether one of the findings is the same schedule
}

func newComparison(earlier []Earlier) *comparison {
	return &comparison{earlier: earlier, at: newByHost(earlier), met: make([]bool, len(earlier))}
}

// since returns what the earlier runs tell about a finding. It is compared with the
// earlier one of the same schedule that it differs least from, the last of several.
func (c *comparison) since(now *Earlier) Since {
	s := Since{Novelty: NoveltyNew, FirstSeen: now.FirstSeen}
	for n, j := range c.at.same(c.earlier, now) {
		c.met[j] = true
		if changes := c.earlier[j].changesTo(now); n == 0 || len(changes) <= len(s.Changes) {
			s.Changes = changes
		}
		s.Novelty, s.FirstSeen = NoveltyKnown, min(s.FirstSeen, c.earlier[j].FirstSeen)
	}
	if len(s.Changes) > 0 {
		s.Novelty = NoveltyChanged
	}
	return s
}

// gone returns the earlier findings of which none is the same now, the last of each
// schedule.
func (c *comparison) gone() (gone []Earlier) {
	for j := range c.earlier {
		if same := c.at.same(c.earlier, &c.earlier[j]); !c.met[j] && (len(same) == 0 || same[len(same)-1] <= j) {
			gone = append(gone, c.earlier[j])
		}
	}
	return gone
}

// Compare compares findings with those of earlier runs, the oldest first. It returns what
// the earlier runs tell about each, and the earlier findings of which none is the same
// now, the last of each schedule.
func Compare(earlier, now []Earlier) (list []Since, gone []Earlier) {
	c := newComparison(earlier)
	list = make([]Since, len(now))
	for i := range now {
		list[i] = c.since(&now[i])
	}
	return list, c.gone()
}

// Since compares the findings with those of earlier runs, the oldest first. It sets Since
// of each, and Gone, which holds nothing that the query didn't ask for.
func (fs *Findings) Since(earlier []Earlier) {
	c := newComparison(earlier)
	fs.change(func(f *Finding) {
		now := EarlierOf(f)
		f.Since = c.since(&now)
		r := reason.Reason{Code: reason.New}
		if f.Since.Novelty != NoveltyNew {
			ago := time.Duration(fs.Totals.Last - f.FirstSeen())
			r = reason.Of(reason.FirstSeen, ago.Hours()/24, reason.Length(ago))
		}
		f.Reasons = append(f.Reasons, r)
		if len(f.Since.Changes) > 0 {
			f.Reasons = append(f.Reasons, reason.Of(reason.Differs, float64(len(f.Since.Changes)), strings.Join(f.Since.Changes, "; ")))
		}
	})
	if fs.stored != nil {
		for range fs.All() { // what is stored is compared as it is yielded
		}
	}
	fs.Gone = slices.DeleteFunc(c.gone(), func(e Earlier) bool { return !fs.Query.asks(&e) })
}

// asks tells whether the query would find an earlier finding again, if it were still
// there. Of the every-minute rule's shapes the earlier run tells nothing.
func (q *Query) asks(e *Earlier) bool {
	rule := EveryRhythm
	if e.Scope == ScopeDestination {
		rule = EveryMinute
	}
	return q.Rules.Has(rule) && (rule == EveryRhythm || q.Shapes == nil) && slices.ContainsFunc(slices.Concat(e.Destinations, e.Aliases), q.Keeps)
}

// OnlyNew returns the findings that are new or changed, with their ranks among all, and
// the sources of the beacons among them.
func (fs *Findings) OnlyNew() *Findings {
	kept := fs.only(func(f *Finding) bool { return f.Since.Novelty != NoveltyKnown })
	c := kept.counts()
	if fs.stored != nil {
		kept.census = c
	}
	kept.Sources = c.sources([]Verdict{VerdictBeacon}, fs.Query.Order)
	return kept
}
