// Package clickhouse answers queries on a ClickHouse server or cluster, by SQL that
// runs where the flows are, and loads logs into tables.
//
// Only findings, near misses and counts cross the wire; the rhythm rule fetches
// the calls of the pairs that can be judged. On a cluster each shard aggregates its
// own flows, and the server that beacon is connected to merges the states.
//
// What it costs, by the user time of the query log of a server 18.16.1, for the 24.4
// million flows of the office log in a table of ours (15.4 bytes a flow on its
// disk): 230 ns of a core for each flow, of which the fold is 13, the evidence 47
// (both read 40% of the flows, by the primary key), distinct addresses 29, and the
// totals with the inference of the internal network 140. A hundred billion flows
// a day are then 1.5 TB on disk, and a question 23,000 seconds of a core: four
// minutes on a hundred cores. With --internal one reading less is needed.
package clickhouse
