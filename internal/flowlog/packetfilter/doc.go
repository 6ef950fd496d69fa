// Package packetfilter reads the logs of packet filters: a line for each packet or connection
// that a rule matched.
//
// Each is one file, which registers a record.Device. The samples in testdata are made up, as
// those of package devicelog are.
package packetfilter
