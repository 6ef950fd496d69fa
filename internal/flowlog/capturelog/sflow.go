package capturelog

import (
	"encoding/binary"
	"math"
	"net/netip"

	"beacon/internal/flowlog"
	"beacon/internal/words"
)

// sFlow version 5 as a capture of what switches send to a collector: the flows are the
// packets that they sampled, one of many, at the time that the datagram was captured
// (sflow.org/sflow_version_5.txt).

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "sflow-pcap",
		Doc:     "a pcap or pcapng of sFlow version 5 packets on their way to a collector",
		Example: "tcpdump -i eth0 -s 0 -w sflow.pcap udp port 6343",
		Rank:    1,
		Needs:   "sFlow version 5 to a collector",
		Gives:   "ports, protocol, bytes",
		Sniff:   func(head flowlog.Head) bool { return exportOf(head) == exportSFlow },
		Open: func(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
			return &onePart{part: &sampledPackets{in: in, outer: opt.Outer, rates: map[uint32]int64{}}}, nil
		},
	})
}

// sampledPackets is a capture of sFlow.
type sampledPackets struct {
	in    *flowlog.Input
	outer bool // tunnels are not opened

	time  int64
	flow  packet           // that is being read
	rates map[uint32]int64 // flows by the number of packets of which each is one
}

// badSFlow is why a datagram is bad.
const badSFlow = "a malformed sFlow datagram"

// maxRates bounds the sampling rates that the note tells apart. Each port of a switch
// may have its own, in practice a few in all.
const maxRates = 8

const sampledNote = "flows that are packets sampled by sFlow, one of every %s"

// Types of samples and of their records, all of the standard's own enterprise.
const (
	sampleFlow         = 1
	sampleFlowExpanded = 3

	recordHeader = 1
	recordIPv4   = 3
	recordIPv6   = 4
)

// headerLinks are the link types of the protocols of sampled headers.
var headerLinks = map[uint32]linkType{1: linkEthernet, 7: linkPPP, 11: linkRaw, 12: linkRaw}

// sflowSamples returns the number of samples of an sFlow datagram, and what of it holds
// them; false where it is none of version 5.
func sflowSamples(payload []byte) (n uint32, rest []byte, ok bool) {
	if len(payload) < 28 || binary.BigEndian.Uint32(payload) != 5 {
		return 0, nil, false
	}
	size := 0
	switch binary.BigEndian.Uint32(payload[4:]) { // type of the agent's address
	case 1:
		size = 8 + 4 + 16
	case 2:
		size = 8 + 16 + 16
	default:
		return 0, nil, false
	}
	if len(payload) < size {
		return 0, nil, false
	}
	n = binary.BigEndian.Uint32(payload[size-4:])
	return n, payload[size:], int64(n)*8 <= int64(len(payload)-size)
}

// isSFlow says whether a UDP payload is an sFlow datagram whose samples fit each other.
func isSFlow(payload []byte) bool {
	n, rest, ok := sflowSamples(payload)
	for ; ok && n > 0; n-- {
		_, _, rest, ok = block(rest)
	}
	return ok && len(rest) < 4
}

// block takes a type, a length and so many bytes off p.
func block(p []byte) (kind uint32, body, rest []byte, ok bool) {
	if len(p) < 8 {
		return 0, nil, nil, false
	}
	size := binary.BigEndian.Uint32(p[4:])
	if int64(size) > int64(len(p)-8) {
		return 0, nil, nil, false
	}
	return binary.BigEndian.Uint32(p), p[8 : 8+size], p[8+size:], true
}

func (s *sampledPackets) Read(w *flowlog.Worker) error {
	stream, err := s.in.Stream()
	if err != nil {
		return err
	}
	defer stream.Close()
	c, err := newCapture(stream, window)
	if err != nil {
		return err
	}
	if err := readPackets(w, c, s.outer, s.packet); err != nil {
		return err
	}
	for rate, n := range s.rates {
		detail := words.Thousands(int64(rate))
		if rate == math.MaxUint32 {
			detail = "others"
		}
		w.Note(n, flowlog.Note{Text: sampledNote, Detail: detail})
	}
	return nil
}

// packet reads the samples that a packet carries.
func (s *sampledPackets) packet(w *flowlog.Worker, p *packet, info packetInfo) error {
	n, rest, ok := sflowSamples(p.payload)
	if !ok {
		if p.port == 6343 {
			return w.Bad(hexText(p.payload), badSFlow)
		}
		w.Other()
		return nil
	}
	if !info.timed {
		return w.Bad(hexText(p.payload), flowlog.BadTime)
	}
	s.time = info.time
	for ; n > 0; n-- {
		kind, body, next, ok := block(rest)
		if !ok {
			return w.Bad(hexText(rest), badSFlow)
		}
		rest = next
		if err := s.sample(w, kind, body); err != nil {
			return err
		}
	}
	return nil
}

// sample reads one sample. Those of counters are of another kind.
func (s *sampledPackets) sample(w *flowlog.Worker, kind uint32, body []byte) error {
	rateAt, size := 0, 0
	switch kind {
	case sampleFlow: // sequence, source, rate, pool, drops, input, output, records
		rateAt, size = 8, 32
	case sampleFlowExpanded: // the source, input and output have two parts each
		rateAt, size = 12, 44
	default:
		w.Other()
		return nil
	}
	if len(body) < size {
		return w.Bad(hexText(body), badSFlow)
	}
	rate := binary.BigEndian.Uint32(body[rateAt:])
	rest := body[size:]
	reason := notIP
	for n := binary.BigEndian.Uint32(body[size-4:]); n > 0; n-- {
		kind, record, next, ok := block(rest)
		if !ok {
			return w.Bad(hexText(body), badSFlow)
		}
		if rest = next; reason != "" {
			reason = s.record(kind, record, reason)
		}
	}
	switch reason {
	case notIP:
		w.Other()
		return nil
	case "":
	default:
		return w.Bad(hexText(body), reason)
	}
	p := &s.flow
	p.note(w)
	if _, known := s.rates[rate]; !known && len(s.rates) >= maxRates {
		rate = math.MaxUint32
	}
	s.rates[rate]++
	return w.Add(&flowlog.Flow{Time: s.time, Src: w.NetAddr(p.src), Dst: w.NetAddr(p.dst), SrcPort: p.srcPort, Port: p.port,
		Proto: p.proto, Bytes: p.bytes, SrcBytes: p.bytes})
}

// record reads a record of a flow sample: the sampled packet's header, or what the
// switch made of it. before is the reason that the records before it ended with.
func (s *sampledPackets) record(kind uint32, data []byte, before string) (reason string) {
	p := &s.flow
	*p = packet{outer: s.outer}
	var size, ends int // of the record, and of an address
	switch kind {
	case recordHeader: // protocol, length, bytes stripped from the end, header
		if len(data) < 16 {
			return badSFlow
		}
		n := int64(binary.BigEndian.Uint32(data[12:]))
		link, known := headerLinks[binary.BigEndian.Uint32(data)]
		if !known {
			return before
		}
		wire := int64(binary.BigEndian.Uint32(data[4:])) - int64(binary.BigEndian.Uint32(data[8:]))
		return p.decode(link, data[16:16+min(n, int64(len(data)-16))], wire)
	case recordIPv4: // length, protocol, addresses, ports, flags, priority
		size, ends = 32, 4
	case recordIPv6:
		size, ends = 56, 16
	default:
		return before
	}
	if len(data) < size {
		return badSFlow
	}
	p.bytes = int64(binary.BigEndian.Uint32(data))
	p.proto = uint8(binary.BigEndian.Uint32(data[4:]))
	p.src, _ = netip.AddrFromSlice(data[8 : 8+ends])
	p.dst, _ = netip.AddrFromSlice(data[8+ends : 8+2*ends])
	p.src, p.dst = p.src.Unmap(), p.dst.Unmap()
	p.srcPort, p.port = uint16(binary.BigEndian.Uint32(data[8+2*ends:])), uint16(binary.BigEndian.Uint32(data[12+2*ends:]))
	return ""
}
