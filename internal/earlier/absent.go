package earlier

import (
	"cmp"
	"slices"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/sorting"
)

// Absent is a source or destination that a finding had in an earlier answer. Which servers
// and hosts of a schedule are found differs from answer to answer where each has few calls.
// One counts as gone once it has been absent for as long as the window is. It is remembered
// for Recall, so that the same schedule isn't new when only that one is found.
type Absent struct {
	Host netset.Host
	At   int64 // latest flow of the last answer that had it, ns since the Unix epoch
}

// absences are the hosts that are absent, in order.
type absences []Absent

// hosts returns those that have been absent for no longer than a duration at a time.
func (l absences) hosts(at int64, most time.Duration) (list []netset.Host) {
	for _, a := range l {
		if at-a.At <= int64(most) {
			list = append(list, a.Host)
		}
	}
	return list
}

// with returns the list with hosts that an answer had which ended at a time.
func (l absences) with(hosts []netset.Host, at int64) absences {
	l = slices.Clone(l)
	for _, h := range hosts {
		l = append(l, Absent{h, at})
	}
	sorting.Func(l, func(a, b Absent) int { return cmp.Or(a.Host.Compare(b.Host), cmp.Compare(b.At, a.At)) })
	return slices.CompactFunc(l, func(a, b Absent) bool { return a.Host == b.Host })
}

// without returns the list without hosts, and without those that have been absent for longer
// than a duration at a time.
func (l absences) without(hosts []netset.Host, at int64, most time.Duration) absences {
	has := hostSet(hosts)
	return slices.DeleteFunc(l, func(a Absent) bool { return has[a.Host] || at-a.At > int64(most) })
}

// since returns in words what differs in a finding of an answer that ends at a time.
func (t *Told) since(now *beacon.Earlier, at int64, window time.Duration) []string {
	before, after := t.Earlier, *now
	before.Sources = slices.Concat(t.Sources, t.AbsentSources.hosts(t.At, window))
	before.Destinations = slices.Concat(t.Destinations, t.AbsentDestinations.hosts(t.At, window))
	after.Sources = slices.Concat(now.Sources, t.AbsentSources.with(t.Sources, t.At).hosts(at, window))
	after.Destinations = slices.Concat(now.Destinations, t.AbsentDestinations.with(t.Destinations, t.At).hosts(at, window))
	return changes(&before, &after)
}

// remember adds the hosts of an earlier finding of the same schedule that this one doesn't
// have. The sources of a busy service come and go: nothing is told of them.
func (t *Told) remember(before *Told, window time.Duration) {
	if t.Crowd {
		return
	}
	recall := max(window, Recall)
	absent := func(l, others absences, hosts, now []netset.Host) absences {
		return slices.Concat(l, others).with(hosts, before.At).without(now, t.At, recall)
	}
	t.AbsentSources = absent(t.AbsentSources, before.AbsentSources, before.Sources, t.Sources)
	t.AbsentDestinations = absent(t.AbsentDestinations, before.AbsentDestinations, before.Destinations, t.Destinations)
}

// withAbsent returns findings with the hosts that are remembered of them.
func withAbsent(list []Told) []beacon.Earlier {
	earlier := earlierOfTold(list)
	for i := range list {
		t, e := &list[i], &earlier[i]
		e.Sources = slices.Concat(e.Sources, t.AbsentSources.hosts(t.At, Recall))
		e.Destinations = slices.Concat(e.Destinations, t.AbsentDestinations.hosts(t.At, Recall))
	}
	return earlier
}
