// Package record makes flows of what is known by name: the messages of a device, a line
// each, and the records of a program in separated text or JSON.
//
// A Device is how the messages of one kind are recognised, and how one is taken apart into
// the texts of its values. A Dialect is a program's names for those values. What all have
// in common is done here once: header and time (package wrap), texts into a flow (fill.go),
// which of a connection's messages is the flow (Phase) or how they make one (package join),
// and what is no flow or can't be read. The devices and programs themselves are files of
// package devicelog.
package record
