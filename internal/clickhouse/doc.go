// Package clickhouse answers queries on a ClickHouse server or cluster, by SQL that
// runs where the flows are, and loads logs into tables.
//
// Only findings, near misses and counts cross the wire; the rhythm rule fetches
// the calls of the pairs that can be judged. On a cluster each shard aggregates its
// own flows, and the server that beacon is connected to merges the states.
//
// README.md says what it costs.
package clickhouse
