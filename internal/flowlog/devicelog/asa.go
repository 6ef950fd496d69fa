package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// Cisco ASA and Firepower Threat Defense: a connection is Built (302013 TCP, 302015
// UDP), which says who began it, and torn down (302014, 302016), which says how
// long it lasted and how many bytes it moved: together they are one flow. The
// first host of both is the one on the less trusted interface. 106023 is a packet
// that an access list denied, 106100 one that it denied or, where no connections are
// logged, permitted; 106001, 106006, 106007, 106010 and 106014 are packets that came unasked.
// Of ICMP (302020) the beginning is the flow: its end says neither bytes nor how long it lasted.
// The PIX and the firewall modules of switches (FWSM) had the same messages.
//
//	%ASA-6-302013: Built outbound TCP connection 100 for outside:203.0.113.9/443 (203.0.113.9/443) to inside:10.0.0.5/50000 (198.51.100.1/50000)
//	%ASA-6-302014: Teardown TCP connection 100 for outside:203.0.113.9/443 to inside:10.0.0.5/50000 duration 0:00:30 bytes 1200 TCP FINs
//	%ASA-4-106023: Deny tcp src inside:10.0.0.5/50000 dst outside:203.0.113.9/443 by access-group "in" [0x0, 0x0]
//	%ASA-6-302020: Built outbound ICMP connection for faddr 203.0.113.9/0 gaddr 198.51.100.1/1 laddr 10.0.0.5/1 type 8 code 0
//	%ASA-2-106001: Inbound TCP connection denied from 203.0.113.9/50000 to 10.0.0.5/22 flags SYN on interface outside
//	%ASA-6-106100: access-list in permitted tcp inside/10.0.0.5(50000) -> outside/203.0.113.9(443) hit-cnt 1 first hit [0x0, 0x0]
//
// Shape: Cisco Secure Firewall ASA Series Syslog Messages; elastic/integrations,
// packages/cisco_asa.

func init() {
	record.Register(&record.Device{
		Name:    "cisco-asa",
		Needs:   "%ASA, %FTD, %PIX or %FWSM 302013 to 302016, 302020, 106001, 106006, 106007, 106010, 106014, 106023, 106100",
		Gives:   "ports, protocol, bytes, duration",
		Doc:     "Cisco ASA, FTD, PIX and FWSM messages of connections and denied packets",
		Example: "Jun 21 2020 00:00:02 fw01 : %ASA-6-302013: Built outbound TCP connection 100 for outside:203.0.113.9/443 (203.0.113.9/443) to inside:10.0.0.5/50000 (198.51.100.1/50000)",
		Mine:    func(line []byte) bool { return asaMessage(line) != "" },
		Read:    readASA,
		Joined:  true,
	})
}

// asaMessage returns the number of a message that is about a connection, "" for others.
func asaMessage(line []byte) string {
	at := -1
	for _, device := range [...]string{"%ASA-", "%FTD-", "%PIX-", "%FWSM-"} {
		if at = bytes.Index(line, []byte(device)); at >= 0 {
			break
		}
	}
	if at < 0 {
		return ""
	}
	end := bytes.IndexByte(line[at:], ':')
	if end < 7 {
		return ""
	}
	switch number := string(line[at+end-6 : at+end]); number {
	case "302013", "302014", "302015", "302016", "302020", "106001", "106006", "106007", "106010", "106014", "106023", "106100":
		return number
	}
	return ""
}

func readASA(m *record.Message, v *record.Values) string {
	number := asaMessage(m.Line)
	switch number {
	case "106010", "106014", "106023":
		return asaDeny(m.Line, v)
	case "106001", "106006", "106007":
		return asaUnasked(m.Line, v)
	case "302020":
		return asaICMP(m.Line, v)
	case "106100":
		return asaRule(m.Line, v)
	}
	text := m.Line
	at := bytes.Index(text, []byte(" connection "))
	if at < 0 {
		return record.TooShort
	}
	v.Text[record.Proto] = text[bytes.LastIndexByte(text[:at], ' ')+1 : at]
	id, rest, _ := bytes.Cut(text[at+len(" connection "):], []byte(" "))
	v.Text[record.Kind] = id
	rest, ok := bytes.CutPrefix(rest, []byte("for "))
	first, rest, ok2 := bytes.Cut(rest, []byte(" to "))
	if !ok || !ok2 {
		return record.TooShort
	}
	first, _, _ = bytes.Cut(first, []byte(" "))
	second, rest, _ := bytes.Cut(rest, []byte(" "))
	foreign, foreignPort := asaHost(first)
	local, localPort := asaHost(second)
	outbound := true
	if number == "302013" || number == "302015" {
		v.Phase = record.Begun
		outbound = !bytes.Contains(text[:at], []byte(" inbound "))
	} else {
		v.Phase = record.Ended
		if bytes.HasSuffix(bytes.TrimSpace(rest), []byte("SYN Timeout")) {
			v.Text[record.State] = unanswered
		}
		words := bytes.Fields(rest)
		for i := 0; i+1 < len(words); i++ {
			switch string(words[i]) {
			case "duration":
				v.Text[record.Duration] = words[i+1]
			case "bytes":
				v.Text[record.Bytes] = words[i+1]
			}
		}
		outbound = !(systemPort(localPort) && !systemPort(foreignPort))
	}
	if outbound {
		v.Text[record.Src], v.Text[record.SrcPort], v.Text[record.Dst], v.Text[record.DstPort] = local, localPort, foreign, foreignPort
	} else {
		v.Text[record.Src], v.Text[record.SrcPort], v.Text[record.Dst], v.Text[record.DstPort] = foreign, foreignPort, local, localPort
	}
	return ""
}

// unanswered is the state of an attempt that was never answered, in Zeek's words.
var unanswered = []byte("S0")

// asaHost is address and port of interface:address/port(user).
func asaHost(text []byte) (addr, port []byte) {
	_, text, _ = bytes.Cut(text, []byte(":"))
	text, _, _ = bytes.Cut(text, []byte("("))
	addr, port, _ = bytes.Cut(text, []byte("/"))
	return addr, port
}

// systemPort says whether a port is one that RFC 6335 keeps for servers: where the
// Built message is missing, a connection to such a port of the local host came
// from outside.
func systemPort(port []byte) bool {
	v, n := cut.Digits(port, 5)
	return n == len(port) && v < 1024
}

func asaDeny(line []byte, v *record.Values) string {
	before, rest, ok := bytes.Cut(line, []byte(" src "))
	src, rest, ok2 := bytes.Cut(rest, []byte(" dst "))
	if !ok || !ok2 {
		return record.TooShort
	}
	dst, _, _ := bytes.Cut(rest, []byte(" "))
	src, _, _ = bytes.Cut(src, []byte(" "))
	v.Text[record.Proto] = before[bytes.LastIndexByte(before, ' ')+1:]
	v.Text[record.Src], v.Text[record.SrcPort] = asaHost(src)
	v.Text[record.Dst], v.Text[record.DstPort] = asaHost(dst)
	return ""
}

// asaUnasked reads a packet that came to the outside: its protocol stands behind inbound.
func asaUnasked(line []byte, v *record.Values) string {
	before, rest, ok := bytes.Cut(line, []byte(" from "))
	src, rest, ok2 := bytes.Cut(rest, []byte(" to "))
	_, what, ok3 := bytes.Cut(before, []byte("nbound "))
	if !ok || !ok2 || !ok3 {
		return record.TooShort
	}
	dst, _, _ := bytes.Cut(rest, []byte(" "))
	v.Text[record.Proto], _, _ = bytes.Cut(what, []byte(" "))
	v.Text[record.Src], v.Text[record.SrcPort], _ = bytes.Cut(src, []byte("/"))
	v.Text[record.Dst], v.Text[record.DstPort], _ = bytes.Cut(dst, []byte("/"))
	return ""
}

func asaICMP(line []byte, v *record.Values) string {
	_, foreign, ok := bytes.Cut(line, []byte(" faddr "))
	_, local, ok2 := bytes.Cut(line, []byte(" laddr "))
	if !ok || !ok2 {
		return record.TooShort
	}
	v.Text[record.Proto] = []byte("icmp")
	v.Text[record.Src], _, _ = bytes.Cut(local, []byte("/"))
	v.Text[record.Dst], _, _ = bytes.Cut(foreign, []byte("/"))
	if bytes.IndexByte(v.Text[record.Dst], ':') >= 0 {
		v.Text[record.Proto] = []byte("icmp6")
	}
	if bytes.Contains(line, []byte(" inbound ")) {
		v.Text[record.Src], v.Text[record.Dst] = v.Text[record.Dst], v.Text[record.Src]
	}
	return ""
}

// asaRule reads what an access list did with a packet. One that it permitted belongs to a
// connection, which may have messages of its own.
func asaRule(line []byte, v *record.Values) string {
	if bytes.Contains(line, []byte("-second interval")) { // further packets of the same ports
		return record.NotFlow
	}
	before, rest, ok := bytes.Cut(line, []byte(" -> "))
	at := bytes.LastIndexByte(before, ' ')
	if !ok || at < 0 {
		return record.TooShort
	}
	dst, _, _ := bytes.Cut(rest, []byte(" "))
	_, src, ok := bytes.Cut(before[at+1:], []byte("/"))
	_, dst, ok2 := bytes.Cut(dst, []byte("/"))
	if !ok || !ok2 {
		return record.TooShort
	}
	v.Text[record.Src], v.Text[record.SrcPort] = asaRuleHost(src)
	v.Text[record.Dst], v.Text[record.DstPort] = asaRuleHost(dst)
	verdict := before[:at]
	at = bytes.LastIndexByte(verdict, ' ')
	v.Text[record.Proto] = verdict[at+1:]
	if !bytes.HasSuffix(verdict[:max(at, 0)], []byte(" denied")) {
		v.Phase = record.Passed
	}
	return ""
}

// asaRuleHost is address and port of address(port)(user).
func asaRuleHost(text []byte) (addr, port []byte) {
	addr, rest, _ := bytes.Cut(text, []byte("("))
	port, _, _ = bytes.Cut(rest, []byte(")"))
	return addr, port
}
