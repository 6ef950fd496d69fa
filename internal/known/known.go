// Package known reads and writes the analyst's rules: the services that call on a timer
// and that she knows, and the names of her networks. Both stand in one TOML file.
package known

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/spelling"
	"beacon/internal/tomlfile"
)

// File holds the rules and the named networks of a file.
type File struct {
	Rules    []Rule
	Networks []Network // in the order of their names

	others []Network // that its rules may name besides
}

// all returns the networks that a rule may name; the file's own come first.
func (f *File) all() []Network { return slices.Concat(f.Networks, f.others) }

// Rule is a rule as it is written.
type Rule struct {
	Destination []string  // networks, addresses and domains; none is any
	Source      []string  // networks, addresses, or names of Networks; none is any
	Port        uint16    // of the destination; 0 is any
	Reason      string    // never empty
	Expires     time.Time // the last day on which it holds, UTC; zero is no end
	By          string    // who wrote it
	Line        int       // in the file; 0 if unknown
}

// Network is a network with a name.
type Network struct {
	Name string
	Set  *netset.Set
}

// NetworksKey is the table of a file that names networks.
const NetworksKey = "networks"

// ruleHint is the remedy where a rule lacks something.
const ruleHint = "beacon known --help shows a file"

// Networks returns the named networks of a file of rules or of settings in the order of their
// names. Errors are of type *tomlfile.Error.
func Networks(f *tomlfile.File) (list []Network, err error) {
	const remedy = `like servers = ["10.0.9.0/24"] below [networks]`
	table, ok := f.Values[NetworksKey].(map[string]any)
	if value := f.Values[NetworksKey]; !ok && value != nil {
		return nil, f.Errorf([]string{NetworksKey}, remedy, "must be one table, not %s", tomlfile.Show(value))
	}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		key := []string{NetworksKey, name}
		items, ok := tomlfile.Texts(table[name])
		if strings.TrimSpace(name) == "" {
			return nil, f.Errorf(key[:1], remedy, "a network's name is empty")
		}
		if empty, _ := table[name].([]any); !ok && len(empty) == 0 && empty != nil {
			return nil, f.Errorf(key, remedy, "lists no network")
		}
		if !ok {
			return nil, f.Errorf(key, remedy, "must be a network or a list of networks, in quotation marks")
		}
		set, err := netset.Parse(items)
		if err == nil && set.Empty() {
			err = errors.New("lists no network")
		}
		if err != nil {
			return nil, f.Errorf(key, remedy, "%v", err)
		}
		list = append(list, Network{name, set})
	}
	return list, nil
}

// NetworksOf returns the names of the networks that hold a host, each once.
func NetworksOf(list []Network, h netset.Host) (names []string) {
	for _, n := range list {
		if n.Set.Has(h) && !slices.Contains(names, n.Name) {
			names = append(names, n.Name)
		}
	}
	return names
}

// Parse reads the file of rules at a path. The sources of its rules may be the names of its own
// networks and of others. Errors are of type *tomlfile.Error.
func Parse(path string, text []byte, others ...Network) (*File, error) {
	doc, err := tomlfile.Parse(path, text)
	if err != nil {
		return nil, err
	}
	if err := checkKeys(doc, nil, doc.Values, []string{rulesKey, NetworksKey}); err != nil {
		return nil, err
	}
	f := &File{others: others}
	if f.Networks, err = Networks(doc); err != nil {
		return nil, err
	}
	rules, ok := doc.Values[rulesKey].([]any)
	if value := doc.Values[rulesKey]; !ok && value != nil {
		rules = []any{value} // of one rule, below [known]
	}
	for i, value := range rules {
		table, ok := value.(map[string]any)
		if !ok {
			return nil, doc.Errorf([]string{rulesKey}, ruleHint, "must be a table, [[known]], not %s", tomlfile.Show(value))
		}
		key := []string{rulesKey, strconv.Itoa(i)}
		rule, err := readRule(doc, key, table)
		if err != nil {
			return nil, err
		}
		if err := f.add(doc, key, rule); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// The keys of a file and of a rule.
const (
	rulesKey       = "known"
	destinationKey = "destination"
	sourceKey      = "source"
	portKey        = "port"
	reasonKey      = "reason"
	expiresKey     = "expires"
	byKey          = "by"
)

var ruleKeys = []string{destinationKey, sourceKey, portKey, reasonKey, expiresKey, byKey}

// checkKeys returns an error of the first line with a key that isn't one of those that there are.
func checkKeys(doc *tomlfile.File, at []string, table map[string]any, keys []string) error {
	var wrong []string
	for name := range table {
		key := slices.Concat(at, []string{name})
		if !slices.Contains(keys, name) && (wrong == nil || cmp.Or(cmp.Compare(doc.Line(key...), doc.Line(wrong...)), cmp.Compare(name, wrong[len(wrong)-1])) < 0) {
			wrong = key
		}
	}
	if wrong == nil {
		return nil
	}
	return doc.Errorf(wrong, spelling.DidYouMean(wrong[len(wrong)-1], keys, "the keys are "+strings.Join(keys, ", ")), "there is no such key")
}

// readRule reads a rule, whose key is that of its table.
func readRule(doc *tomlfile.File, at []string, table map[string]any) (*Rule, error) {
	if err := checkKeys(doc, at, table, ruleKeys); err != nil {
		return nil, err
	}
	rule := &Rule{Line: doc.Line(at...)}
	for _, name := range ruleKeys {
		value, ok := table[name]
		if !ok {
			continue
		}
		must := ""
		switch name {
		case destinationKey:
			rule.Destination, ok = tomlfile.Texts(value)
			must = `a host or a list of hosts, like "192.0.2.0/24" or ["192.0.2.1", "*.example.com"]`
		case sourceKey:
			rule.Source, ok = tomlfile.Texts(value)
			must = `a host or a list of hosts, like "10.0.0.5" or ["10.0.9.0/24", "servers"]`
		case portKey:
			var port int64
			port, ok = value.(int64)
			ok = ok && port >= 0 && port <= math.MaxUint16
			rule.Port = uint16(port)
			must = "a port from 1 to 65535, or 0 for any"
		case reasonKey:
			rule.Reason, ok = value.(string)
			rule.Reason = strings.TrimSpace(rule.Reason)
			must = `a text like "backup"`
		case expiresKey:
			rule.Expires, ok = day(value)
			must = "a date like 2027-01-31"
		case byKey:
			rule.By, ok = value.(string)
			must = `a text like "anna"`
		}
		if !ok {
			return nil, doc.Errorf(slices.Concat(at, []string{name}), ruleHint, "must be %s, not %s", must, tomlfile.Show(value))
		}
	}
	switch {
	case rule.Reason == "":
		return nil, doc.Errorf(slices.Concat(at, []string{reasonKey}), ruleHint, "is missing: the rule needs one")
	case rule.Destination == nil && rule.Source == nil:
		return nil, doc.Errorf(slices.Concat(at, []string{destinationKey}), ruleHint, "is missing, and so is source: the rule would cover everything")
	}
	return rule, nil
}

// add adds a rule that can be applied.
func (f *File) add(doc *tomlfile.File, at []string, rule *Rule) error {
	if _, part, err := rule.compile(f.all()); err != nil {
		return doc.Errorf(slices.Concat(at, []string{part}), ruleHint, "%v", err)
	}
	f.Rules = append(f.Rules, *rule)
	return nil
}

// day reads a date, as TOML's or as a text.
func day(v any) (time.Time, bool) {
	switch v := v.(type) {
	case toml.LocalDate:
		return v.AsTime(time.UTC), true
	case string:
		t, err := time.Parse(time.DateOnly, v)
		return t, err == nil
	}
	return time.Time{}, false
}

// compile returns the rule as it is applied, but for Where and Expired. With an error it returns
// the key that it is about.
func (r *Rule) compile(networks []Network) (k beacon.Known, key string, err error) {
	k = beacon.Known{Port: r.Port, Reason: r.Reason}
	if r.Destination != nil {
		if k.Destinations, err = netset.Parse(r.Destination); err != nil {
			return k, destinationKey, err
		}
		if k.Destinations.Empty() {
			return k, destinationKey, errors.New("lists no host")
		}
	}
	if r.Source == nil {
		return k, "", nil
	}
	var items []string
	for _, item := range r.Source {
		i := slices.IndexFunc(networks, func(n Network) bool { return n.Name == item })
		if i >= 0 {
			item = networks[i].Set.String()
		}
		items = append(items, item)
	}
	if k.Sources, err = netset.Parse(items); err != nil {
		return k, sourceKey, fmt.Errorf("%w, nor a name of [networks]", err)
	}
	return k, "", nil
}

// Known returns the rules of a file of this name as they are applied at a time. A domain
// also covers an address all of whose names, of those given, it covers.
func (f *File) Known(name string, now time.Time, names map[netip.Addr][]string) []beacon.Known {
	var all []beacon.Known
	for i := range f.Rules {
		r := &f.Rules[i]
		k, _, err := r.compile(f.all())
		if err != nil {
			continue // Parse has compiled it
		}
		k.Where = name
		if r.Line > 0 {
			k.Where = fmt.Sprintf("%s:%d", name, r.Line)
		}
		if !r.Expires.IsZero() && !now.Before(r.Expires.AddDate(0, 0, 1)) {
			k.Expired = r.Expires.Format(time.DateOnly)
		}
		if k.Destinations != nil && len(k.Destinations.Domains()) > 0 {
			for addr, list := range names {
				outside := func(name string) bool { return !k.Destinations.Has(netset.Host{Name: strings.ToLower(name)}) }
				if len(list) > 0 && !slices.ContainsFunc(list, outside) {
					k.Destinations.Add(netip.PrefixFrom(addr, addr.BitLen()))
				}
			}
		}
		all = append(all, k)
	}
	return all
}
