package beacon

import (
	"cmp"
	"time"
	"unsafe"

	"beacon/internal/connection"
	"beacon/internal/netset"
	"beacon/internal/reason"
	"beacon/internal/sorting"
	"beacon/internal/sourcehost"
	"beacon/internal/spill"
	"beacon/internal/words"
)

// LongFlow is how long an outbound flow lasts that a rhythm can't show in: it is one call, and
// listed on its own. RITA 5 counts a connection as long from an hour on.
const LongFlow = time.Hour

// MaxLong is how many of the longest outbound flows an answer lists.
const MaxLong = 20

// SortLong puts long flows into order, the longest first, and cuts the list to
// MaxLong.
func SortLong(list []Long) []Long {
	sorting.Func(list, func(a, b Long) int {
		return cmp.Or(cmp.Compare(b.Duration, a.Duration), cmp.Compare(a.First, b.First), a.Source.Compare(b.Source), a.Destination.Compare(b.Destination), cmp.Compare(a.Port, b.Port))
	})
	return list[:min(len(list), MaxLong)]
}

// LongEvidence holds what an engine gathered about a source, a destination and a port whose
// connections last.
type LongEvidence struct {
	Source      Source // what it did at this destination and port
	Destination netset.Host
	Port        uint16
	Proto       uint8
	Failed      int64
	Lasting     connection.Lasting
}

// AddLong adds connections that last, in any order.
func (e *Evidence) AddLong(list []LongEvidence) error {
	if e.lasting == nil {
		e.lasting = spill.New(spill.Kind[LongEvidence]{
			Compare: func(a, b *LongEvidence) int { return 0 },
			Code:    codeLong,
			Size:    func(v *LongEvidence) int64 { return longBytes },
		}, e.Memory)
	}
	for i := range list {
		v := list[i]
		if err := e.lasting.Add(&v); err != nil {
			return err
		}
	}
	return nil
}

// longBytes is what the evidence about connections that last takes, in bytes; the addresses of
// devices come on top.
const longBytes = int64(unsafe.Sizeof(LongEvidence{}))

// sureLong is how long a connection lasts that is evidence enough to be looked at first: RITA
// 5 counts one as of low concern from an hour on, and as of the highest from 12 hours on.
const sureLong = 12 * time.Hour

// newLong returns the finding of connections that last: a beacon, unless the analyst knows it.
func newLong(e *LongEvidence, q *Query) Finding {
	l := &e.Lasting
	f := Finding{Scope: ScopeConnection, Verdict: VerdictBeacon, Port: e.Port, Proto: e.Proto, Sources: sourcehost.Join([]Source{e.Source}, q.Leases, q.Order), Failed: e.Failed, Calls: int64(l.Count), Lasting: l}
	f.addSources()
	f.Destinations = []Destination{{Host: e.Destination, Kind: netset.KindOf(e.Destination), Flows: f.Flows, Calls: f.Calls, Bytes: f.Bytes, Share: 1}}
	if f.Explanation = f.knownDestination(q.Decision.Known); f.Explanation != "" {
		f.Verdict = VerdictExplained
		f.Reasons = append(f.Reasons, reason.Of(reason.Explained, 0, f.Explanation))
	}
	least := reason.Length(q.MinDuration)
	if l.Long > 0 {
		f.Reasons = append(f.Reasons, reason.Of(reason.LongConnection, l.Longest.Seconds(), reason.Length(l.Longest), reason.Moment(l.Began), least))
	}
	if l.Count > 1 {
		f.Reasons = append(f.Reasons, reason.Of(reason.LongDay, l.DayTotal.Seconds(), words.Plural(int64(l.Count), "connection", "connections"),
			reason.Length(l.Total), reason.Length(l.DayTotal), time.Unix(0, l.Day).UTC().Format(time.DateOnly)))
	}
	f.Reasons = append(f.Reasons, f.failedReasons()...)
	return f
}
