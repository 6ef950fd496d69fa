// Package names reads the names of addresses, from logs of DNS, TLS and HTTP and from tables,
// and the hosts that had them, from logs of DHCP and of agents on hosts.
package names

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"github.com/valyala/fastjson"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/stored"
	"beacon/internal/flowlog/wrap"
	"beacon/internal/lease"
)

const (
	maxNamesOfAddress = 64      // names of one address that are kept, the first ones
	maxNames          = 1 << 24 // names of all addresses
)

// Table holds the names of addresses, and the hosts that had them.
type Table struct {
	Names  map[netip.Addr][]string // in the order of their first appearance, each once, no more than 64
	Leases *lease.Table            // nil for none

	Skipped []error // why files of directories and patterns were not read, or not whole
}

// Read reads the names of addresses from Zeek's dns.log, ssl.log and http.log (as it writes
// them or JSON), Suricata's dns, tls and http events, or CSV of address and name. It reads
// which hosts had addresses from Zeek's dhcp.log, Suricata's dhcp events, the messages and
// lease files of DHCP servers, CSV of address and MAC, and the logs of flows of agents on
// hosts (see flowlog.Log.Hosts). The kind of a file is detected from its content, compressed or
// not, in UTF-16, or in an envelope such as an export of Splunk. A path may be a directory or a
// pattern, of which files without names or damaged ones are passed over, or a URL of the store
// (nil for none). Names are in lower case, without the final dot. The options give the zone and
// the year of times without one.
func Read(paths []string, store stored.Store, opt *flowlog.Options) (Table, error) {
	files, err := flowlog.Files(paths, store)
	if err != nil {
		return Table{}, err
	}
	n := &nameTable{names: map[netip.Addr][]string{}, opt: opt}
	var skipped []error
	for _, in := range files {
		n.found = false
		ok, err := n.readHosts(in, store)
		if !ok {
			err = n.readFile(in)
		} else if in.Close(); err == nil && !n.found {
			err = errNoNames
		}
		switch {
		case err == nil:
		case slices.Contains(paths, in.Name) || n.err != nil || n.count > maxNames:
			return Table{}, in.Place(err)
		default:
			skipped = append(skipped, in.Place(err))
		}
	}
	if len(skipped) > 0 && len(skipped) == len(files) {
		return Table{}, errors.Join(skipped...)
	}
	return Table{n.names, n.leases.Table(), skipped}, nil
}

// nameTable is the names that were read so far.
type nameTable struct {
	names  map[netip.Addr][]string
	count  int
	leases lease.Builder
	opt    *flowlog.Options

	leasesOnly bool // of JSON only the records of DHCP are taken

	// Of the file that is being read:
	found     bool
	err       error
	stamper   wrap.Stamper
	seeking   map[string]bool   // MACs of devices that ask for an address
	hostNames map[string]string // of devices, by MAC
}

// namesHint is what to give where a file holds no names.
const namesHint = "names come from Zeek's dns.log, ssl.log, http.log or dhcp.log, Suricata's eve.json, messages of a DHCP server, connections of Microsoft Defender or Sysmon that tell the host, or CSV of ip,name or ip,mac"

var errNoNames = &flowlog.InputError{Err: errors.New("no name of an address in it"), Hint: namesHint}

func (n *nameTable) readFile(in *flowlog.Input) error {
	defer in.Close()
	if err := in.Unwrap(flowlog.RankLine); err != nil {
		return err
	}
	stream, err := in.Stream()
	if err != nil {
		return err
	}
	defer stream.Close()
	lines := bufio.NewReaderSize(stream, 1<<16)
	if isJSONDocument(in.Head) {
		values := wrap.JSONLines(lines)
		defer values.Close()
		lines = bufio.NewReaderSize(values, 1<<16)
	} else if start := in.Head.Start(); start > 0 {
		lines.Discard(start)
	}
	n.found, n.seeking, n.hostNames = false, nil, nil
	n.stamper = wrap.Stamper{Zone: n.opt.Location(), Anchor: wrap.FirstAnchor(in.Head, n.opt)}
	line := n.lineReader(in.Head)
	var long []byte
	for {
		part, err := lines.ReadSlice('\n')
		if err == bufio.ErrBufferFull || len(long) > 0 {
			if long = append(long, part...); len(long) > flowlog.MaxLine {
				return flowlog.ErrLongLine
			}
			if err == bufio.ErrBufferFull {
				continue
			}
			part = long
		}
		if text := bytes.TrimRight(part, "\r\n"); len(text) > 0 {
			line(text)
		}
		if long = long[:0]; n.count > maxNames {
			return fmt.Errorf("more than %d names", maxNames)
		}
		if n.err != nil {
			return n.err
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if !n.found {
		return errNoNames
	}
	return nil
}

// isJSONDocument tells whether a text is JSON that doesn't have each of its records on a line
// of its own: an array, or indented.
func isJSONDocument(head flowlog.Head) bool {
	if !cut.IsJSON(head) {
		return false
	}
	first, _, _ := bytes.Cut(head[head.Start():], []byte("\n"))
	return bytes.HasPrefix(bytes.TrimSpace(first), []byte("[")) || fastjson.ValidateBytes(first) != nil
}

// lineReader returns what reads the lines of a file that begins so.
func (n *nameTable) lineReader(head flowlog.Head) func(line []byte) {
	text := head[head.Start():]
	switch {
	case cut.IsJSON(head):
		return (&jsonNames{nameTable: n}).line
	case bytes.HasPrefix(text, []byte("#separator")), bytes.HasPrefix(text, []byte("#fields")):
		return (&zeekNames{nameTable: n, separator: "\t", set: ","}).line
	case isWindowsAudit(head):
		return (&windowsAudit{nameTable: n, split: cut.Splitter{Separator: ',', Quoted: true}}).line
	case isDHCPDLeases(head):
		return (&dhcpdLeases{nameTable: n}).line
	case hasLeaseMessages(head):
		return (&syslogNames{n}).line
	}
	return (&csvNames{nameTable: n, split: newNamesSplitter(firstRow(text)), address: -1, name: -1}).line
}

// add takes the name of an address, given as text; what is no address, or no
// name, is passed over.
func (n *nameTable) add(address, name string) {
	addr, err := netip.ParseAddr(strings.TrimSpace(address))
	name = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(name), "."))
	if err != nil || name == "" || name == "-" || name == "(empty)" {
		return
	}
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return // an address is no name
	}
	n.found = true
	addr = addr.Unmap().WithZone("")
	list := n.names[addr]
	if len(list) < maxNamesOfAddress && !slices.Contains(list, name) {
		n.names[addr] = append(list, strings.Clone(name))
		n.count++
	}
}
