package names

import (
	"bytes"
	"context"
	"errors"
	"net/netip"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
	"beacon/internal/lease"
)

// Beside reads the DHCP logs in the directories of a log, as in the directory of a day of
// Zeek's: files that hold no flows, and Zeek's JSON. It removes those that it read whole from
// log.Skipped. If the records of the log itself name their hosts, Beside reads these too, and
// leaves its errors to the reading of the flows, which meets the same.
func Beside(ctx context.Context, log *flowlog.Log, workers int, store flowlog.Store, opt *flowlog.Options) *lease.Table {
	n := &nameTable{names: map[netip.Addr][]string{}, opt: opt}
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
		if in.Format.Name == zeekJSON && in.Size >= 0 {
			if err := n.readBeside(in.Name, store, nil); err != nil {
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
func (n *nameTable) readBeside(name string, store flowlog.Store, other error) error {
	files, err := flowlog.Files([]string{name}, store)
	if err != nil || len(files) != 1 || !isLeases(files[0].Head) {
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

// zeekJSON is the format that takes any log of Zeek's in JSON.
const zeekJSON = "zeek-json"

// isLeases reports whether a file with this beginning is a DHCP log.
func isLeases(head flowlog.Head) bool {
	text := head[head.Start():]
	first, _, _ := bytes.Cut(text, []byte("\n"))
	switch {
	case cut.IsJSON(head):
		return bytes.Contains(first, []byte(`"mac":`)) && (bytes.Contains(first, []byte(`"msg_types":`)) || bytes.Contains(first, []byte(`"assigned_`))) ||
			bytes.Contains(first, []byte(`"client_mac":`))
	case bytes.HasPrefix(text, []byte("#separator")), bytes.HasPrefix(text, []byte("#fields")):
		return bytes.Contains(text, []byte("\tmac\t")) && bytes.Contains(text, []byte("\tassigned_"))
	}
	return bytes.Contains(text, []byte(windowsHeader)) || bytes.HasPrefix(text, []byte("address,hwaddr,")) || isDHCPDLeases(head) || hasLeaseMessages(head)
}
