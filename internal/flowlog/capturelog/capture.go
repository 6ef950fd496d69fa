// Package capturelog reads packet captures: each packet as a flow, or the NetFlow
// and IPFIX records that the packets carry.
package capturelog

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"beacon/internal/flowlog"
)

// A capture is the packets that went over a wire. Each is a flow, which is right
// for a question about minutes: its time, addresses, ports and protocol, and the
// bytes of the IP packet, all sent by its source. A packet without IP (ARP,
// LLDP) is of another kind.

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "pcap",
		Needs:   "packets of IP",
		Gives:   "ports, protocol, bytes",
		Doc:     "packets as tcpdump and others capture them; each is a flow",
		Example: "tcpdump -i eth0 -s 96 -w capture.pcap ip or ip6",
		Rank:    1,
		Sniff:   func(head flowlog.Head) bool { return sniffPcap(head) && exportOf(head) == exportNone },
		Open:    openCapture,
	})
	flowlog.Register(&flowlog.Format{
		Name:    "pcapng",
		Needs:   "packets of IP",
		Gives:   "ports, protocol, bytes",
		Doc:     "packets as Wireshark and dumpcap capture them, of several interfaces; each is a flow",
		Example: "dumpcap -i eth0 -s 96 -w capture.pcapng",
		Rank:    1,
		Sniff:   func(head flowlog.Head) bool { return sniffPcapng(head) && exportOf(head) == exportNone },
		Open:    openCapture,
	})
}

func sniffPcap(head flowlog.Head) bool {
	if len(head) < 6 {
		return false
	}
	switch string(head[:4]) {
	case "\xa1\xb2\xc3\xd4", "\xa1\xb2\x3c\x4d":
		return binary.BigEndian.Uint16(head[4:]) == 2
	case "\xd4\xc3\xb2\xa1", "\x4d\x3c\xb2\xa1":
		return binary.LittleEndian.Uint16(head[4:]) == 2
	}
	return false
}

func sniffPcapng(head flowlog.Head) bool {
	if len(head) < 12 || string(head[:4]) != "\x0a\x0d\x0d\x0a" {
		return false
	}
	order := string(head[8:12])
	return order == "\x1a\x2b\x3c\x4d" || order == "\x4d\x3c\x2b\x1a"
}

// capture reads the packets of a pcap or pcapng file in their order.
type capture struct {
	stream  *lastWord
	next    func() ([]byte, packetInfo, error)
	pcap    *pcapReader // of a pcap, nil in a pcapng
	link    linkType    // of all packets, in a pcap
	mixed   bool        // each packet has its own, in a pcapng
	version string      // for people

	// damaged returns the number of blocks or records that were passed over since its
	// last call.
	damaged func() int
	bad     string     // what they are
	unknown func() int // the same of blocks of types that aren't known, nil in a pcap
}

// packetInfo holds what a capture says of a packet.
type packetInfo struct {
	time  int64 // ns since 1970
	wire  int64 // bytes that the packet had, of which fewer may have been captured
	link  linkType
	timed bool // there is a time, and ns can hold it
}

// window is the bytes of a capture that are looked at together, to find the next
// record or block that holds behind one that doesn't.
const window = 1 << 20

// newCapture begins to read a capture, which stream must have at its beginning. size
// is that of the window: less for a short text.
func newCapture(stream io.Reader, size int) (*capture, error) {
	c := &capture{stream: &lastWord{r: stream}}
	buffered := bufio.NewReaderSize(c.stream, size)
	head, err := buffered.Peek(12)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if sniffPcapng(head) {
		r := newNgReader(buffered)
		c.next, c.damaged, c.bad, c.unknown = r.next, r.damaged, badBlock, r.unknown
		c.mixed, c.version = true, "1.0"
		return c, nil
	}
	f, err := newPcapReader(buffered)
	if err != nil {
		return nil, c.explain(err)
	}
	// The upper bits of the field tell how long the frame check sequence is.
	c.pcap, c.next, c.link, c.damaged, c.bad = f, f.next, f.link, f.damaged, badRecord
	c.version = "2.4, microseconds"
	if f.second == uint32(time.Second) {
		c.version = "2.4, nanoseconds"
	}
	return c, nil
}

// errCut is the end of a capture that was cut off within a packet, as the one
// that tcpdump was writing when it was killed.
var errCut = errors.New("the capture is cut off within a packet")

// read returns the next packet, valid until the next call. After the last it returns
// io.EOF, or errCut.
func (c *capture) read() (data []byte, info packetInfo, err error) {
	data, info, err = c.next()
	if err != nil && err != io.EOF {
		err = c.explain(err)
	}
	return data, info, err
}

// explain tells a capture that ends early from a stream that failed and from a
// file that is corrupt.
func (c *capture) explain(err error) error {
	switch {
	case c.stream.err != nil && c.stream.err != io.EOF:
		return c.stream.err
	case errors.Is(err, errCut), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errCut
	}
	return fmt.Errorf("corrupt: %w", err)
}

// lastWord remembers the error that a stream ended with.
type lastWord struct {
	r   io.Reader
	err error
}

func (l *lastWord) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if err != nil {
		l.err = err
	}
	return n, err
}

// partPackets is the packets of one part; tests make it smaller.
var partPackets = 1 << 13

const (
	partBytes   = 1 << 20 // bytes of a part's headers
	slowPackets = 64      // of a pcap that are read one by one before plain records are looked for again
	headerBytes = 384     // of a packet that are kept: the headers that tell ports, also inside a tunnel
)

// captureReader cuts a capture into parts.
type captureReader struct {
	*capture
	closer io.Closer
	outer  bool      // tunnels are not opened
	free   sync.Pool // of *packets
	ended  bool
	err    error // that it ended with, if not with its end
}

func openCapture(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
	stream, err := in.Stream()
	if err != nil {
		return nil, err
	}
	c, err := newCapture(stream, window)
	if err == nil && !c.mixed && !readsLink(c.link) {
		err = &flowlog.InputError{Input: in.Name, Err: fmt.Errorf("packets of %s, which beacon does not read", c.link.number()),
			Hint: "tshark -r " + in.Word() + " -T fields -E header=y -E separator=, -e frame.time_epoch -e ip.src -e ip.dst -e ip.len | " +
				"beacon detect --map timestamp=frame.time_epoch --map src_ip=ip.src --map dst_ip=ip.dst --map bytes=ip.len -"}
	}
	if err != nil {
		stream.Close()
		return nil, err
	}
	if opt.NoteVersion(c.version); !c.mixed {
		opt.NoteVersion(c.version + ", " + c.link.String())
	}
	return &captureReader{capture: c, closer: stream, outer: opt.Outer}, nil
}

// packets is a stretch of a capture: the beginnings of its packets.
type packets struct {
	from *captureReader
	run  []byte // records of a pcap as they stand in the file; there are no others then
	list []capturedPacket
	data []byte
	bad  int  // damaged blocks between them
	skip int  // blocks of unknown types between them
	cut  bool // the capture is cut off behind them
}

type capturedPacket struct {
	packetInfo
	end int // of its bytes in data
}

func (r *captureReader) Next() (flowlog.Part, error) {
	if r.ended {
		return nil, r.end()
	}
	p, _ := r.free.Get().(*packets)
	if p == nil {
		p = &packets{from: r}
	}
	p.run, p.list, p.data = p.run[:0], p.list[:0], p.data[:0]
	p.bad, p.skip = 0, 0
	if r.pcap != nil { // Fast path
		if run, n := r.pcap.run(partPackets); n > 0 {
			p.run = append(p.run, run...)
			return p, nil
		}
	}
	for len(p.list) < partPackets && len(p.data) < partBytes && (r.pcap == nil || len(p.list) < slowPackets) {
		data, info, err := r.read()
		if err == io.EOF || err == errCut {
			r.ended, p.cut = true, err == errCut
			break
		}
		if err != nil {
			r.ended, r.err = true, err
			break
		}
		p.data = append(p.data, data[:min(len(data), headerBytes)]...)
		p.list = append(p.list, capturedPacket{info, len(p.data)})
	}
	p.bad, p.skip = r.damaged(), 0
	if r.unknown != nil {
		p.skip = r.unknown()
	}
	if len(p.list) == 0 && p.bad+p.skip == 0 && !p.cut {
		return nil, r.end()
	}
	return p, nil
}

// end returns what the capture ended with.
func (r *captureReader) end() error {
	if r.err != nil {
		return r.err
	}
	return io.EOF
}

func (r *captureReader) Close() error { return r.closer.Close() }

// Read hands the flow of each packet to the worker.
func (p *packets) Read(w *flowlog.Worker) error {
	pkt := packet{outer: p.from.outer}
	for run := p.run; len(run) > 0; {
		info, size := p.from.pcap.info(run), p.from.pcap.size(run)
		data := run[pcapRecord:min(size, pcapRecord+headerBytes)]
		if err := pkt.hand(w, &info, data); err != nil {
			return err
		}
		run = run[size:]
	}
	at := 0
	for i := range p.list {
		c := &p.list[i]
		if err := pkt.hand(w, &c.packetInfo, p.data[at:c.end]); err != nil {
			return err
		}
		at = c.end
	}
	if err := badBlocks(w, p.bad, p.from.bad); err != nil {
		return err
	}
	for range p.skip {
		w.Other()
		w.Lines(1)
	}
	if p.cut {
		return w.Bad([]byte("(end of the file)"), errCut.Error())
	}
	p.from.free.Put(p)
	return nil
}

// hand hands the flow of a captured packet, of which data is the beginning, to the worker.
func (p *packet) hand(w *flowlog.Worker, c *packetInfo, data []byte) error {
	reason := p.decode(c.link, data, c.wire)
	if reason == "" && !c.timed {
		reason = flowlog.BadTime
	}
	var err error
	switch reason {
	case "":
		p.note(w)
		err = w.Add(&flowlog.Flow{Time: c.time, Src: w.NetAddr(p.src), Dst: w.NetAddr(p.dst), SrcPort: p.srcPort, Port: p.port,
			Proto: p.proto, Bytes: p.bytes, SrcBytes: p.bytes})
	case notIP:
		w.Other()
	default:
		err = w.Bad(hexText(data), reason)
	}
	w.Lines(1)
	return err
}

// Notes on tunnels.
const (
	tunnelsOpened = "packets read from inside tunnels (%s); --outer reads the tunnels' own packets"
	tunnelsCut    = "packets of tunnels whose inner packet is malformed or was not captured, read as the tunnels' own"
)

// note counts a packet of a tunnel.
func (p *packet) note(w *flowlog.Worker) {
	if p.outer {
		return
	}
	if p.tunnel != "" {
		w.Note(1, flowlog.Note{Text: tunnelsOpened, Detail: p.tunnel})
	}
	if p.tunnelCut {
		w.Note(1, flowlog.Note{Text: tunnelsCut})
	}
}

// badBlocks counts blocks and records that were passed over.
func badBlocks(w *flowlog.Worker, n int, reason string) error {
	for range n {
		if err := w.Bad([]byte("(damaged bytes)"), reason); err != nil {
			return err
		}
		w.Lines(1)
	}
	return nil
}

// hexText returns the beginning of a binary record, for people.
func hexText(data []byte) []byte {
	return hex.AppendEncode(nil, data[:min(len(data), flowlog.MaxSampleText/2)])
}
