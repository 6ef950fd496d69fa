package clickhouse

import (
	"fmt"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/client"
)

// warnings returns what of the table can mislead the rule.
func (f *gathering) warnings() []beacon.Warning {
	list := f.unjudged()
	if f.SkipsShards() {
		list = append(list, beacon.Warning{
			Text: "flows of shards that were down are missing: the URL sets " + client.SkipShards,
			Hint: "remove it from the URL: then a shard that is down is an error",
		})
	}
	if f.estimated {
		list = append(list, beacon.Warning{
			Text: fmt.Sprintf("the log has more than %d distinct addresses: their number and that of the internal ones are estimates, to a percent or so", mostAddresses),
			Hint: "count fewer flows at a time: --from and --to",
		})
	}
	if f.Kind != "" {
		list = append(list, beacon.Warning{
			Text: "the table mixes kinds of records: rows with " + f.Kind + " are flows, the others are left out",
			Hint: "to choose others: --where",
		})
	}
	if f.sampling > 1 {
		list = append(list, beacon.Warning{
			Text: fmt.Sprintf("flows are sampled, one packet in up to %d: counts and bytes are estimates, and a destination that is called every minute can miss slots for want of a sample", f.sampling),
			Hint: fmt.Sprintf("ask for fewer slots: --slots %d", beacon.NearMiss(f.query.Slots)),
		})
	}
	if f.query.Span && f.Duration == "" {
		list = append(list, beacon.Warning{Text: "the table has no column for the duration of a flow: a flow marks the bucket that it starts in"})
	}
	if tick := f.Time.Tick(); tick > int64(f.query.Bucket) {
		list = append(list, beacon.Warning{
			Text: fmt.Sprintf("the table's times are in steps of %s, longer than a bucket of %s", time.Duration(tick), f.query.Bucket),
			Hint: "take longer buckets: --bucket",
		})
	}
	return list
}
