// Package protocol names IP protocols by their numbers, and reads them as logs write them.
package protocol

import (
	"bytes"
	"strconv"
	"strings"

	"beacon/internal/flowlog/numbers"
)

// byName maps the names of protocols in logs to IANA's numbers.
var byName = map[string]uint8{"icmp": 1, "igmp": 2, "ipip": 4, "tcp": 6, "egp": 8, "udp": 17, "dccp": 33, "ipv6": 41, "rsvp": 46, "gre": 47, "esp": 50, "ah": 51,
	"icmp6": 58, "icmpv6": 58, "ipv6-icmp": 58, "eigrp": 88, "ospf": 89, "pim": 103, "vrrp": 112, "sctp": 132, "udplite": 136}

// Parse parses an IP protocol given by number or name, with a prefix (IPPROTO_TCP) or what
// stands above it (TCP:TLS). A name that is no IP protocol (Argus's arp, the name of a service)
// is 0.
func Parse(text []byte) (uint8, bool) {
	if len(text) > 0 && text[0]-'0' <= 9 {
		if at := bytes.IndexAny(text, " ("); at > 0 { // 6 (TCP)
			text = text[:at]
		}
		v, ok := numbers.ParseUint(text)
		return uint8(v), ok && v < 256
	}
	if string(text) == "TCP" || string(text) == "tcp" {
		return 6, true
	}
	if string(text) == "UDP" || string(text) == "udp" {
		return 17, true
	}
	name := strings.ToLower(string(text))
	name = strings.TrimPrefix(strings.TrimPrefix(name, "ip"), "proto_")
	if at := strings.IndexAny(name, ":/. ("); at > 0 {
		name = name[:at]
	}
	if number, ok := byName[strings.ToLower(string(text))]; ok {
		return number, true
	}
	return byName[name], true
}

// Name returns the protocol's name in lower case as IANA has it, or its number.
func Name(number uint8) string { return names[number] }

var names = func() (names [256]string) {
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	for _, name := range []string{"icmp", "igmp", "tcp", "egp", "udp", "dccp", "ipv6", "rsvp", "gre", "esp", "ah", "ipv6-icmp", "eigrp", "ospf", "pim", "vrrp", "sctp", "udplite"} {
		names[byName[name]] = name
	}
	return names
}()
