package beacon

import (
	"time"

	"beacon/internal/netset"
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
	Crowd        bool          // a busy service: chance fills its slots, and its sources come and go
}

// Novelty says how a finding compares with those of earlier runs.
type Novelty string

// The kinds of novelty.
const (
	NoveltyNew        Novelty = "new"        // no earlier finding is the same schedule
	NoveltyKnown      Novelty = "known"      // an earlier one is the same schedule
	NoveltyChanged    Novelty = "changed"    // an earlier one is the same schedule, but its verdict, period, sources or destinations differ
	NoveltyBorderline Novelty = "borderline" // no earlier finding is the same, but that says little: see shape.Evidence.Borderline
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
