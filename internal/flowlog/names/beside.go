package names

import (
	"bytes"
	"errors"
	"slices"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
	"beacon/internal/lease"
)

// Beside reads the DHCP logs that lie beside the flows of a log, as in the directory of a
// day of Zeek's: files of directories that hold no flows, and Zeek's JSON. It takes them
// out of what the log passed over.
func Beside(log *flowlog.Log, store flowlog.Store, opt *flowlog.Options) (*lease.Table, error) {
	var found []*flowlog.Input
	look := func(name string) bool {
		files, err := flowlog.Files([]string{name}, store)
		if err != nil || len(files) != 1 || !isLeases(files[0].Head) {
			for _, in := range files {
				in.Close()
			}
			return false
		}
		found = append(found, files[0])
		return true
	}
	log.Skipped = slices.DeleteFunc(log.Skipped, func(err error) bool {
		var placed *flowlog.InputError
		return errors.As(err, &placed) && look(placed.Input)
	})
	for _, in := range log.Inputs {
		if in.Format.Name == zeekJSON && in.Size >= 0 {
			look(in.Name)
		}
	}
	table, err := read(found, opt)
	return table.Leases, err
}

// zeekJSON is the format that takes any log of Zeek's in JSON.
const zeekJSON = "zeek-json"

// isLeases tells whether a file that begins so is a DHCP log.
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
