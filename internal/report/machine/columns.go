package machine

import (
	"fmt"
	"slices"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/reason"
	"beacon/internal/report"
	"beacon/internal/words"
)

// evidenceColumns is the evidence table: first the finding, the same in each of its rows,
// then the destination, then the source.
var evidenceColumns = []evidenceColumn{
	{name: "scope", text: func(r evidenceRow) string { return string(r.f.Scope) }},
	{name: "rank", count: func(r evidenceRow) int64 { return int64(r.f.Rank) }},
	{name: "verdict", text: func(r evidenceRow) string { return string(r.f.Verdict) }},
	{name: "explanation", text: func(r evidenceRow) string { return r.f.Explanation }},
	{name: "port", has: func(r evidenceRow) bool { return port(r.f) != nil }, count: func(r evidenceRow) int64 { return int64(*port(r.f)) }},
	{name: "protocol", count: func(r evidenceRow) int64 { return int64(r.f.Proto) }},
	{name: "flows", count: func(r evidenceRow) int64 { return r.f.Flows }},
	{name: "calls", count: func(r evidenceRow) int64 { return r.f.Calls }},
	{name: "bytes", count: func(r evidenceRow) int64 { return r.f.Bytes }},
	{name: "first", time: func(r evidenceRow) int64 { return r.f.First }},
	{name: "last", time: func(r evidenceRow) int64 { return r.f.Last }},
	{name: "reasons", text: func(r evidenceRow) string { return strings.Join(reason.Texts(r.f.Reasons, utcZone), "; ") }},
	{name: "techniques", text: func(r evidenceRow) string { return strings.Join(report.TechniqueIDs(r.f), " ") }},
	{name: "novelty", text: func(r evidenceRow) string { return string(r.f.Since.Novelty) }},
	{name: "novelty_changes", text: func(r evidenceRow) string { return strings.Join(r.f.Since.Changes, "; ") }},
	{name: "first_seen", time: func(r evidenceRow) int64 { return r.f.FirstSeen() }},
	{name: "destinations", count: func(r evidenceRow) int64 { return int64(len(r.f.Destinations)) }},
	{name: "sources", count: func(r evidenceRow) int64 { return int64(len(r.f.Sources)) }},

	{name: "shape", scope: beacon.ScopeDestination, text: func(r evidenceRow) string { return string(r.f.Day.Shape) }},
	{name: "slots", scope: beacon.ScopeDestination, count: func(r evidenceRow) int64 { return int64(r.f.Day.Slots) }},
	{name: "active_share", scope: beacon.ScopeDestination, real: func(r evidenceRow) float64 { return r.f.Day.Evidence.ActiveShare }},
	{name: "active_hours", scope: beacon.ScopeDestination, real: func(r evidenceRow) float64 { return r.f.Day.Evidence.ActiveHours }},
	{name: "runs", scope: beacon.ScopeDestination, count: func(r evidenceRow) int64 { return int64(r.f.Day.Evidence.Runs) }},
	{name: "run_length_s", scope: beacon.ScopeDestination, real: func(r evidenceRow) float64 { return r.f.Day.Evidence.RunLength.Seconds() }},
	{name: "run_share", scope: beacon.ScopeDestination, real: func(r evidenceRow) float64 { return r.f.Day.Evidence.RunCover }},
	{name: "regularity", scope: beacon.ScopeDestination, real: func(r evidenceRow) float64 { return r.f.Day.Evidence.Regularity }},
	{name: "run_times", scope: beacon.ScopeDestination, text: func(r evidenceRow) string { return strings.Join(words.Clocks(r.f.Day.Evidence.RunTimes), " ") }},
	{name: "pattern_days", scope: beacon.ScopeDestination, count: func(r evidenceRow) int64 { return int64(r.f.Day.Evidence.PatternDays) }},
	{name: "days", scope: beacon.ScopeDestination, count: func(r evidenceRow) int64 { return int64(r.f.Day.Evidence.Days) }},
	{name: "day_night_ratio", scope: beacon.ScopeDestination, real: func(r evidenceRow) float64 { return r.f.Day.Evidence.DayNight }},
	{name: "prevalence", scope: beacon.ScopeDestination, real: func(r evidenceRow) float64 { return r.f.Day.Evidence.Prevalence }},
	{name: "chance_slots", scope: beacon.ScopeDestination, real: func(r evidenceRow) float64 { return r.f.Day.Evidence.ChanceSlots }},
	{name: "chance_all", scope: beacon.ScopeDestination, real: func(r evidenceRow) float64 { return r.f.Day.Evidence.ChanceAll }},
	{name: "ports", scope: beacon.ScopeDestination, text: func(r evidenceRow) string { return report.PortList(r.f.Day.Ports) }},

	{name: "test", scope: beacon.ScopeSchedule, text: func(r evidenceRow) string { return r.f.Schedule.Test }},
	{name: "period_s", scope: beacon.ScopeSchedule, real: func(r evidenceRow) float64 { return r.f.Schedule.Period.Seconds() }},
	{name: "period_low_s", scope: beacon.ScopeSchedule, real: func(r evidenceRow) float64 { return r.f.Schedule.PeriodLow.Seconds() }},
	{name: "period_high_s", scope: beacon.ScopeSchedule, real: func(r evidenceRow) float64 { return r.f.Schedule.PeriodHigh.Seconds() }},
	{name: "jitter", scope: beacon.ScopeSchedule, real: func(r evidenceRow) float64 { return r.f.Schedule.Jitter }},
	{name: "jitter_low", scope: beacon.ScopeSchedule, real: func(r evidenceRow) float64 { return r.f.Schedule.JitterLow }},
	{name: "jitter_high", scope: beacon.ScopeSchedule, real: func(r evidenceRow) float64 { return r.f.Schedule.JitterHigh }},
	{name: "miss", scope: beacon.ScopeSchedule, real: func(r evidenceRow) float64 { return r.f.Schedule.Miss }},
	{name: "miss_low", scope: beacon.ScopeSchedule, real: func(r evidenceRow) float64 { return r.f.Schedule.MissLow }},
	{name: "miss_high", scope: beacon.ScopeSchedule, real: func(r evidenceRow) float64 { return r.f.Schedule.MissHigh }},
	{name: "clock", scope: beacon.ScopeSchedule, text: func(r evidenceRow) string { return fmt.Sprint(r.f.Schedule.Clock) }},
	{name: "changes", scope: beacon.ScopeSchedule, text: func(r evidenceRow) string { return changes(r.f) }},
	{name: "p", scope: beacon.ScopeSchedule, real: func(r evidenceRow) float64 { return r.f.Schedule.P }},
	{name: "q", scope: beacon.ScopeSchedule, real: func(r evidenceRow) float64 { return r.f.Schedule.Q }},
	{name: "needs_calls", scope: beacon.ScopeSchedule, count: func(r evidenceRow) int64 { return int64(r.f.Schedule.Needs) }},
	{name: "rita", scope: beacon.ScopeSchedule, real: func(r evidenceRow) float64 { return r.f.Schedule.RITA.Total }},
	{name: "size_regularity", scope: beacon.ScopeSchedule, has: func(r evidenceRow) bool { return r.f.Schedule.Size.Total >= 0 }, real: func(r evidenceRow) float64 { return r.f.Schedule.Size.Total }},

	{name: "longest_s", scope: beacon.ScopeConnection, real: func(r evidenceRow) float64 { return r.f.Lasting.Longest.Seconds() }},
	{name: "longest_began", scope: beacon.ScopeConnection, time: func(r evidenceRow) int64 { return r.f.Lasting.Began }},
	{name: "long_connections", scope: beacon.ScopeConnection, count: func(r evidenceRow) int64 { return int64(r.f.Lasting.Long) }},
	{name: "total_s", scope: beacon.ScopeConnection, real: func(r evidenceRow) float64 { return r.f.Lasting.Total.Seconds() }},
	{name: "busiest_day", scope: beacon.ScopeConnection, time: func(r evidenceRow) int64 { return r.f.Lasting.Day }},
	{name: "busiest_day_s", scope: beacon.ScopeConnection, real: func(r evidenceRow) float64 { return r.f.Lasting.DayTotal.Seconds() }},

	{name: "destination", text: func(r evidenceRow) string { return r.d.Host.String() }},
	{name: "kind", text: func(r evidenceRow) string { return string(r.d.Kind) }},
	{name: "addresses", text: func(r evidenceRow) string { return strings.Join(report.Addresses(r.d.Addresses), " ") }},
	{name: "labels", count: func(r evidenceRow) int64 { return int64(r.d.Labels) }},
	{name: "names", text: func(r evidenceRow) string { return strings.Join(r.d.Names, " ") }},
	{name: "listings", text: func(r evidenceRow) string { return report.Listings(r.d) }},
	{name: "asn", text: func(r evidenceRow) string {
		return origins(r.d, func(o beacon.Origin) string { return strings.TrimSuffix(fmt.Sprintf("AS%d", o.ASN), "AS0") })
	}},
	{name: "organization", text: func(r evidenceRow) string {
		return origins(r.d, func(o beacon.Origin) string { return o.Organization })
	}},
	{name: "country", text: func(r evidenceRow) string { return origins(r.d, func(o beacon.Origin) string { return o.Country }) }},
	{name: "share", real: func(r evidenceRow) float64 { return r.d.Share }},
	{name: "destination_flows", count: func(r evidenceRow) int64 { return r.d.Flows }},
	{name: "destination_calls", count: func(r evidenceRow) int64 { return r.d.Calls }},
	{name: "destination_bytes", count: func(r evidenceRow) int64 { return r.d.Bytes }},

	{name: "source", text: func(r evidenceRow) string { return r.s.Addr.String() }},
	{name: "source_name", text: func(r evidenceRow) string { return r.s.Name() }},
	{name: "source_mac", text: func(r evidenceRow) string { return r.s.MAC() }},
	{name: "source_further_ips", text: func(r evidenceRow) string { return strings.Join(hostTexts(r.s.Further()), " ") }},
	{name: "source_networks", text: func(r evidenceRow) string { return strings.Join(r.s.Networks, " ") }},
	{name: "source_first", time: func(r evidenceRow) int64 { return r.s.First }},
	{name: "source_last", time: func(r evidenceRow) int64 { return r.s.Last }},
	{name: "source_flows", count: func(r evidenceRow) int64 { return r.s.Flows }},
	{name: "source_bytes", count: func(r evidenceRow) int64 { return r.s.Bytes }},
}

// origins returns what is known of the origins of a destination's addresses, each once.
func origins(d *beacon.Destination, what func(beacon.Origin) string) string {
	var list []string
	for _, o := range d.Origins {
		if text := what(o); text != "" && !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return strings.Join(list, "; ")
}

// changes returns the changes of a schedule's period, as time, before and after in
// seconds: 2020-06-21T12:00:00Z 600>3600.
func changes(f *beacon.Finding) string {
	var list []string
	for _, c := range f.Schedule.Changes {
		list = append(list, fmt.Sprintf("%s %g>%g", words.UTC(c.At), c.Before.Seconds(), c.After.Seconds()))
	}
	return strings.Join(list, "; ")
}
