// Package devicelog knows the logs of firewalls, endpoints and proxies: a message a line,
// with a syslog header (RFC 3164, RFC 5424) or without one, and tables and JSON whose names
// are a program's own.
//
// Each is one file, which registers a record.Device or a record.Dialect; how those are read
// stands in package record.
//
// The samples in testdata are made up; their shape is the vendors' documentation's
// and that of the public test logs of elastic/integrations, which each file names.
package devicelog
