package beacon

import (
	"fmt"
	"strings"
	"time"

	"beacon/internal/netset"
)

// misleading is what in an answer can mislead, as far as it shows it.
func (fs *Findings) misleading() (list []Warning) {
	q, t := &fs.Query, fs.Totals
	if fs.Inferred {
		list = append(list, Warning{
			Text: fmt.Sprintf("internal network inferred: %s holds most of the addresses and lies at an end of nearly every flow", q.Internal),
			Hint: "if that is right: --internal " + q.Internal.String(),
		})
	}
	switch {
	case t.Flows == 0:
		list = append(list, Warning{Text: "the log holds no flow within the bounds"})
	case t.Outbound == 0:
		list = append(list, Warning{
			Text: fmt.Sprintf("no flow goes from an internal address (%s) to an external one", q.Internal),
			Hint: "say which network is yours: --internal CIDR",
		})
	}
	if covered := time.Duration(t.Last - t.First); t.Flows > 0 && covered < q.Cycle-q.Bucket && q.Slots == q.CycleSlots() {
		list = append(list, Warning{
			Text: fmt.Sprintf("the log covers %s, less than a cycle of %s: no destination can be called in all of its %d slots", covered.Round(time.Second), q.Cycle, q.Slots),
			Hint: "take a longer log, or fewer slots: --slots N",
		})
	}
	var multicast []string
	for _, f := range fs.List {
		if f.Kind == netset.Multicast {
			multicast = append(multicast, f.Destination.String())
		}
	}
	if multicast != nil {
		list = append(list, Warning{
			Text: "flagged multicast is mostly the local network's own chatter: " + strings.Join(multicast, ", "),
			Hint: "--exclude multicast leaves it out",
		})
	}
	return list
}

// Warn completes the warnings of an answer with those that follow from it.
func (fs *Findings) Warn() { fs.Warnings = append(fs.misleading(), fs.Warnings...) }
