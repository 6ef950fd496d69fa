package beacon

import (
	"net/netip"
	"slices"
)

// Known is an explanation that the analyst has for calls that keep time: she knows
// the service.
type Known struct {
	Network netip.Prefix // of the destination
	Port    uint16       // of the destination; 0 is any
	Reason  string
}

// fits tells whether the service that a pair calls is this one.
func (k *Known) fits(r *PairRhythm) bool {
	return (k.Port == 0 || k.Port == r.Port) && k.Network.Contains(r.Destination)
}

// ExplanationNames are the short names of the explanations that a decision tries, in
// the order in which it tries them.
func ExplanationNames() []string {
	var names []string
	for _, e := range explanations {
		if !slices.Contains(names, e.short) {
			names = append(names, e.short)
		}
	}
	return names
}

// explain returns the first explanation that fits and what would have to be otherwise
// for it not to; "" if none does. The analyst's own come first: they say more.
func (c company) explain(r *PairRhythm) (why, otherwise string) {
	for i := range c.options.Known {
		if k := &c.options.Known[i]; k.fits(r) {
			return k.Reason, "another destination or port"
		}
	}
	for _, e := range explanations {
		if !slices.Contains(c.options.Unexplained, e.short) && e.fits(r, c) {
			return e.name, "another port or period"
		}
	}
	return "", ""
}
