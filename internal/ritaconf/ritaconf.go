// Package ritaconf turns the configuration of RITA 5 into settings of beacon.
package ritaconf

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hjson/hjson-go/v4"

	"beacon/internal/netset"
)

// MaxSize is the size of the largest configuration that is read, in bytes: its nesting, which
// the parser follows by recursion, is no deeper.
const MaxSize = 256 << 10

// Settings are what beacon has for RITA's filters.
type Settings struct {
	Internal []string // networks that are internal
	Exclude  []string // networks and domains that are left out
	Lost     []string // what beacon has no setting for, or another meaning of, in sentences
}

// filters are the keys of RITA's filtering that are read. Those of domains say which names
// they mean otherwise than beacon does.
const (
	internalSubnets = "internal_subnets"
	neverSubnets    = "never_included_subnets"
	neverDomains    = "never_included_domains"
	alwaysSubnets   = "always_included_subnets"
	alwaysDomains   = "always_included_domains"
	inboundFilter   = "filter_external_to_internal"
)

// Parse reads a config.hjson.
func Parse(text []byte) (*Settings, error) {
	if len(text) > MaxSize {
		return nil, fmt.Errorf("larger than %d KiB", MaxSize>>10)
	}
	var document map[string]any
	if err := hjson.Unmarshal(text, &document); err != nil {
		return nil, syntaxError(err)
	}
	filtering, ok := document["filtering"].(map[string]any)
	if !ok {
		return nil, errors.New("it has no section filtering")
	}
	lists := map[string][]string{}
	for _, key := range []string{internalSubnets, neverSubnets, neverDomains, alwaysSubnets, alwaysDomains} {
		list, err := texts(filtering[key])
		if err != nil {
			return nil, fmt.Errorf("filtering.%s: %w", key, err)
		}
		lists[key] = list
	}
	s := &Settings{}
	var err error
	if s.Internal, err = networks(internalSubnets, lists[internalSubnets]); err != nil {
		return nil, err
	}
	if s.Exclude, err = networks(neverSubnets, lists[neverSubnets]); err != nil {
		return nil, err
	}
	if err := s.domains(lists[neverDomains]); err != nil {
		return nil, err
	}
	for _, key := range []string{alwaysSubnets, alwaysDomains} {
		if list := lists[key]; len(list) > 0 {
			s.Lost = append(s.Lost, fmt.Sprintf("%s (%s): beacon keeps nothing that exclude or internal leave out; narrow those instead", key, strings.Join(list, ", ")))
		}
	}
	if keep, ok := filtering[inboundFilter].(bool); ok && !keep {
		s.Lost = append(s.Lost, inboundFilter+": beacon judges flows from an internal source to an external destination only")
	}
	return s, nil
}

// domains adds the domains that are left out. RITA's *.example.com is the domain itself, too, as
// .example.com is; a name without the star is that name alone, which beacon has no form for.
func (s *Settings) domains(list []string) error {
	var alone []string
	for _, name := range list {
		pattern, wild := strings.CutPrefix(name, "*.")
		pattern = "." + strings.TrimPrefix(pattern, ".")
		if !new(netset.Set).AddDomain(pattern) {
			return fmt.Errorf("filtering.%s: %q is no domain", neverDomains, name)
		}
		if !wild {
			alone = append(alone, name)
		}
		s.Exclude = append(s.Exclude, pattern)
	}
	if len(alone) > 0 {
		s.Lost = append(s.Lost, fmt.Sprintf("%s (%s): beacon leaves out the names below these, too", neverDomains, strings.Join(alone, ", ")))
	}
	return nil
}

// networks returns networks as beacon writes them, each once.
func networks(key string, list []string) (out []string, err error) {
	for _, text := range list {
		p, err := netset.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("filtering.%s: %w", key, err)
		}
		if !slices.Contains(out, p.String()) {
			out = append(out, p.String())
		}
	}
	return out, nil
}

// texts returns a list of texts, nothing for what isn't there.
func texts(value any) (list []string, err error) {
	if value == nil {
		return nil, nil
	}
	items, ok := value.([]any)
	if !ok {
		return nil, errors.New("must be a list")
	}
	for _, item := range items {
		text, ok := item.(string)
		if !ok {
			return nil, errors.New("must be a list of texts")
		}
		if text = strings.TrimSpace(text); text != "" {
			list = append(list, text)
		}
	}
	return list, nil
}

// syntaxError says where a text is no HJSON, in place of an error of the library.
func syntaxError(err error) error {
	const place = " at line "
	if _, rest, ok := strings.Cut(err.Error(), place); ok {
		line := 0
		if _, err := fmt.Sscanf(rest, "%d,", &line); err == nil {
			return fmt.Errorf("line %d: not HJSON", line)
		}
	}
	return errors.New("not HJSON")
}

// TOML returns the settings as a settings file of beacon.
func (s *Settings) TOML() string {
	var b strings.Builder
	list := func(name string, items []string) {
		if len(items) == 0 {
			return
		}
		quoted := make([]string, len(items))
		for i, item := range items {
			quoted[i] = fmt.Sprintf("%q", item)
		}
		fmt.Fprintf(&b, "%s = [%s]\n", name, strings.Join(quoted, ", "))
	}
	for _, lost := range s.Lost {
		fmt.Fprintf(&b, "# %s\n", strings.Map(printable, lost))
	}
	list("internal", s.Internal)
	list("exclude", s.Exclude)
	return b.String()
}

// printable keeps a comment on its line.
func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return ' '
	}
	return r
}
