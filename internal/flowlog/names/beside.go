package names

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"slices"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/stored"
	"beacon/internal/lease"
)

// Beside reads the DHCP logs in the directories of a log, as in the directory of a day of
// Zeek's: files that hold no flows. It removes those that it read whole from log.Skipped.
// Streams of records of many kinds (Zeek's JSON, Suricata's eve.json) are read too if their
// head holds a record of DHCP, for which the log is opened with MayHoldLeases as
// [flowlog.Options.Marks], and so are the records of the log itself if they name their
// hosts. Errors of these are left to the reading of the flows, which meets the same.
func Beside(ctx context.Context, log *flowlog.Log, workers int, store stored.Store, opt *flowlog.Options) *lease.Table {
	n := &nameTable{names: map[netip.Addr][]string{}, opt: opt, leasesOnly: true}
	var skipped []error
	for _, err := range log.Skipped {
		if placed := (*flowlog.InputError)(nil); errors.As(err, &placed) {
			err = n.readBeside(placed.Input, store, err)
		}
		if err != nil {
			skipped = append(skipped, err)
		}
	}
	for _, in := range log.Inputs {
		if in.Marked && in.Size >= 0 {
			if err := n.readBeside(in.Name, store, nil); err != nil && n.err != nil {
				skipped = append(skipped, err)
			}
		}
	}
	log.Skipped = skipped
	if hosts := log.Hosts(false); hosts != nil {
		_ = n.see(ctx, hosts, workers)
	}
	return n.leases.Table()
}

// readBeside reads a file if it is a DHCP log. If it is none, it returns the given error.
func (n *nameTable) readBeside(name string, store stored.Store, other error) error {
	files, err := flowlog.Files([]string{name}, store)
	if err != nil || len(files) != 1 || files[0].Unwrap(flowlog.RankLine) != nil || !isLeases(files[0].Head) {
		for _, in := range files {
			in.Close()
		}
		return other
	}
	if err := n.readFile(files[0]); err != nil {
		return files[0].Place(err)
	}
	return nil
}

// mixedFormats are the formats whose files may hold records of DHCP among others.
var mixedFormats = []string{"zeek-json", "eve"}

// MayHoldLeases reports whether a log of flows may hold records of DHCP among others.
func MayHoldLeases(f *flowlog.Format, head flowlog.Head) bool {
	return slices.Contains(mixedFormats, f.Name) && isLeases(head)
}

// isLeases reports whether a file with this beginning is a DHCP log, or holds records of DHCP.
func isLeases(head flowlog.Head) bool {
	text := head[head.Start():]
	switch {
	case cut.IsJSON(head):
		return isJSONLease(text)
	case bytes.HasPrefix(text, []byte("#separator")), bytes.HasPrefix(text, []byte("#fields")):
		return bytes.Contains(text, []byte("\tmac\t")) && bytes.Contains(text, []byte("\tassigned_"))
	}
	return isWindowsAudit(head) || isLeaseTable(text) || isDHCPDLeases(head) || hasLeaseMessages(head)
}

// isJSONLease reports whether a text of JSON may hold a record of DHCP: Zeek's, or an event
// of Suricata's.
func isJSONLease(text []byte) bool {
	if !bytes.Contains(text, []byte(`mac":`)) {
		return false
	}
	if bytes.Contains(text, []byte(`"client_mac":`)) {
		return true
	}
	return bytes.Contains(text, []byte(`"mac":`)) && (bytes.Contains(text, []byte(`"msg_types":`)) || bytes.Contains(text, []byte(`"assigned_`)))
}

// isLeaseTable reports whether a text begins with the header of a table of leases, or with a
// line of dnsmasq's lease file.
func isLeaseTable(text []byte) bool {
	first := firstRow(text)
	split := newNamesSplitter(first)
	if !split.Split(first) {
		return false
	}
	return newCSVLease(split.Fields).mac > 0 || isDnsmasqLease(split.Fields)
}
