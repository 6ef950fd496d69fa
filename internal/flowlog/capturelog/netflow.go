package capturelog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"time"

	"github.com/netsampler/goflow2/v2/decoders/netflow"
	"github.com/netsampler/goflow2/v2/decoders/netflowlegacy"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/connstate"
)

// NetFlow v5, v9 and IPFIX as a capture of what exporters send to a collector:
// the flows are the records of the messages, not the packets that carry them.
// A message of v9 and IPFIX is read by the templates that its exporter sent
// before, so a capture is read by one worker, from its beginning.

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "netflow-pcap",
		Needs:   "NetFlow v5, v9 or IPFIX to a collector",
		Gives:   "ports, protocol, bytes, duration",
		Doc:     "a pcap or pcapng of NetFlow v5, v9 or IPFIX packets on their way to a collector",
		Example: "tcpdump -i eth0 -s 0 -w netflow.pcap udp port 2055",
		Rank:    1,
		Sniff:   func(head flowlog.Head) bool { return exportOf(head) == exportNetFlow },
		Open: func(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
			return &onePart{part: &exports{in: in, outer: opt.Outer}}, nil
		},
	})
}

// onePart is a reader whose input can't be cut: its one part opens the input
// for itself.
type onePart struct{ part flowlog.Part }

func (r *onePart) Next() (flowlog.Part, error) {
	p := r.part
	if r.part = nil; p == nil {
		return nil, io.EOF
	}
	return p, nil
}

func (r *onePart) Close() error { return nil }

// isNetFlow says whether a UDP payload is a whole message: its version, and
// lengths that fit each other (Cisco's formats; RFC 3954, RFC 7011).
func isNetFlow(payload []byte) bool {
	if len(payload) < 16 {
		return false
	}
	second := int(binary.BigEndian.Uint16(payload[2:]))
	switch binary.BigEndian.Uint16(payload) {
	case 5:
		return second >= 1 && second <= 30 && len(payload) == 24+48*second
	case 9:
		return second >= 1 && len(payload) >= 24 && isSets(payload[headerSize9:], 0, 1)
	case 10:
		return second >= headerSize10 && second <= len(payload) && isPadding(payload[second:]) && isSets(payload[headerSize10:second], 2, 3)
	}
	return false
}

// Bytes of the headers of messages of version 9 and of IPFIX (version 10).
const (
	headerSize9  = 20
	headerSize10 = 16
)

// headerSize returns the bytes of the header of a message of version 9 or 10.
func headerSize(payload []byte) int {
	if binary.BigEndian.Uint16(payload) == 9 {
		return headerSize9
	}
	return headerSize10
}

// isSets says whether sets with one of the low ids, or of data, fill p to the end,
// save for padding.
func isSets(p []byte, template, options uint16) bool {
	for p = p[:setsSize(p)]; len(p) > 0; {
		id, size := binary.BigEndian.Uint16(p), int(binary.BigEndian.Uint16(p[2:]))
		if id != template && id != options && id < 256 || size < 4 || size > len(p) {
			return false
		}
		p = p[size:]
	}
	return true
}

// setsSize returns the bytes of the sets that p begins with, without the padding that
// some exporters send after the last one: less than a set's header, or zeros. Sets
// whose lengths don't hold count with all that follows.
func setsSize(p []byte) int {
	for at := 0; ; {
		if len(p)-at < 4 || isPadding(p[at:]) {
			return at
		}
		size := int(binary.BigEndian.Uint16(p[at+2:]))
		if size < 4 || size > len(p)-at {
			return len(p)
		}
		at += size
	}
}

// isPadding says whether p is nothing but zeros.
func isPadding(p []byte) bool {
	for _, b := range p {
		if b != 0 {
			return false
		}
	}
	return true
}

// exports is a capture of exporters' messages.
type exports struct {
	in    *flowlog.Input
	outer bool // tunnels are not opened
}

// exportState holds what is remembered of all exporters of a capture.
type exportState struct {
	exporters map[netip.Addr]*exporter
	fields    int   // of all templates
	flows     int64 // that were read
	waiting   int   // bytes of the sets that wait for their templates
	order     int64 // of the set that was kept last
	lost      int64 // sets that could not be kept
}

// exporter holds what is remembered of one sender of messages.
type exporter struct {
	netflow.NetFlowTemplateSystem
	all     *exportState
	boot    map[uint32]int64 // by observation domain: when the device started, ns
	waiting map[templateKey][]waitingSet
	added   []templateKey // templates that the current message brought
}

func (x *exportState) add(addr netip.Addr) *exporter {
	e := &exporter{NetFlowTemplateSystem: netflow.CreateTemplateSystem(), all: x, boot: map[uint32]int64{}, waiting: map[templateKey][]waitingSet{}}
	x.exporters[addr] = e
	return e
}

// maxTemplateFields bounds the memory that templates take: 25 MB.
const maxTemplateFields = 2 << 20

var errTemplates = errors.New("more templates than any network of exporters has")

// AddTemplate keeps a template.
//
// Note: goflow2 v2.2.6 reads records of no bytes for ever, so a template of
// fields without length is as good as none.
func (e *exporter) AddTemplate(version uint16, domain uint32, id uint16, template any) error {
	var size, n int
	measure := func(fields []netflow.Field) {
		for _, f := range fields {
			n++
			if size++; f.Length != 0xffff { // a field of variable length has one byte at least
				size += int(f.Length) - 1
			}
		}
	}
	switch t := template.(type) {
	case netflow.TemplateRecord:
		measure(t.Fields)
	case netflow.NFv9OptionsTemplateRecord:
		measure(t.Scopes)
		measure(t.Options)
	case netflow.IPFIXOptionsTemplateRecord:
		measure(t.Scopes)
		measure(t.Options)
	}
	if size == 0 { // also how IPFIX withdraws a template
		_, err := e.RemoveTemplate(version, domain, id)
		if errors.Is(err, netflow.ErrorTemplateNotFound) {
			err = nil
		}
		return err
	}
	if _, err := e.GetTemplate(version, domain, id); err != nil {
		if e.all.fields += n; e.all.fields > maxTemplateFields {
			return errTemplates
		}
	}
	e.added = append(e.added, templateKey{version, domain, id})
	return e.NetFlowTemplateSystem.AddTemplate(version, domain, id, template)
}

// badMessage is why a message is bad.
const badMessage = "a malformed NetFlow message"

func (x *exports) Read(w *flowlog.Worker) error {
	stream, err := x.in.Stream()
	if err != nil {
		return err
	}
	defer stream.Close()
	c, err := newCapture(stream, window)
	if err != nil {
		return err
	}
	state := exportState{exporters: map[netip.Addr]*exporter{}}
	if err := readPackets(w, c, x.outer, state.packet); err != nil {
		return err
	}
	return state.finish(w)
}

// readPackets passes the packets of a capture to do, in their order, and counts those
// that can't be read.
func readPackets(w *flowlog.Worker, c *capture, outer bool, do func(*flowlog.Worker, *packet, packetInfo) error) error {
	p := packet{outer: outer}
	for {
		data, info, err := c.read()
		if err := badBlocks(w, c.damaged(), c.bad); err != nil {
			return err
		}
		if err == io.EOF {
			return nil
		}
		if err == errCut {
			return w.Bad([]byte("(end of the file)"), err.Error())
		}
		if err != nil {
			return err
		}
		switch reason := p.decode(info.link, data, info.wire); reason {
		case "":
			p.note(w)
			err = do(w, &p, info)
		case notIP:
			w.Other()
		default:
			err = w.Bad(hexText(data), reason)
		}
		if err != nil {
			return err
		}
		w.Lines(1)
	}
}

// packet reads the message that a packet carries.
func (x *exportState) packet(w *flowlog.Worker, p *packet, _ packetInfo) error {
	e := x.exporters[p.src]
	whole := isNetFlow(p.payload)
	if e == nil && whole {
		e = x.add(p.src)
	}
	switch {
	case whole:
		if err := e.message(w, p.payload); err != nil {
			return err
		}
		return e.readWaiting(w)
	case e != nil && looksCut(p.payload):
		return w.Bad(hexText(p.payload), badMessage)
	}
	w.Other()
	return nil
}

// looksCut says whether a payload begins as a message does.
func looksCut(payload []byte) bool {
	if len(payload) < 2 {
		return false
	}
	v := binary.BigEndian.Uint16(payload)
	return v == 5 || v == 9 || v == 10
}

// message hands the flows of one message to the worker, and keeps the sets whose
// templates haven't come.
func (e *exporter) message(w *flowlog.Worker, payload []byte) error {
	var err error
	var sets []any
	var t exportTime
	version := binary.BigEndian.Uint16(payload)
	if version == 5 {
		return e.version5(w, payload)
	}
	header := headerSize(payload)
	payload = payload[:header+setsSize(payload[header:])]
	switch version {
	case 9:
		var m netflow.NFv9Packet
		err = netflow.DecodeMessageVersion(bytes.NewBuffer(payload), e, &m, nil)
		sets = m.FlowSets
		t.set(m.UnixSeconds, 0)
		t.uptime, t.sinceBoot = m.SystemUptime, true
		t.domain = m.SourceId
	default:
		var m netflow.IPFIXPacket
		err = netflow.DecodeMessageVersion(bytes.NewBuffer(payload), e, nil, &m)
		sets = m.FlowSets
		t.set(m.ExportTime, 0)
		t.domain = m.ObservationDomainId
	}
	if errors.Is(err, errTemplates) {
		return errTemplates
	}
	for _, set := range sets {
		if raw, ok := set.(netflow.RawFlowSet); ok {
			e.keep(payload, raw)
		} else if err := e.set(w, set, &t); err != nil {
			return err
		}
	}
	if err != nil && !errors.Is(err, netflow.ErrorTemplateNotFound) {
		return w.Bad(hexText(payload), badMessage)
	}
	return nil
}

func (e *exporter) set(w *flowlog.Worker, set any, t *exportTime) error {
	switch s := set.(type) {
	case netflow.OptionsDataFlowSet:
		for _, record := range s.Records {
			w.Other()
			for _, f := range record.OptionsValues {
				if f.Type == netflow.IPFIX_FIELD_systemInitTimeMilliseconds && !f.PenProvided {
					e.boot[t.domain] = int64(number(f)) * int64(time.Millisecond)
				}
			}
		}
	case netflow.DataFlowSet:
		for _, record := range s.Records {
			if err := e.record(w, record.Values, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// version5 hands on the records of a message of NetFlow v5.
func (e *exporter) version5(w *flowlog.Worker, payload []byte) error {
	var m netflowlegacy.PacketNetFlowV5
	if err := netflowlegacy.DecodeMessageVersion(bytes.NewBuffer(payload), &m); err != nil {
		return w.Bad(hexText(payload), badMessage)
	}
	var t exportTime
	t.set(m.UnixSecs, m.UnixNSecs)
	t.uptime = m.SysUptime
	for _, r := range m.Records {
		start := t.atUptime(r.First)
		err := w.Add(&flowlog.Flow{Time: start, Src: w.Hosts.Intern4(uint32(r.SrcAddr)), Dst: w.Hosts.Intern4(uint32(r.DstAddr)),
			SrcPort: r.SrcPort, Port: r.DstPort, Proto: r.Proto, Failed: uint8(connstate.FailedFlags(int64(r.TCPFlags))), Bytes: int64(r.DOctets), SrcBytes: int64(r.DOctets),
			Duration: max(0, t.atUptime(r.Last)-start)})
		e.all.flows++
		if err != nil {
			return err
		}
	}
	return nil
}
