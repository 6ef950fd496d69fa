// Package queryflags holds the flags that say what is asked of a log.
package queryflags

import (
	"time"

	"github.com/spf13/pflag"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/rhythm"
	"beacon/internal/usage"
	"beacon/internal/when"
	"beacon/internal/words"
)

// Flags are the flags of the commands that apply a rule.
type Flags struct {
	internal      []string
	Exclude       []string // networks, domains, files of these, kinds
	proxies       []string
	by            []string
	bucket, cycle time.Duration
	slots         int
	span          bool
	order         string

	Rules                []string // names of the rules
	minPeriod, maxPeriod time.Duration
	minDuration          time.Duration
	minCalls             int
	fdr                  float64
}

// Register defines the flags.
func (q *Flags) Register(f *pflag.FlagSet) {
	f.StringArrayVar(&q.internal, "internal", nil, "internal networks as `CIDR` prefixes separated by commas (repeatable), domains (corp.example), and what to leave out of them (!10.0.0.8); by default the private, loopback and link-local ones, or inferred if the log contains none of these; names for use at a site (.local, .lan, single labels) are always internal")
	f.StringArrayVar(&q.Exclude, "exclude", nil, "leave out flows to or from a `CIDR` prefix or a domain (.example.com, *.example.com), those listed in a file, or the words multicast or reserved (repeatable)")
	f.StringArrayVar(&q.proxies, "proxy", nil, "`address` of a proxy: flows to it count as outbound to the name that they ask for, and its own flows for nobody (repeatable)")
	f.StringSliceVar(&q.by, "by", nil, "`kinds` of destinations, separated by commas: address, name (asked for in TLS, HTTP or DNS), domain (registered, of DNS queries); by default all that the log has")
	f.StringSliceVar(&q.Rules, "rule", []string{RuleEveryMinute}, "`rules` to apply, separated by commas: every-minute, rhythm, long (beacon help rule)")
	when.AddDuration(f, &q.minDuration, "min-duration", beacon.LongFlow, "long: list a source, destination and port whose connections last this `duration`, one of them or those of a day together")
	when.AddDuration(f, &q.minPeriod, "min-period", time.Second, "rhythm: shortest period to look for")
	when.AddDuration(f, &q.maxPeriod, "max-period", 0, "rhythm: longest period to look for, such as 12h or 2d; by default as long as the calls allow")
	f.IntVar(&q.minCalls, "min-calls", 5, "rhythm: judge a source, destination and port with at least this `number` of flows")
	f.Float64Var(&q.fdr, "fdr", 0.01, "rhythm: accepted false-discovery rate, a `share` between 0 and 1")
	when.AddDuration(f, &q.bucket, "bucket", time.Minute, "length of a slot; it must divide the cycle")
	when.AddDuration(f, &q.cycle, "cycle", time.Hour, "time after which the slots repeat: a cycle of 1h with a bucket of 1m asks for every minute of the hour, 1d with 10m for every ten minutes of the day")
	f.IntVar(&q.slots, "slots", 0, "flag destinations that are called in at least this `number` of slots; by default in all")
	f.BoolVar(&q.span, "span", false, "count a flow in every slot from its start to its end, not only in the first")
	f.StringVar(&q.order, "order", "", "`order` of the internal sources: log (first appearance) or time (first call, then address); by default log, for a table time")
}

// Query returns the query of the flags, without its bounds of time: these depend on the log. A
// table has no order of its own; read reads the files of --exclude.
func (q *Flags) Query(table bool, read func(path string) ([]byte, error)) (beacon.Query, error) {
	query := beacon.Query{Bucket: q.bucket, Cycle: q.cycle, Slots: q.slots, Span: q.span, Order: beacon.Order(q.order)}
	if query.Order == "" {
		query.Order = beacon.ByLog
		if table {
			query.Order = beacon.ByTime
		}
	}
	if q.order != "" {
		order, err := usage.Choose("order", q.order, Choices["order"])
		if err != nil {
			return query, err
		}
		query.Order = beacon.Order(order)
	}
	if err := q.rhythm(&query); err != nil {
		return query, err
	}
	if query.Slots == 0 && q.bucket > 0 && q.cycle%q.bucket == 0 {
		query.Slots = query.CycleSlots()
	}
	if err := query.Validate(); err != nil {
		return query, usage.Errorf("like --bucket 1m --cycle 1h --slots 60", "%w", err)
	}
	var err error
	if len(q.internal) > 0 {
		if query.Internal, err = netset.ParseInternal(q.internal); err != nil {
			return query, usage.Errorf("like --internal 10.0.0.0/8,192.168.1.7", "--internal: %w", err)
		}
		if query.Internal.Empty() {
			return query, usage.Errorf("like --internal 10.0.0.0/8", "--internal names no network")
		}
	}
	if err := q.names(&query); err != nil {
		return query, err
	}
	query.Exclude, err = excludeSet(q.Exclude, read)
	return query, err
}

// names sets what a destination is, and the proxies.
func (q *Flags) names(query *beacon.Query) (err error) {
	kinds := map[string]beacon.By{"address": beacon.ByAddress, "name": beacon.ByName, "domain": beacon.ByDomain}
	for _, word := range q.by {
		kind, err := usage.Choose("by", word, Choices["by"])
		if err != nil {
			return err
		}
		query.By |= kinds[kind]
	}
	if len(q.proxies) > 0 {
		if query.Proxies, err = netset.Parse(q.proxies); err != nil {
			return usage.Errorf("like --proxy 10.0.0.8", "--proxy: %w", err)
		}
	}
	return nil
}

// Choices are the values that flags take, by the flag's name.
var Choices = map[string][]string{
	"rule":  {RuleEveryMinute, RuleRhythm, RuleLong},
	"by":    {"address", "name", "domain"},
	"order": {"log", "time"},
}

// The rules' names on the command line.
const (
	RuleEveryMinute = "every-minute"
	RuleRhythm      = "rhythm"
	RuleLong        = "long"
)

// rhythm sets the rules and the options of the rhythm rule.
func (q *Flags) rhythm(query *beacon.Query) error {
	kinds := map[string]beacon.Rule{RuleEveryMinute: beacon.EveryMinute, RuleRhythm: beacon.EveryRhythm, RuleLong: beacon.EveryLong}
	for _, word := range q.Rules {
		rule, err := usage.Choose("rule", word, Choices["rule"])
		if err != nil {
			return err
		}
		query.Rules |= kinds[rule]
	}
	switch {
	case query.Rules == 0:
		return usage.Errorf("rules are every-minute, rhythm and long", "--rule names no rule")
	case q.minPeriod <= 0:
		return usage.Errorf("like --min-period 1s", "--min-period %s: must be longer than 0", words.Typed(q.minPeriod))
	case q.maxPeriod != 0 && q.maxPeriod < q.minPeriod:
		return usage.Errorf("like --max-period 12h", "--max-period %s: is shorter than --min-period, %s", words.Typed(q.maxPeriod), words.Typed(q.minPeriod))
	case q.minDuration <= 0:
		return usage.Errorf("like --min-duration 1h", "--min-duration %s: must be longer than 0", words.Typed(q.minDuration))
	case q.minCalls < 3:
		return usage.Errorf("", "--min-calls %d: at least 3 calls are needed to see a rhythm", q.minCalls)
	case !(q.fdr > 0 && q.fdr < 1):
		return usage.Errorf("like 0.01", "--fdr %v: must lie between 0 and 1", q.fdr)
	}
	query.Rhythm = rhythm.Options{MinPeriod: q.minPeriod, MaxPeriod: q.maxPeriod, MinCalls: q.minCalls}
	query.Decision.FDR, query.MinDuration = q.fdr, q.minDuration
	return nil
}

// ruleFlags are the flags that only one rule uses.
var ruleFlags = map[string][]string{
	RuleEveryMinute: {"bucket", "cycle", "slots", "span", "shape"},
	RuleRhythm:      {"min-period", "max-period", "min-calls", "fdr"},
	RuleLong:        {"min-duration"},
}

// CheckUnused refuses flags that were given and that no chosen rule uses.
func CheckUnused(rules beacon.Rule, given func(flag string) bool) error {
	for _, r := range []struct {
		rule beacon.Rule
		name string
	}{{beacon.EveryMinute, RuleEveryMinute}, {beacon.EveryRhythm, RuleRhythm}, {beacon.EveryLong, RuleLong}} {
		for _, name := range ruleFlags[r.name] {
			if !rules.Has(r.rule) && given(name) {
				return usage.Errorf("--rule "+r.name+" uses it; several rules are separated by commas", "--%s: the chosen rule doesn't use it", name)
			}
		}
	}
	return nil
}
