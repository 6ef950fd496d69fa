package beacon

import (
	"fmt"
	"slices"

	"beacon/internal/netset"
)

// Known is a rule of the analyst: calls that keep time because she knows the service.
type Known struct {
	Destinations *netset.Set // nil is any
	Sources      *netset.Set // nil is any
	Port         uint16      // of the destination; 0 is any
	Reason       string
	Where        string // the file and line of the rule, for warnings
	Expired      string // the day on which it expired, "" while it holds
}

// covers tells whether the rule holds and covers calls of a source to a port of a
// destination.
func (k *Known) covers(source, destination netset.Host, port uint16) bool {
	return k.Expired == "" && k.matches(source, destination, port)
}

func (k *Known) matches(source, destination netset.Host, port uint16) bool {
	return (k.Port == 0 || k.Port == port) && (k.Destinations == nil || k.Destinations.Has(destination)) &&
		(k.Sources == nil || k.Sources.Has(source))
}

// knownAll returns the reason of the first rule that covers the calls of the first source
// to the first port of the first destination; "" unless all combinations are covered.
func knownAll(list []Known, sources, destinations []netset.Host, ports []uint16) (why string) {
	for _, source := range sources {
		for _, destination := range destinations {
			for _, port := range ports {
				k := slices.IndexFunc(list, func(k Known) bool { return k.covers(source, destination, port) })
				if k < 0 {
					return ""
				}
				if why == "" {
					why = list[k].Reason
				}
			}
		}
	}
	return why
}

// explain returns the first built-in explanation that fits, "" if none does.
func (c *context) explain(r *Candidate) string {
	for _, e := range explanations {
		if e.fits(r, c) {
			return e.name
		}
	}
	return ""
}

// knownDestination returns the reason of the rule that covers a finding of the
// every-minute rule; "" unless its calls from every source to every port are covered.
func (f *Finding) knownDestination(list []Known) string {
	if len(list) == 0 {
		return ""
	}
	return knownAll(list, f.SourceHosts(), []netset.Host{f.Destinations[0].Host}, f.DestinationPorts())
}

// SourceHosts returns the sources of a finding, in the query's order.
func (f *Finding) SourceHosts() []netset.Host {
	hosts := make([]netset.Host, 0, len(f.Sources))
	for i := range f.Sources {
		hosts = append(hosts, f.Sources[i].Hosts()...)
	}
	return hosts
}

// DestinationPorts returns the destination ports of a finding: 0 where they vary or are unknown.
func (f *Finding) DestinationPorts() (list []uint16) {
	if f.Day == nil || len(f.Day.Ports) == 0 {
		return []uint16{f.Port}
	}
	for _, p := range f.Day.Ports {
		list = append(list, p.Port)
	}
	return list
}

// knownWarnings returns a warning for each rule of the analyst that has expired, and for
// each that no finding needs. A query for some destinations only says nothing of the
// others' rules.
func (fs *Findings) knownWarnings() (list []Warning) {
	needed := fs.neededRules()
	for i := range fs.Query.Decision.Known {
		k := &fs.Query.Decision.Known[i]
		switch {
		case k.Expired != "":
			list = append(list, Warning{Text: fmt.Sprintf("%s: the rule %q expired on %s and explains nothing", k.Where, k.Reason, k.Expired),
				Hint: "give it a later date (expires), or take it out"})
		case fs.Query.Only == nil && fs.Query.Shapes == nil && !needed[i]:
			list = append(list, Warning{Text: fmt.Sprintf("%s: the rule %q matches no finding", k.Where, k.Reason)})
		}
	}
	return list
}

// neededRules tells of each rule of the analyst whether it matches a finding.
func (fs *Findings) neededRules() []bool {
	rules := fs.Query.Decision.Known
	needed := make([]bool, len(rules))
	if len(rules) == 0 {
		return nil
	}
	for f := range fs.All() {
		for i := range rules {
			needed[i] = needed[i] || f.matches(&rules[i])
		}
	}
	return needed
}

// matches tells whether a rule covers any of the finding's calls.
func (f *Finding) matches(k *Known) bool {
	for _, source := range f.SourceHosts() {
		for _, destination := range f.Destinations {
			for _, port := range f.DestinationPorts() {
				if k.matches(source, destination.Host, port) {
					return true
				}
			}
		}
	}
	return false
}
