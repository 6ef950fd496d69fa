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

// knownAll returns the reason of the first service in the list that the first
// destination is of; "" unless the list has every destination.
func knownAll(list []Known, destinations []netip.Addr, port uint16) string {
	why := ""
	for i, a := range destinations {
		k := slices.IndexFunc(list, func(k Known) bool { return (k.Port == 0 || k.Port == port) && k.Network.Contains(a) })
		if k < 0 {
			return ""
		}
		if i == 0 {
			why = list[k].Reason
		}
	}
	return why
}

// explain returns the first explanation that fits and what would have to be otherwise
// for it not to; "" if none does. The analyst's own come first: they say more.
func (c context) explain(r *Candidate) (why, otherwise string) {
	if why := knownAll(c.options.Known, []netip.Addr{r.Destination}, r.Port); why != "" {
		return why, "another destination or port"
	}
	for _, e := range explanations {
		if e.fits(r, c) {
			return e.name, "another port or period"
		}
	}
	return "", ""
}
