// Package machine writes findings in formats that other programs read.
//
// json and ndjson hold the run and every finding with all fields, of schema version
// [SchemaVersion]; a later version only adds fields. [JSONSchema] is their schema, and the
// README of package report has a table of it.
//
// The evidence table (parquet and evidence-csv) has a row for each finding, destination
// and source, with those fields in columns; see columns.go. A field that the scope of a
// finding doesn't have is null, in CSV empty. Parquet's metadata holds the version as
// beacon.schema and the run as beacon.run.
//
// csv is the list of the internal sources alone: the header ip, an address a line.
// zeek-intel is Zeek's intelligence framework, suricata-iprep Suricata's reputation list
// with category 1, ocsf an OCSF 1.3 Detection Finding a line, stix a STIX 2.1 bundle, cef a
// Common Event Format event a line, markdown a text for a ticket.
package machine

// SchemaVersion is the version of the fields that other programs read.
const SchemaVersion = 3
