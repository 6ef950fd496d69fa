// Package flowlog reads flow logs of any format as Arrow batches of flows.
//
// It holds what all readers share: [Log] and [Input], the registry of formats,
// [Worker], the roles of columns, times, values, and the cutting of text into
// blocks. The readers stand in packages below it: textlog, jsonlog, devicelog,
// parquetlog, arrowlog and capturelog; importing package all registers them. What
// stands around the records of a log, such as a syslog header or the JSON of a log
// store, is a [Wrapping]: package wrap has them, and takes them off before the
// format is looked for. Package write
// writes logs, package names reads the names of addresses, package called finds the
// destinations that records name, package cut takes records of text apart,
// package join makes one flow of several records, and package addr reads addresses.
//
// # To add a format
//
// It takes one file and one folder of samples; no other file changes.
//
//  1. Write NAME.go in the package of its family, in the order of the others: a
//     comment that says what writes the log and what its traps are; init, which
//     registers a [Format] with its name, one line of doc, an example line, a
//     rank, Sniff and Open; then what these two need. jsonlog/goflow2.go is the
//     shortest of JSON, textlog/silk.go of text.
//  2. Sniff looks at the beginning of the input and returns true only for what
//     can be no other format: textlog's sniffTable returns the names of a text's
//     columns, jsonlog's sniffJSON looks for the paths of a record's values. Rank
//     is the order of asking: 1 for magic bytes, 4 for names of columns, 9 for
//     what takes anything.
//  3. Open returns a [Reader], whose parts several workers read at once. Text
//     with a record a line is a delimited: its separator, the role of each column
//     (KnownColumns) and what stands for no value; its read does the rest. JSON
//     is a jsonLayout: a path and a role for each value; openJSON does the rest.
//     Messages of a device are a device in package devicelog, logs that are told
//     by a program's own names in CSV and JSON a dialect: both take a record apart
//     into the texts of its values. For anything else write the Reader. Its Part.Read calls Worker.Add for each
//     flow, Worker.Other for a record that is no flow or has no addresses,
//     Worker.Bad for one that can't be read, and Worker.Lines.
//  4. Put samples into testdata/NAME of this package: small, made by hand, with
//     the traps in them: an IPv6 address, a missing value, a record of another
//     kind, a broken one. go test ./internal/flowlog/all -run TestSamples -update
//     writes beside each what it is read as; read that.
//
// The tests of package all find the format in the registry and the samples in
// their folder: TestRegistry checks its name, doc, example and sniffing,
// TestSamples the goldens, TestSamplesInBlocks that the flows are the same however
// the log is cut and by however many workers it is read, FuzzRead that it never
// panics.
//
// A kind of file that is recognised but not read is an [Unsupported], with the
// command that converts it. A log that is written is a Format in write/NAME.go.
package flowlog
