package main

import (
	"errors"
	"fmt"
	"slices"
)

// answer holds what a job finds.
type answer struct {
	Destinations []string // flagged, in no order
	Sources      []string // internal, in order of their first call to one of these
	First        []string // when each source's first call was, as the log writes it; nil for beacon's
}

// same says whether beacon's answer is the one that a peer gives: the same
// sources, in the order of their first calls, where sources that call first at
// the same time may stand either way round.
func (a *answer) same(peer *answer) error {
	if a.Destinations != nil && !slices.Equal(sorted(a.Destinations), sorted(peer.Destinations)) {
		return fmt.Errorf("%d flagged destinations against %d", len(a.Destinations), len(peer.Destinations))
	}
	if len(peer.Sources) == 0 {
		return errors.New("nothing is flagged: the log is too small")
	}
	if !slices.Equal(sorted(a.Sources), sorted(peer.Sources)) {
		return fmt.Errorf("%d sources against %d, or others", len(a.Sources), len(peer.Sources))
	}
	first := map[string]string{}
	for i, source := range peer.Sources {
		first[source] = peer.First[i]
	}
	for i, source := range a.Sources {
		if i > 0 && first[source] < first[a.Sources[i-1]] {
			return fmt.Errorf("%s stands after %s, but calls first", source, a.Sources[i-1])
		}
	}
	return nil
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}
