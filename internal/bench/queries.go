package main

import (
	"path/filepath"
	"strings"
)

// query is one way to have DuckDB do the whole job. Its last two statements
// give the flagged destinations, and the sources with their first times.
type query struct {
	name       string
	statements []string
}

// outbound is the condition of an outbound flow. A prefix of eight bits is a
// prefix of the text: no address has to be parsed.
const outbound = `src_ip LIKE '120.%' AND dst_ip NOT LIKE '120.%'`

// queries returns the ways worth trying on a log: those that were the fastest on one
// of them.
//
// Note: on the office CSV at scale 1, rows kept in a temporary table (SELECT
// time, source, destination WHERE outbound) took as long as pairs and twice the
// memory; count(DISTINCT minute) in place of bit_or is slower in each.
func queries(path string) []query {
	const explicit = `'timestamp': 'TIMESTAMP', 'src_ip': 'VARCHAR', 'dst_ip': 'VARCHAR', 'src_port': 'VARCHAR', 'dst_port': 'VARCHAR', 'protocol': 'VARCHAR', 'bytes': 'VARCHAR'`
	file := "'" + strings.ReplaceAll(path, "'", "''") + "'"
	csv := func(columns string) string {
		return "read_csv(" + file + ", columns = {" + columns + "}, auto_detect = false, header = true, delim = ',', quote = '', escape = '')"
	}
	const minute, textMinute = "minute(timestamp)", "substr(timestamp, 15, 2)::UTINYINT"
	switch filepath.Ext(path) {
	case ".parquet":
		flows := "read_parquet(" + file + ")"
		return []query{pairs("pairs", flows, minute), twoScans("two scans", flows, minute)}
	case ".json":
		flows := `(SELECT "id.orig_h" AS src_ip, "id.resp_h" AS dst_ip, to_timestamp(ts) AS timestamp FROM read_ndjson(` + file +
			`, columns = {'ts': 'DOUBLE', 'id.orig_h': 'VARCHAR', 'id.resp_h': 'VARCHAR'}))`
		return []query{pairs("pairs", flows, minute), twoScans("two scans", flows, minute)}
	}
	if filepath.Ext(path) == ".log" {
		flows := `(SELECT src_ip, dst_ip, to_timestamp(ts) AS timestamp FROM read_csv(` + file + `, delim = '\t', skip = 7, header = false, auto_detect = false, quote = '', escape = '', columns = {
			'ts': 'DOUBLE', 'uid': 'VARCHAR', 'src_ip': 'VARCHAR', 'src_port': 'VARCHAR', 'dst_ip': 'VARCHAR', 'dst_port': 'VARCHAR', 'proto': 'VARCHAR', 'service': 'VARCHAR',
			'duration': 'VARCHAR', 'orig_bytes': 'VARCHAR', 'resp_bytes': 'VARCHAR', 'conn_state': 'VARCHAR'}))`
		return []query{pairs("pairs", flows, minute), twoScans("two scans", flows, minute)}
	}
	text := csv(strings.Replace(explicit, "TIMESTAMP", "VARCHAR", 1))
	return []query{
		pairs("pairs", csv(explicit), minute),
		pairs("pairs, times as text", text, textMinute),
		pairs("pairs, detected types", "read_csv("+file+")", minute),
		twoScans("two scans, times as text", text, textMinute),
	}
}

// pairs reads the log once, and keeps for each pair its slots and first time.
func pairs(name, flows, minute string) query {
	return query{name, []string{
		`CREATE TEMP TABLE pairs AS SELECT src_ip, dst_ip, bit_or(1::UBIGINT << ` + minute + `) AS slots, min(timestamp) AS first
			FROM ` + flows + ` WHERE ` + outbound + ` GROUP BY ALL`,
		`CREATE TEMP TABLE hits AS SELECT dst_ip FROM pairs GROUP BY dst_ip HAVING bit_count(bit_or(slots)) = 60`,
		`SELECT dst_ip FROM hits`,
		`SELECT src_ip, min(first)::VARCHAR AS first FROM pairs SEMI JOIN hits USING (dst_ip) GROUP BY src_ip ORDER BY first, src_ip`,
	}}
}

// twoScans reads the log twice: for the destinations, and for their sources.
func twoScans(name, flows, minute string) query {
	return query{name, []string{
		`CREATE TEMP TABLE hits AS SELECT dst_ip FROM ` + flows + ` WHERE ` + outbound + ` GROUP BY dst_ip HAVING bit_count(bit_or(1::UBIGINT << ` + minute + `)) = 60`,
		`SELECT dst_ip FROM hits`,
		`SELECT src_ip, min(timestamp)::VARCHAR AS first FROM ` + flows + ` WHERE ` + outbound + ` AND dst_ip IN (SELECT dst_ip FROM hits) GROUP BY src_ip ORDER BY first, src_ip`,
	}}
}
