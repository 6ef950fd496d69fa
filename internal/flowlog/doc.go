// Package flowlog is logs of any format as Arrow batches of flows, and back.
//
// # To add a format
//
// It takes one file and one folder of samples; no other file changes.
//
//  1. Write NAME.go in the order of the others: a comment that says what writes
//     the log and what its traps are; init, which registers a [Format] with its
//     name, one line of doc, an example line, a rank, Sniff and Open; then what
//     these two need. goflow2.go is the shortest of JSON, silk.go of text.
//  2. Sniff looks at the beginning of the input and says yes only to what no
//     other format can be: sniffTable gives the names of a text's columns,
//     sniffJSON asks for the paths of a JSON record's values. Rank orders the
//     asking: 1 for magic words, 4 for columns' names, 9 for what takes anything.
//  3. Open gives a [Reader] whose parts are read by several workers at once.
//     Text with a record a line is a delimited: its separator, the role of each
//     column (knownColumns), what stands for no value; its read does the rest.
//     JSON is a jsonLayout: a path and a role for each value; openJSON does the
//     rest. For anything else write the Reader, and in Part.Read call Worker.Add
//     for each flow, Worker.Other for a record that is no flow or has no
//     addresses, Worker.Bad for one that can't be read, and Worker.Lines.
//  4. Put samples into testdata/NAME: small, made by hand, with the traps in
//     them: an address of IPv6, a value that is missing, a record of another
//     kind, a broken one. go test -run TestSamples -update writes beside each
//     what it is read as; read that.
//
// The tests find the format in the registry and the samples in their folder:
// TestRegistry holds it to its name, doc, example and sniffing, TestSamples to
// the goldens, TestSamplesInBlocks to the same flows however the log is cut and
// by however many workers it is read, FuzzRead to never panicking.
//
// What is recognised but can't be read stands in foreign.go with the command
// that converts it. A log that is written is a [WriteFormat] in write_NAME.go;
// names of addresses (--names) are in names.go.
package flowlog
