package cli

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/client"
	"beacon/internal/netset"
	"beacon/internal/objstore"
	"beacon/internal/rhythm"
	"beacon/internal/usage"
	"beacon/internal/when"
	"beacon/internal/words"
)

// queryFlags are the flags of the commands that apply a rule.
type queryFlags struct {
	internal      []string
	exclude       []string
	proxies       []string
	by            []string
	bucket, cycle time.Duration
	slots         int
	span          bool
	order         string

	rules                []string
	minPeriod, maxPeriod time.Duration
	minDuration          time.Duration
	minCalls             int
	fdr                  float64
}

func (q *queryFlags) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&q.internal, "internal", nil, "internal networks as `CIDR` prefixes separated by commas (repeatable), domains (corp.example), and what to leave out of them (!10.0.0.8); by default the private, loopback and link-local ones, or inferred if the log contains none of these; names for use at a site (.local, .lan, single labels) are always internal")
	f.StringArrayVar(&q.exclude, "exclude", nil, "leave out flows to or from a `CIDR` prefix or a domain (.example.com, *.example.com), those listed in a file, or the words multicast or reserved (repeatable)")
	f.StringArrayVar(&q.proxies, "proxy", nil, "`address` of a proxy: flows to it count as outbound to the name that they ask for, and its own flows for nobody (repeatable)")
	f.StringSliceVar(&q.by, "by", nil, "what a destination is: `address`, name (asked for in TLS, HTTP or DNS), domain (registered, of DNS queries) or several separated by commas; by default all that the log has")
	f.StringSliceVar(&q.rules, "rule", []string{ruleEveryMinute}, "`rules` to apply: every-minute, rhythm, long, or several separated by commas")
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

// query returns the query of the flags, without its bounds of time: these depend on the log.
func (q *queryFlags) query(a *app, args []string) (beacon.Query, error) {
	query := beacon.Query{Bucket: q.bucket, Cycle: q.cycle, Slots: q.slots, Span: q.span, Order: beacon.Order(q.order)}
	if query.Order == "" {
		query.Order = beacon.ByLog
		if slices.ContainsFunc(args, client.IsURL) {
			query.Order = beacon.ByTime
		}
	}
	if q.order != "" {
		order, err := usage.Choose("order", q.order, choices["order"]())
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
		return query, usagef("like --bucket 1m --cycle 1h --slots 60", "%w", err)
	}
	var err error
	if len(q.internal) > 0 {
		if query.Internal, err = netset.ParseInternal(q.internal); err != nil {
			return query, usagef("like --internal 10.0.0.0/8,192.168.1.7", "--internal: %w", err)
		}
		if query.Internal.Empty() {
			return query, usagef("like --internal 10.0.0.0/8", "--internal names no network")
		}
	}
	if err := q.names(&query); err != nil {
		return query, err
	}
	query.Exclude, err = a.excludeSet(q.exclude)
	return query, err
}

// names sets what a destination is, and the proxies.
func (q *queryFlags) names(query *beacon.Query) (err error) {
	kinds := map[string]beacon.By{"address": beacon.ByAddress, "name": beacon.ByName, "domain": beacon.ByDomain}
	for _, word := range q.by {
		kind, err := usage.Choose("by", word, choices["by"]())
		if err != nil {
			return err
		}
		query.By |= kinds[kind]
	}
	if len(q.proxies) > 0 {
		if query.Proxies, err = netset.Parse(q.proxies); err != nil {
			return usagef("like --proxy 10.0.0.8", "--proxy: %w", err)
		}
	}
	return nil
}

// The rules' names on the command line.
const (
	ruleEveryMinute = "every-minute"
	ruleRhythm      = "rhythm"
	ruleLong        = "long"
)

// rhythm sets the rules and the options of the rhythm rule.
func (q *queryFlags) rhythm(query *beacon.Query) error {
	kinds := map[string]beacon.Rule{ruleEveryMinute: beacon.EveryMinute, ruleRhythm: beacon.EveryRhythm, ruleLong: beacon.EveryLong}
	for _, word := range q.rules {
		rule, err := usage.Choose("rule", word, choices["rule"]())
		if err != nil {
			return err
		}
		query.Rules |= kinds[rule]
	}
	switch {
	case query.Rules == 0:
		return usagef("rules are every-minute, rhythm and long", "--rule names no rule")
	case q.minPeriod <= 0:
		return usagef("like --min-period 1s", "--min-period %s: must be longer than 0", words.Typed(q.minPeriod))
	case q.maxPeriod != 0 && q.maxPeriod < q.minPeriod:
		return usagef("like --max-period 12h", "--max-period %s: is shorter than --min-period, %s", words.Typed(q.maxPeriod), words.Typed(q.minPeriod))
	case q.minDuration <= 0:
		return usagef("like --min-duration 1h", "--min-duration %s: must be longer than 0", words.Typed(q.minDuration))
	case q.minCalls < 3:
		return usagef("", "--min-calls %d: at least 3 calls are needed to see a rhythm", q.minCalls)
	case !(q.fdr > 0 && q.fdr < 1):
		return usagef("like 0.01", "--fdr %v: must lie between 0 and 1", q.fdr)
	}
	query.Rhythm = rhythm.Options{MinPeriod: q.minPeriod, MaxPeriod: q.maxPeriod, MinCalls: q.minCalls}
	query.Decision.FDR, query.MinDuration = q.fdr, q.minDuration
	return nil
}

// checkInternal refuses networks of --internal that hold no address of the log: without an
// internal address there is nothing to judge.
func (q *queryFlags) checkInternal(fs *beacon.Findings) error {
	if len(q.internal) == 0 || fs.Totals.Flows == 0 || fs.Totals.InternalHosts > 0 || fs.Len() > 0 {
		return nil
	}
	hint := "beacon inspect names the networks that the log has"
	for _, p := range fs.Query.Internal.Prefixes() {
		if site := siteOf(p); site != p {
			hint = fmt.Sprintf("%s is one address; the network is --internal %s", p.Addr(), site)
		}
	}
	return usagef(hint, "--internal %s: no address of the log is internal", strings.Join(q.internal, ","))
}

// siteOf returns the network that is meant by an IPv4 address that ends in zeros, 120.0.0.0/8 of
// 120.0.0.0, and any other network as it is.
func siteOf(p netip.Prefix) netip.Prefix {
	const octet = 8
	if !p.IsSingleIP() || !p.Addr().Is4() {
		return p
	}
	bits := p.Bits()
	for a := p.Addr().As4(); bits > 0 && a[bits/octet-1] == 0; {
		bits -= octet
	}
	if bits == 0 {
		return p
	}
	return netip.PrefixFrom(p.Addr(), bits)
}

// excludeSet reads --exclude: networks, files of them, kinds.
func (a *app) excludeSet(items []string) (*netset.Set, error) {
	set := new(netset.Set)
	for _, item := range items {
		for word := range strings.SplitSeq(item, ",") {
			word = strings.TrimSpace(word)
			if prefixes, ok := netset.OfKind(netset.Kind(word)); ok {
				for _, p := range prefixes {
					set.Add(p)
				}
				continue
			}
			p, err := netset.ParsePrefix(word)
			if err == nil {
				set.Add(p)
				continue
			}
			if _, statErr := os.Stat(word); statErr != nil && !objstore.IsURL(word) {
				if strings.Contains(word, ".") && !strings.ContainsAny(word, "/:") && set.AddDomain(word) {
					continue
				}
				return nil, usagef("like --exclude 8.8.8.8, --exclude 192.0.2.0/24, --exclude .example.com, --exclude allowed.txt, --exclude multicast", "--exclude %s: not a network, a domain, a file, multicast or reserved", word)
			}
			text, err := a.readFile(word)
			if err != nil {
				return nil, fmt.Errorf("--exclude %s: %w", word, err)
			}
			if err := set.Read(word, bytes.NewReader(text)); err != nil {
				return nil, fmt.Errorf("--exclude: %w", err)
			}
		}
	}
	return set, nil
}

// hosts reads a comma list of addresses and names; .example.com is the name and all names
// below it, *.example.com those below it.
func hosts(flag string, items []string) ([]netset.Host, error) {
	var list []netset.Host
	for _, item := range items {
		for word := range strings.SplitSeq(item, ",") {
			if word = strings.TrimSpace(word); word == "" {
				continue
			}
			name, below := strings.CutPrefix(word, "*.")
			name, orBelow := strings.CutPrefix(name, ".")
			h, err := netset.ParseHost(name)
			domain := below || orBelow
			if err != nil || domain && !h.IsName() || !domain && h.IsName() && !strings.Contains(h.Name, ".") {
				return nil, usagef("like "+flag+" 203.0.113.7,c2.example.com", "%s %s: neither an address nor a name", flag, word)
			}
			if domain {
				list = append(list, netset.Host{Name: "*." + h.Name})
			}
			if !below {
				list = append(list, h)
			}
		}
	}
	return list, nil
}
