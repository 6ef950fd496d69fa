// Package devicelog reads the logs of firewalls, endpoints and proxies: a message
// a line, with a syslog header (RFC 3164, RFC 5424) or without one.
//
// Each kind of device is one file. It registers a device: how its messages are
// recognised, and how one is taken apart into the texts of its values. What all
// devices share is done once: header and time (stamp.go), key=value (pairs.go),
// texts into a flow (fill.go), which of a connection's messages is the flow
// (phase), and what is no flow or can't be read.
//
// The samples in testdata are made up; their shape is the vendors' documentation's
// and that of the public test logs of elastic/integrations, which each file names.
package devicelog
