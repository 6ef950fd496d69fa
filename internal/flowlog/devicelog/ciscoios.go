package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// Cisco IOS, IOS XE and NX-OS: packets that an access list logs (IPACCESSLOGP of SEC, FMANFP
// and ACLLOG, and the IPv6 form), and the sessions of the zone-based firewall
// (SESS_AUDIT_TRAIL at their end; _START, where it is logged, at their beginning, and then
// that is the flow: the end says nothing of when the session began).
//
//	%SEC-6-IPACCESSLOGP: list 101 permitted tcp 10.0.0.5(50000) -> 203.0.113.9(443), 1 packet
//	%FW-6-SESS_AUDIT_TRAIL: (target:class)-(in-out:web):Stop tcp session: initiator (10.0.0.5:50000) sent 300 bytes -- responder (203.0.113.9:443) sent 900 bytes
//
// Shape: Cisco IOS XE System Message Guide; elastic/integrations, packages/cisco_ios.

func init() {
	record.Register(&record.Device{
		Name:    "cisco-ios",
		Needs:   "IPACCESSLOGP, IPACCESSLOGDP or SESS_AUDIT_TRAIL with a syslog time",
		Gives:   "ports, protocol, bytes (sessions without _START)",
		Doc:     "Cisco IOS access lists and zone-based firewall, syslog",
		Example: "Jun 21 2020 00:00:02: %SEC-6-IPACCESSLOGP: list 101 permitted tcp 10.0.0.5(50000) -> 203.0.113.9(443), 1 packet",
		Mine:    func(line []byte) bool { return iosMessage(line) != nil },
		Read:    readIOS,
		Prefer:  record.Begun,
	})
}

var iosMessages = [][]byte{
	[]byte("-IPACCESSLOGP: "), []byte("-IPACCESSLOGDP: "), []byte("-ACCESSLOGP: "), []byte("-ACCESSLOGDP: "), // of IPv6 without IP
	[]byte("-SESS_AUDIT_TRAIL: "), []byte("-SESS_AUDIT_TRAIL_START: "),
}

// iosMessage returns the text of a message about a packet or a session, nil in other lines.
func iosMessage(line []byte) []byte {
	at := bytes.IndexByte(line, '%')
	if at < 0 {
		return nil
	}
	for _, name := range iosMessages {
		if n := bytes.Index(line[at:], name); n >= 0 {
			return line[at+n+len(name):]
		}
	}
	return nil
}

func readIOS(m *record.Message, v *record.Values) string {
	text := iosMessage(m.Line)
	before, after, ok := bytes.Cut(text, []byte(" -> "))
	if !ok {
		return iosSession(text, v)
	}
	_, match, ok := bytes.Cut(before, []byte(" permitted "))
	if !ok {
		_, match, ok = bytes.Cut(before, []byte(" denied "))
	}
	var words [2][]byte // the interface may follow
	if !ok || cut.Words(match, words[:]) < 2 {
		return record.TooShort
	}
	v.Text[record.Proto] = words[0]
	v.Text[record.Src], v.Text[record.SrcPort] = iosHost(words[1])
	word, _, _ := bytes.Cut(after, []byte(","))
	word, _, _ = bytes.Cut(word, []byte(" ")) // an ICMP type may follow
	v.Text[record.Dst], v.Text[record.DstPort] = iosHost(word)
	return ""
}

// iosHost is address and port of address(port).
func iosHost(word []byte) (addr, port []byte) {
	addr, port, _ = bytes.Cut(bytes.TrimSuffix(word, []byte(")")), []byte("("))
	return addr, port
}

func iosSession(text []byte, v *record.Values) string {
	head, rest, ok := bytes.Cut(text, []byte("initiator ("))
	first, rest, ok2 := bytes.Cut(rest, []byte(")"))
	sent, rest, ok3 := bytes.Cut(rest, []byte("responder ("))
	second, received, ok4 := bytes.Cut(rest, []byte(")"))
	if !ok || !ok2 || !ok3 || !ok4 {
		return record.TooShort
	}
	v.Phase = record.Ended
	if bytes.Contains(head, []byte("Start ")) {
		v.Phase = record.Begun
	}
	if head, _, ok = bytes.Cut(head, []byte(" session")); ok {
		v.Text[record.Proto] = iosTransport(head[bytes.LastIndexByte(head, ' ')+1:])
	}
	v.Text[record.Src], v.Text[record.SrcPort] = lastColon(first)
	v.Text[record.Dst], v.Text[record.DstPort] = lastColon(second)
	v.Text[record.Sent], v.Text[record.Received] = iosBytes(sent), iosBytes(received)
	return ""
}

// iosTransport returns a session's protocol where that is one of IP: the firewall also names
// those above it (http), which say nothing of the one below.
func iosTransport(name []byte) []byte {
	switch string(name) {
	case "tcp", "udp", "icmp":
		return name
	}
	return nil
}

// iosBytes returns the number in " sent 300 bytes".
func iosBytes(text []byte) []byte {
	_, text, ok := bytes.Cut(text, []byte("sent "))
	n, _, _ := bytes.Cut(text, []byte(" "))
	if !ok {
		return nil
	}
	return n
}

// lastColon is address and port of address:port, also where the address is of IPv6.
func lastColon(text []byte) (addr, port []byte) {
	at := bytes.LastIndexByte(text, ':')
	if at < 0 {
		return text, nil
	}
	return text[:at], text[at+1:]
}
