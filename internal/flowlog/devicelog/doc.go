// Package devicelog reads the logs of firewalls, endpoints and proxies: a message
// a line, with a syslog header (RFC 3164, RFC 5424) or without one.
//
// Each kind of device is one file. It registers a device: how its messages are
// recognised, and how one is taken apart into the texts of its values. What all
// devices share is done once: header and time (package wrap), key=value (package
// cut), texts into a flow (fill.go), which of a connection's messages is the flow
// (phase) or how they make one (package join), and what is no flow or can't be read.
//
// A program whose names are its own, in CSV and JSON, is a dialect: dialect.go has
// what they are, table.go and object.go read them.
//
// The samples in testdata are made up; their shape is the vendors' documentation's
// and that of the public test logs of elastic/integrations, which each file names.
package devicelog
