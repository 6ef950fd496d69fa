// Package names reads what addresses are called, from logs of DNS, TLS and HTTP
// and from tables.
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

	"beacon/internal/flowlog"
)

const (
	maxNamesOfAddress = 64      // names of one address that are kept, the first ones
	maxNames          = 1 << 24 // names of all addresses
)

// ReadNames reads what addresses are called: Zeek's dns.log, ssl.log and
// http.log (as it writes them or JSON), Suricata's dns, tls and http events, or
// CSV of address and name; each found by content, compressed or not. A path may
// be a directory or a pattern, or a URL of the store (nil for none). The names of an address stand in the order of
// their first appearance, lower-case, without the point of the root, each once,
// and no more than 64.
func Read(paths []string, store flowlog.Store) (map[netip.Addr][]string, error) {
	n := &nameTable{names: map[netip.Addr][]string{}}
	files, err := flowlog.Files(paths, store)
	if err != nil {
		return nil, err
	}
	for _, in := range files {
		if err := n.readFile(in); err != nil {
			return nil, in.Place(err)
		}
	}
	return n.names, nil
}

// nameTable is the names that were read so far.
type nameTable struct {
	names map[netip.Addr][]string
	count int
	found bool // in the file that is being read
}

// namesHint is what to give where a file holds no names.
const namesHint = "names come from Zeek's dns.log, ssl.log or http.log, Suricata's eve.json, or CSV of ip,name"

func (n *nameTable) readFile(in *flowlog.Input) error {
	defer in.Close()
	stream, err := in.Stream()
	if err != nil {
		return err
	}
	defer stream.Close()
	lines := bufio.NewReaderSize(stream, 1<<16)
	if start := in.Head.Start(); start > 0 {
		lines.Discard(start)
	}
	n.found = false
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
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if !n.found {
		return &flowlog.InputError{Err: errors.New("no name of an address in it"), Hint: namesHint}
	}
	return nil
}

// lineReader is what reads the lines of a file that begins so.
func (n *nameTable) lineReader(head flowlog.Head) func(line []byte) {
	text := head[head.Start():]
	switch {
	case len(text) > 0 && text[0] == '{':
		return (&jsonNames{nameTable: n}).line
	case bytes.HasPrefix(text, []byte("#separator")), bytes.HasPrefix(text, []byte("#fields")):
		return (&zeekNames{nameTable: n, separator: "\t", set: ","}).line
	}
	return (&csvNames{nameTable: n, split: newNamesSplitter(text), address: -1, name: -1}).line
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
