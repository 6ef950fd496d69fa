package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"beacon/internal/beacon"
	"beacon/internal/flowlog"
	"beacon/internal/intel"
	"beacon/internal/known"
	"beacon/internal/mmdb"
	"beacon/internal/netset"
	"beacon/internal/usage"
	"beacon/internal/words"
)

// othersFlags holds the flags that name what others know about hosts.
type othersFlags struct {
	intel []string
	mmdb  []string
}

func (o *othersFlags) register(f *pflag.FlagSet) {
	f.StringArrayVar(&o.intel, "intel", nil, "mark findings whose destinations this `file` lists as a threat, and rank them first within their verdict: a Zeek intel file, STIX 2.1 bundle, MISP CSV, or list of addresses, networks and domains (repeatable)")
	f.StringArrayVar(&o.mmdb, "mmdb", nil, "add the autonomous system and country of external addresses from this MaxMind database `file`, such as GeoLite2-ASN.mmdb (repeatable)")
}

// knowledge adds to findings what others know of their hosts.
type knowledge func(*beacon.Findings) error

// after returns a finder whose findings have what others know.
func (k knowledge) after(find finder) finder {
	return func(ctx context.Context, q beacon.Query) (*beacon.Findings, error) {
		findings, err := find(ctx, q)
		if err != nil {
			return nil, err
		}
		findings.AddNames(q.Names)
		if err := k(findings); err != nil {
			findings.Close()
			return nil, err
		}
		return findings, nil
	}
}

// others returns what the flags, the settings and the files of --known tell about hosts. done
// closes the files that this is read from.
func (a *app) others(o *othersFlags, d *decisionFlags, opt flowlog.Options) (_ knowledge, done func(), err error) {
	var others beacon.Others
	if networks := slices.Concat(a.networks, d.networks); len(networks) > 0 {
		others.Networks = func(h netset.Host) []string { return known.NetworksOf(networks, h) }
	}
	if len(o.intel) > 0 {
		set := &intel.Set{}
		for _, path := range o.intel {
			text, err := a.readFile(path)
			if err != nil {
				return nil, nil, fmt.Errorf("--intel %s: %w", path, err)
			}
			counts, err := set.AddFile(path, text, opt.Now)
			if err != nil {
				return nil, nil, usage.Errorf(intel.Hint, "--intel %s: %w", path, err)
			}
			if counts.Used == 0 {
				a.warn("--intel %s marks nothing: %s", path, counts)
				continue
			}
			a.note("beacon: note: %s: %s", path, counts)
		}
		others.Intel = set.Match
	}
	databases, err := mmdb.Open(o.mmdb)
	if err != nil {
		return nil, nil, fmt.Errorf("--mmdb %w", err)
	}
	var damaged error
	if len(o.mmdb) > 0 {
		others.Origin = func(h netset.Host) (beacon.Origin, bool) {
			origin, ok, err := databases.Origin(h)
			if err != nil {
				damaged = fmt.Errorf("--mmdb: a database %w", err)
			}
			return origin, ok
		}
	}
	return func(findings *beacon.Findings) error {
		findings.Zone = words.ZoneOf(opt.Zone)
		findings.Know(others)
		return damaged
	}, databases.Close, nil
}
