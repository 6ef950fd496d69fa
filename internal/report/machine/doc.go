// Package machine writes findings in formats that other programs read.
//
// # Fields
//
// The formats for machines share one set of fields, of schema version
// [SchemaVersion]; a later version only adds fields. An object of json and
// ndjson has, in this order:
//
//	schema       1
//	scope        "destination": the object is about one external address
//	destination  the flagged address
//	kind         what it is by its prefix: public, multicast, reserved ...
//	shape        of its calls per bucket: bursts, flat, sparse, "too short", diurnal
//	slots        distinct slots of the cycle in which it was called
//	flows        outbound flows to it
//	bytes        of these flows, 0 where the log has none
//	first, last  start of its first and last flow, RFC 3339 in UTC with as many
//	             decimals as needed
//	reasons      why it has its shape, in words
//	evidence     the numbers behind it, as below
//	ports        [{port, flows}], most flows first
//	names        host names that it was called by, most flows first
//	sources      [{ip, first, last, flows, bytes}] in the order of the query
//
// and its evidence, where a share is 0 to 1 and a time of day is HH:MM in UTC:
//
//	log_days         length of the log in days
//	active_share     share of the log's buckets with a call
//	active_hours     share of the 24 hours of the day with a call
//	runs             active runs: calls without half an hour of silence
//	run_length_s     their median length in seconds
//	run_share        share of the log that lies in runs
//	regularity       share of runs that other days repeat at the same time
//	run_times        times of day at which runs begin
//	pattern_days     days that have a run at each of them
//	days             days of the log that could
//	day_night_ratio  rate in the busiest eight hours to the quietest eight
//	busy_from        when the busiest eight hours begin
//	quiet_from       and the quietest
//	busy_days        days on which the busy hours stood out
//	sources          internal addresses that call it
//	prevalence       their share of all internal addresses
//	chance_slots     slots that as many calls at random would fill
//	chance_all       probability that they fill as many as the rule needs
//
// The rhythm rule adds an object for each schedule that it found, by rank among the
// destinations:
//
//	schema           1
//	scope            "schedule"
//	sources          [{ip, first, last, flows, bytes}]
//	destinations     [address], port, protocol
//	verdict          beacon, explained, weak or insufficient
//	explanation      what explains the rhythm, of an explained one
//	rhythm           in words: sleeps 60 s, jitter 20%, misses 4%
//	flows, calls     calls are flows less the retries within a call
//	first, last      start of its first and last flow
//	period_s         period in seconds, and its interval period_range_s
//	jitter           J of a sleep of T*(1±J), and its interval jitter_range
//	miss             share of the calls that didn't come, and miss_range
//	changes          [{at, before_s, after_s}] where it switched its period
//	p, q             p-value of the pair, and corrected over all pairs tried
//	needs_calls      of an insufficient one, how many more would decide it
//	size_regularity  {total, sent, received}: share of flows within a tenth of
//	                 the median size; null where the log doesn't say
//	rita             {score, ts, ds, dur, hist}: RITA's beacon score and parts
//	reasons          which test fired, its value, what would have turned it
//	test             the test that fired: sleep, clock or even
//	clock            whether the calls are locked to the clock
//
// The evidence table (parquet and evidence-csv) has a row for each finding and
// source, with the fields above in columns; see the columns of evidence.go. The
// schema version stands in the Parquet file's metadata as beacon.schema.
//
// csv is the list of the internal sources alone: the header ip, an address a
// line. zeek-intel is Zeek's intelligence framework, suricata-iprep Suricata's
// reputation list with category 1, ocsf an OCSF 1.3 Detection Finding a line.
package machine

// SchemaVersion is the version of the fields that machines read.
const SchemaVersion = 1
