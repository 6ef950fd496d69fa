package cli

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"beacon/internal/beacon"
	"beacon/internal/netset"
)

// queryFlags is the flags of every command that asks the rule.
type queryFlags struct {
	internal      []string
	exclude       []string
	bucket, cycle time.Duration
	slots         int
	span          bool
	order         string
}

func (q *queryFlags) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&q.internal, "internal", nil, "internal networks: `CIDR`, comma lists (repeatable); default "+netset.Default().String()+", or inferred where the log has no part in these")
	f.StringArrayVar(&q.exclude, "exclude", nil, "leave out flows with either end in a `CIDR`, in the networks of a file, or in multicast or reserved (repeatable)")
	f.DurationVar(&q.bucket, "bucket", time.Minute, "length of a slot; divides the cycle")
	f.DurationVar(&q.cycle, "cycle", time.Hour, "what the slots repeat in: 1h and 1m ask for every minute of the hour, 24h and 10m for every ten minutes of the day")
	f.IntVar(&q.slots, "slots", 0, "flag a destination that is called in this `number` of distinct slots; default all of the cycle's")
	f.BoolVar(&q.span, "span", false, "a flow marks every slot from its start to its end, not only the first")
	f.StringVar(&q.order, "order", string(beacon.ByLog), "order of the internal sources: log (first appearance) or time (first call, then address)")
}

// query is the question that the flags ask.
func (q *queryFlags) query(read *readFlags) (beacon.Query, error) {
	query := beacon.Query{Rules: beacon.EveryMinute, Bucket: q.bucket, Cycle: q.cycle, Slots: q.slots, Span: q.span, Order: beacon.Order(q.order)}
	if q.order != string(beacon.ByLog) && q.order != string(beacon.ByTime) {
		return query, usagef("log or time", "--order %s: there is no such order", q.order)
	}
	if query.Slots == 0 && q.bucket > 0 && q.cycle%q.bucket == 0 {
		query.Slots = query.CycleSlots()
	}
	if err := query.Validate(); err != nil {
		return query, usagef("like --bucket 1m --cycle 1h --slots 60", "%w", err)
	}
	var err error
	zone, _ := time.LoadLocation(read.tz)
	if query.From, query.To, err = read.bounds(zone); err != nil {
		return query, err
	}
	if len(q.internal) > 0 {
		if query.Internal, err = netset.Parse(q.internal); err != nil {
			return query, usagef("like --internal 10.0.0.0/8,192.168.1.7", "--internal: %w", err)
		}
		if query.Internal.Empty() {
			return query, usagef("like --internal 10.0.0.0/8", "--internal names no network")
		}
	}
	query.Exclude, err = excludeSet(q.exclude)
	return query, err
}

// excludeSet reads --exclude: networks, files of them, kinds.
func excludeSet(items []string) (*netset.Set, error) {
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
			if _, statErr := os.Stat(word); statErr != nil {
				return nil, usagef("like --exclude 8.8.8.8, --exclude 192.0.2.0/24, --exclude allowed.txt, --exclude multicast", "--exclude %s: neither a network nor a file, nor multicast or reserved", word)
			}
			if err := set.ReadFile(word); err != nil {
				return nil, fmt.Errorf("--exclude: %w", err)
			}
		}
	}
	return set, nil
}

// addresses reads a comma list of addresses.
func addresses(flag string, items []string) ([]netip.Addr, error) {
	var list []netip.Addr
	for _, item := range items {
		for word := range strings.SplitSeq(item, ",") {
			if word = strings.TrimSpace(word); word == "" {
				continue
			}
			addr, err := netip.ParseAddr(word)
			if err != nil {
				return nil, usagef("like "+flag+" 203.0.113.7,198.51.100.2", "%s %s: not an address", flag, word)
			}
			list = append(list, addr.Unmap().WithZone(""))
		}
	}
	return list, nil
}
