package capturelog

import (
	"net/netip"
	"time"

	"github.com/netsampler/goflow2/v2/decoders/netflow"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/connstate"
)

// exportTime holds what a message's header says about time.
type exportTime struct {
	export    int64  // when the message was sent, ns since the Unix epoch
	uptime    uint32 // how long the device had run by then, ms
	sinceBoot bool   // uptime is known
	domain    uint32 // observation domain, or source id
}

func (t *exportTime) set(seconds, nanos uint32) {
	t.export = int64(seconds)*int64(time.Second) + int64(nanos)
}

// atUptime returns the time at which the device had run for so many ms, which may
// have gone round the 49.7 days of 32 bits since.
func (t *exportTime) atUptime(ms uint32) int64 {
	return t.export + int64(int32(ms-t.uptime))*int64(time.Millisecond)
}

// reversePEN marks the fields of the way back in a flow of both ways (RFC 5103).
const reversePEN = 29305

// exported is the fields of a record that beacon reads.
type exported struct {
	src4, dst4, src6, dst6 netip.Addr
	srcPort, port          uint16
	proto                  uint8
	flags                  int64 // of TCP
	delta, total, out      int64 // bytes by three ways to count them
	initiator, responder   int64
	reverse                int64
	start, end, observed   int64 // ns, 0 for none
	duration               int64
	first, last            uint32 // ms since the device started
	hasFirst, hasLast      bool
	boot                   int64
}

// record hands on a record of v9 or IPFIX. One without addresses is of another
// kind; one without a start has the time of its end less its duration, or that
// of its observation, or of its export.
func (e *exporter) record(w *flowlog.Worker, fields []netflow.DataField, t *exportTime) error {
	x := exported{boot: e.boot[t.domain]}
	for _, f := range fields {
		if f.PenProvided && f.Pen != 0 {
			if f.Pen == reversePEN && (f.Type == netflow.IPFIX_FIELD_octetDeltaCount || f.Type == netflow.IPFIX_FIELD_octetTotalCount) {
				x.reverse = int64(number(f))
			}
			continue
		}
		x.field(f, t)
	}
	src, dst := x.src4, x.dst4
	if x.src6.IsValid() && !x.src6.IsUnspecified() {
		src, dst = x.src6, x.dst6
	}
	if !src.IsValid() || !dst.IsValid() {
		w.Other()
		return nil
	}
	flow := flowlog.Flow{Src: w.NetAddr(src), Dst: w.NetAddr(dst), SrcPort: x.srcPort, Port: x.port, Proto: x.proto, Failed: uint8(connstate.FailedFlags(x.flags))}
	flow.Time, flow.Duration = x.times(t)
	flow.Bytes, flow.SrcBytes = x.bytes()
	e.all.flows++
	return w.Add(&flow)
}

func (x *exported) field(f netflow.DataField, t *exportTime) {
	const ms, us = int64(time.Millisecond), int64(time.Microsecond)
	v := number(f)
	switch f.Type {
	case netflow.IPFIX_FIELD_sourceIPv4Address, netflow.IPFIX_FIELD_sourceIPv6Address:
		address(f, &x.src4, &x.src6)
	case netflow.IPFIX_FIELD_destinationIPv4Address, netflow.IPFIX_FIELD_destinationIPv6Address:
		address(f, &x.dst4, &x.dst6)
	case netflow.IPFIX_FIELD_sourceTransportPort:
		x.srcPort = uint16(v)
	case netflow.IPFIX_FIELD_destinationTransportPort:
		x.port = uint16(v)
	case netflow.IPFIX_FIELD_protocolIdentifier:
		x.proto = uint8(v)
	case netflow.IPFIX_FIELD_tcpControlBits:
		x.flags = int64(v)
	case netflow.IPFIX_FIELD_octetDeltaCount:
		x.delta = int64(v)
	case netflow.IPFIX_FIELD_octetTotalCount:
		x.total = int64(v)
	case netflow.IPFIX_FIELD_postOctetDeltaCount:
		x.out = int64(v)
	case netflow.IPFIX_FIELD_initiatorOctets:
		x.initiator = int64(v)
	case netflow.IPFIX_FIELD_responderOctets:
		x.responder = int64(v)
	case netflow.IPFIX_FIELD_flowStartSysUpTime:
		x.first, x.hasFirst = uint32(v), true
	case netflow.IPFIX_FIELD_flowEndSysUpTime:
		x.last, x.hasLast = uint32(v), true
	case netflow.IPFIX_FIELD_systemInitTimeMilliseconds:
		x.boot = int64(v) * ms
	case netflow.IPFIX_FIELD_flowStartSeconds:
		x.start = int64(v) * int64(time.Second)
	case netflow.IPFIX_FIELD_flowEndSeconds:
		x.end = int64(v) * int64(time.Second)
	case netflow.IPFIX_FIELD_flowStartMilliseconds:
		x.start = int64(v) * ms
	case netflow.IPFIX_FIELD_flowEndMilliseconds:
		x.end = int64(v) * ms
	case netflow.IPFIX_FIELD_flowStartMicroseconds, netflow.IPFIX_FIELD_flowStartNanoseconds:
		x.start = ntpTime(v)
	case netflow.IPFIX_FIELD_flowEndMicroseconds, netflow.IPFIX_FIELD_flowEndNanoseconds:
		x.end = ntpTime(v)
	case netflow.IPFIX_FIELD_flowStartDeltaMicroseconds:
		x.start = t.export - int64(v)*us
	case netflow.IPFIX_FIELD_flowEndDeltaMicroseconds:
		x.end = t.export - int64(v)*us
	case netflow.IPFIX_FIELD_flowDurationMilliseconds:
		x.duration = int64(v) * ms
	case netflow.IPFIX_FIELD_flowDurationMicroseconds:
		x.duration = int64(v) * us
	case netflow.IPFIX_FIELD_observationTimeMilliseconds:
		x.observed = int64(v) * ms
	}
}

// times is when a flow began and how long it lasted.
func (x *exported) times(t *exportTime) (start, duration int64) {
	start, end := x.start, x.end
	since := func(ms uint32) int64 {
		if t.sinceBoot {
			return t.atUptime(ms)
		}
		return x.boot + int64(ms)*int64(time.Millisecond)
	}
	if known := t.sinceBoot || x.boot != 0; known {
		if start == 0 && x.hasFirst {
			start = since(x.first)
		}
		if end == 0 && x.hasLast {
			end = since(x.last)
		}
	}
	switch {
	case start != 0:
	case end != 0:
		start = end - x.duration
	case x.observed != 0:
		start = x.observed
	default:
		start = t.export
	}
	if end != 0 {
		return start, max(0, end-start)
	}
	return start, x.duration
}

// bytes returns the bytes of a flow and those of them that its source sent.
func (x *exported) bytes() (all, sent int64) {
	for _, n := range []int64{x.delta, x.total, x.initiator, x.out} {
		if n > 0 {
			sent = n
			break
		}
	}
	return max(0, sent+max(x.reverse, x.responder, 0)), sent
}

// number returns a field's value, in as many bytes as the exporter chose (RFC 7011,
// 6.2), 0 where it has more than eight.
func number(f netflow.DataField) (v uint64) {
	value, _ := f.Value.([]byte)
	if len(value) > 8 {
		return 0
	}
	for _, b := range value {
		v = v<<8 | uint64(b)
	}
	return v
}

func address(f netflow.DataField, v4, v6 *netip.Addr) {
	value, _ := f.Value.([]byte)
	switch addr, _ := netip.AddrFromSlice(value); {
	case addr.Is4():
		*v4 = addr
	case addr.IsValid():
		*v6 = addr
	}
}

// ntpTime returns a time in seconds since 1900 and, below, their 2^32nd parts.
func ntpTime(v uint64) int64 {
	const unix = 2208988800 // seconds from 1900 to 1970
	fraction := (v & 0xffffffff) * uint64(time.Second) >> 32
	return (int64(v>>32)-unix)*int64(time.Second) + int64(fraction)
}
