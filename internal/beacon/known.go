package beacon

import (
	"net/netip"
	"slices"

	"beacon/internal/netset"
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
func knownAll(list []Known, destinations []netset.Host, port uint16) string {
	why := ""
	for i, a := range destinations {
		k := slices.IndexFunc(list, func(k Known) bool { return (k.Port == 0 || k.Port == port) && k.Network.Contains(a.Addr) })
		if k < 0 {
			return ""
		}
		if i == 0 {
			why = list[k].Reason
		}
	}
	return why
}

// explain returns the first explanation that fits, "" if none does. The analyst's own
// come first: they say more. She knows a rotation if she knows all its destinations.
func (c context) explain(r *Candidate) string {
	if why := knownAll(c.known, r.hosts(), r.Port); why != "" {
		return why
	}
	for _, e := range explanations {
		if e.fits(r, c) {
			return e.name
		}
	}
	return ""
}

// knownDestination returns the reason of the first rule that covers a destination of the
// every-minute rule; "" unless each of its ports is covered.
func knownDestination(list []Known, addr netset.Host, ports []PortCount) string {
	if len(ports) == 0 {
		return knownAll(list, []netset.Host{addr}, 0)
	}
	why := ""
	for i, p := range ports {
		covered := knownAll(list, []netset.Host{addr}, p.Port)
		if covered == "" {
			return ""
		}
		if i == 0 {
			why = covered
		}
	}
	return why
}
