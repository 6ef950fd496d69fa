package names

import (
	"bytes"
	"strings"
	"time"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
)

// The columns of the audit log of a Windows DHCP server, which stand in this order in every
// language: ID, Date, Time, Description, IP Address, Host Name, MAC Address.
const (
	windowsID, windowsDate, windowsTime = 0, 1, 2

	windowsAddress, windowsName, windowsMAC = 4, 5, 6
)

// windowsEvents is what the events of the log mean (Microsoft, "DHCP server audit log: event
// codes").
var windowsEvents = map[string]leaseEvent{"10": granted, "11": granted, "20": granted, "21": granted, "12": ended, "16": ended, "17": ended, "18": ended}

// windowsAssigned is the event of an address that the client didn't have before.
const windowsAssigned = "10"

// windowsAudit reads the audit log of a Windows DHCP server: a table behind an explanation,
// both in the server's language. It is known by the rows, which are the same in all.
type windowsAudit struct {
	*nameTable
	split cut.Splitter
}

// isWindowsAudit reports whether a text has a row of such a log in it.
func isWindowsAudit(head flowlog.Head) bool {
	for line := range bytes.Lines(head[head.Start():]) {
		fields := bytes.Split(bytes.TrimRight(line, "\r\n"), []byte(","))
		if _, ok := windowsStamp(fields, time.UTC); ok {
			return true
		}
	}
	return false
}

// windowsStamp returns the time of a row, and whether it is one.
func windowsStamp(fields [][]byte, zone *time.Location) (at time.Time, ok bool) {
	if len(fields) <= windowsMAC || !cut.IsNumber(fields[windowsID]) {
		return at, false
	}
	text := string(fields[windowsDate]) + " " + string(fields[windowsTime])
	for _, layout := range []string{"01/02/06 15:04:05", "01/02/2006 15:04:05"} {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at, true
		}
	}
	return at, false
}

func (w *windowsAudit) line(line []byte) {
	if !w.split.Split(line) {
		return
	}
	fields := w.split.Fields
	at, ok := windowsStamp(fields, w.stamper.Zone)
	if !ok {
		return
	}
	field := func(column int) string { return strings.TrimSpace(string(fields[column])) }
	if field(windowsID) == windowsAssigned {
		w.seeks(field(windowsMAC))
	}
	w.leaseAt(&record{address: field(windowsAddress), mac: field(windowsMAC), names: [2]string{field(windowsName)}, event: windowsEvents[field(windowsID)]}, at.UnixNano())
}
