package names

import (
	"bytes"
	"net/netip"
	"strings"
	"time"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/wrap"
	"beacon/internal/lease"
)

// leaseMessages maps the words that identify the messages of DHCP servers (ISC dhcpd, dnsmasq,
// Kea, RouterOS) to what they mean.
var leaseMessages = map[string]leaseEvent{
	"DHCPACK": granted, "DHCPRELEASE": ended, "DHCPEXPIRE": ended, "DHCPDISCOVER": noEvent,
	"DHCPREPLY": granted, "DHCPSOLICIT": noEvent,
	"DHCP4_LEASE_ALLOC": granted, "DHCP4_RELEASE": ended,
	"DHCP6_LEASE_ALLOC": granted, "DHCP6_LEASE_RENEW": granted, "DHCP6_RELEASE_NA": ended,
	"assigned": granted, "deassigned": ended,
}

// syslogNames reads the messages of DHCP servers. Other messages are ignored.
type syslogNames struct{ *nameTable }

// leaseWord finds the word of a message and what it means, and returns what follows it.
func leaseWord(line []byte) (word string, rest []byte) {
	for rest = line; len(rest) > 0; {
		var field []byte
		field, rest, _ = bytes.Cut(rest, []byte(" "))
		name, _, _ := bytes.Cut(field, []byte("("))
		if _, ok := leaseMessages[string(name)]; ok {
			return string(name), rest
		}
	}
	return "", nil
}

// hasLeaseMessages tells whether a text holds a message with an address or a device.
func hasLeaseMessages(head flowlog.Head) bool {
	for line := range bytes.Lines(head[head.Start():]) {
		if word, rest := leaseWord(bytes.TrimRight(line, "\r\n")); word != "" {
			if r := leaseMessage(rest); r.mac != "" {
				return true
			}
		}
	}
	return false
}

// leaseMessage reads what follows the word: the first address, the first MAC, and the name
// after it, which ISC dhcpd puts in parentheses.
func leaseMessage(rest []byte) (r record) {
	words := strings.Fields(string(rest))
	for i, word := range words {
		bare := strings.Trim(word[strings.IndexByte(word, '=')+1:], "()[],:;")
		switch {
		case word == "seconds" && i > 0:
			r.length = seconds(words[i-1])
		case r.mac == "" && lease.CleanMAC(bare) != "":
			r.mac = bare
			if next := strings.Join(words[i+1:min(i+2, len(words))], ""); next != "via" && next != "for" && !strings.ContainsAny(next, "=[") {
				r.names[0] = strings.Trim(next, "()")
			}
		case r.address == "":
			if _, err := netip.ParseAddr(bare); err == nil {
				r.address = bare
			}
		}
	}
	return r
}

func (s *syslogNames) line(line []byte) {
	word, rest := leaseWord(line)
	if word == "" {
		return
	}
	r := leaseMessage(rest)
	r.event = leaseMessages[word]
	if r.event == noEvent {
		s.seeks(r.mac)
	}
	if h := s.stamper.Header(line); h.Timed {
		s.leaseAt(&r, h.Time)
	}
}

// dhcpdLeases reads the lease file of ISC dhcpd, whose blocks say what happened last to an
// address, the newest at the end. Its times are in UTC.
type dhcpdLeases struct {
	*nameTable
	r            record
	starts, ends int64
}

func isDHCPDLeases(head flowlog.Head) bool {
	for line := range bytes.Lines(head[head.Start():]) {
		if word, rest, ok := bytes.Cut(line, []byte(" ")); ok && string(word) == "lease" && bytes.HasSuffix(bytes.TrimRight(rest, "\r\n"), []byte(" {")) {
			return true
		}
	}
	return false
}

func (d *dhcpdLeases) line(line []byte) {
	words := strings.Fields(strings.TrimRight(strings.TrimSpace(string(line)), ";{"))
	if len(words) == 0 {
		return
	}
	last := strings.Trim(words[len(words)-1], `"`)
	switch words[0] {
	case "lease":
		d.r, d.starts, d.ends = record{address: last, event: granted}, 0, 0
	case "starts", "ends":
		utc := wrap.Stamper{Zone: time.UTC}
		text, _, _ := strings.Cut(strings.Join(words[min(2, len(words)):], " "), ";") // a comment may follow
		at, _, ok := utc.Stamp([]byte(text))
		if !ok {
			return
		}
		if words[0] == "starts" {
			d.starts = at
		} else {
			d.ends = at
		}
	case "hardware":
		d.r.mac = last
	case "client-hostname":
		d.r.names[0] = last
	case "binding":
		if last != "active" {
			d.r.event = ended
		}
	case "}":
		at := d.starts
		if d.ends > d.starts {
			d.r.length = time.Duration(d.ends - d.starts)
			if d.r.event == ended { // no other block may tell that it began
				begin := d.r
				begin.event = granted
				d.leaseAt(&begin, d.starts)
				at = d.ends
			}
		}
		d.leaseAt(&d.r, at)
		d.r = record{}
	}
}
