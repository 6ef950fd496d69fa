// Package clickhouse is the answer to a query from a ClickHouse server or
// cluster, by SQL that runs where the flows are, and the way of a log into one.
package clickhouse
