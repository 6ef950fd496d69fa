// Package known reads and writes the analyst's rules: the services that call on a timer
// and that she knows, and the names of her networks. Both stand in one TOML file.
package known

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"beacon/internal/beacon"
	"beacon/internal/netset"
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

// Error is a mistake in a file of rules, with a hint that says what to write.
type Error struct {
	Line int // 0 if unknown
	Text string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Text
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Text)
}

// document is the form of the file.
type document struct {
	Known []struct {
		Destination any    `toml:"destination"`
		Source      any    `toml:"source"`
		Port        int64  `toml:"port"`
		Reason      string `toml:"reason"`
		Expires     any    `toml:"expires"`
		By          string `toml:"by"`
	} `toml:"known"`
	Networks map[string][]string `toml:"networks"`
}

// ParseNetworks reads named networks and returns them in the order of their names. Errors are of type *Error.
func ParseNetworks(items map[string][]string) (list []Network, err error) {
	for _, name := range slices.Sorted(maps.Keys(items)) {
		items := items[name]
		set, err := netset.Parse(items)
		if err == nil && set.Empty() {
			err = errors.New("lists no network")
		}
		if err != nil {
			return nil, &Error{Text: fmt.Sprintf("networks.%s: %v", name, err)}
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

// Parse reads a file of rules. The sources of its rules may be the names of its own networks
// and of others. Errors are of type *Error.
func Parse(text []byte, others ...Network) (*File, error) {
	var doc document
	decoder := toml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	if err := decoder.DisallowUnknownFields().Decode(&doc); err != nil {
		return nil, decodeError(err)
	}
	f := &File{}
	var err error
	if f.Networks, err = ParseNetworks(doc.Networks); err != nil {
		return nil, err
	}
	f.others = others
	lines := headers(text)
	for i, k := range doc.Known {
		rule := Rule{Reason: strings.TrimSpace(k.Reason), By: k.By}
		if i < len(lines) {
			rule.Line = lines[i]
		}
		fail := func(format string, args ...any) error { return &Error{rule.Line, fmt.Sprintf(format, args...)} }
		var ok [3]bool
		rule.Destination, ok[0] = list(k.Destination)
		rule.Source, ok[1] = list(k.Source)
		rule.Expires, ok[2] = day(k.Expires)
		switch {
		case !ok[0]:
			return nil, fail("destination: must be a text or a list of texts")
		case !ok[1]:
			return nil, fail("source: must be a text or a list of texts")
		case !ok[2]:
			return nil, fail("expires: must be a date like 2027-01-31")
		case rule.Reason == "":
			return nil, fail("reason: is missing")
		case k.Port < 0 || k.Port > 65535:
			return nil, fail("port: %d is no port", k.Port)
		case rule.Destination == nil && rule.Source == nil:
			return nil, fail("the rule has neither a destination nor a source, so it would cover everything")
		}
		rule.Port = uint16(k.Port)
		if _, err := rule.compile(f.all()); err != nil {
			return nil, fail("%v", err)
		}
		f.Rules = append(f.Rules, rule)
	}
	return f, nil
}

// decodeError returns an error of the TOML library with its line and key.
func decodeError(err error) error {
	var strict *toml.StrictMissingError
	var wrong *toml.DecodeError
	switch {
	case errors.As(err, &strict) && len(strict.Errors) > 0:
		line, _ := strict.Errors[0].Position()
		return &Error{line, "there is no key " + strings.Join(strict.Errors[0].Key(), ".")}
	case errors.As(err, &wrong):
		line, _ := wrong.Position()
		text := strings.TrimPrefix(wrong.Error(), "toml: ")
		if key := strings.Join(wrong.Key(), "."); key != "" {
			text = key + ": " + text
		}
		return &Error{line, text}
	}
	return &Error{Text: strings.TrimPrefix(err.Error(), "toml: ")}
}

// headers returns the lines, from 1, at which the rules begin.
func headers(text []byte) (lines []int) {
	n := 0
	for line := range bytes.Lines(text) {
		n++
		if name, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("[[")); ok && bytes.HasPrefix(bytes.TrimSpace(name), []byte("known")) {
			lines = append(lines, n)
		}
	}
	return lines
}

// list reads a text or a list of texts; false is anything else, or an empty one.
func list(v any) (items []string, ok bool) {
	switch v := v.(type) {
	case nil:
		return nil, true
	case string:
		return []string{v}, v != ""
	case []any:
		for _, item := range v {
			text, ok := item.(string)
			if !ok || text == "" {
				return nil, false
			}
			items = append(items, text)
		}
	}
	return items, items != nil
}

// day reads a date, as TOML's or as a text.
func day(v any) (time.Time, bool) {
	switch v := v.(type) {
	case nil:
		return time.Time{}, true
	case toml.LocalDate:
		return v.AsTime(time.UTC), true
	case string:
		t, err := time.Parse(time.DateOnly, v)
		return t, err == nil
	}
	return time.Time{}, false
}

// compile returns the rule as it is applied, but for Where and Expired.
func (r *Rule) compile(networks []Network) (k beacon.Known, err error) {
	k = beacon.Known{Port: r.Port, Reason: r.Reason}
	if r.Destination != nil {
		if k.Destinations, err = netset.Parse(r.Destination); err != nil {
			return k, fmt.Errorf("destination: %w", err)
		}
		if k.Destinations.Empty() {
			return k, errors.New("destination: lists no host")
		}
	}
	if r.Source == nil {
		return k, nil
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
		return k, fmt.Errorf("source: %w, nor a name of [networks]", err)
	}
	return k, nil
}

// Known returns the rules of a file of this name as they are applied at a time. A domain
// also covers an address all of whose names, of those given, it covers.
func (f *File) Known(name string, now time.Time, names map[netip.Addr][]string) []beacon.Known {
	var all []beacon.Known
	for i := range f.Rules {
		r := &f.Rules[i]
		k, err := r.compile(f.all())
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
