// Package wrap takes off what stands around the records of a log: the header that
// syslog puts before a message (RFC 3164, RFC 5424, and what relays make of them),
// the JSON in which Elasticsearch, Splunk, CloudWatch and Log Analytics hand out
// what they store, other encodings than UTF-8. What is left tells its format by
// itself, so that any format can stand in any wrapping.
//
// A wrapping is a file that registers itself with flowlog: it says by the beginning
// of an input whether it stands around it, and gives what takes it off.
package wrap
