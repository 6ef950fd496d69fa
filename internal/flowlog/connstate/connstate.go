// Package connstate tells from the state of a connection whether it was ever answered.
package connstate

import (
	"bytes"
	"strings"

	"beacon/internal/flowlog/numbers"
)

// failedStates are the states of connections that were never answered, or refused, as
// sensors write them: Zeek's conn_state, Suricata's flow.state, and Argus's, of which
// those with an underscore are the flags that either side sent.
var failedStates = wordSet("S0 REJ RSTOS0 SH new REQ INT S_ S_RA S_R SR_ SR_RA SRA_")

// otherStates are states that could be taken for flags.
var otherStates = wordSet("S1 S2 S3 SF RSTO RSTR RSTRH SHR OTH established closed bypassed CON FIN RST")

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		set[word] = true
	}
	return set
}

// Bits of a TCP header's flags (RFC 9293, section 3.1).
const (
	tcpSYN = 0x02
	tcpACK = 0x10
)

// FailedFlags returns 1 if the flags that a source sent in all the packets of a flow are
// those of an attempt that was never answered: it only ever asked; 0 otherwise.
func FailedFlags(flags int64) (failed int64) {
	if flags&(tcpSYN|tcpACK) == tcpSYN {
		return 1
	}
	return 0
}

// Failed returns 1 if a connection's state is that of an attempt that was never
// answered, or refused; 0 otherwise. The state is a sensor's word for it, TCP flags as a number or as
// letters (......S.), or Zeek's history, where the letters of the responder are small.
func Failed(text []byte) (failed int64) {
	text = bytes.TrimSpace(text)
	if failedStates[string(text)] {
		return 1
	}
	if otherStates[string(text)] {
		return 0
	}
	if flags, ok := numbers.ParseUint(text); ok {
		return FailedFlags(flags)
	}
	asked, answered := false, false
	for _, ch := range text {
		switch {
		case ch == 'S' || ch == 'D': // SYN, or data of a protocol without one
			asked = true
		case ch == 'A' || 'a' <= ch && ch <= 'z' && ch != 'r':
			answered = true
		}
	}
	return one(asked && !answered && len(text) <= maxState)
}

func one(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// maxState is the length of the longest text that is taken for flags or a history: longer
// ones are words of another kind.
const maxState = 16
