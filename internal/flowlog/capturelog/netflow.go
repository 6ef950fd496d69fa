package capturelog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/netsampler/goflow2/v2/decoders/netflow"
	"github.com/netsampler/goflow2/v2/decoders/netflowlegacy"

	"beacon/internal/flowlog"
)

// NetFlow v5, v9 and IPFIX as a capture of what exporters send to a collector:
// the flows are the records of the messages, not the packets that carry them.
// A message of v9 and IPFIX is read by the templates that its exporter sent
// before, so a capture is read by one worker, from its beginning.

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "netflow-pcap",
		Doc:     "a pcap or pcapng of NetFlow v5, v9 or IPFIX packets on their way to a collector",
		Example: "tcpdump -i eth0 -s 0 -w netflow.pcap udp port 2055",
		Rank:    1,
		Sniff: func(head flowlog.Head) bool {
			return (sniffPcap(head) || sniffPcapng(head)) && carriesNetFlow(head)
		},
		Open: func(in *flowlog.Input, _ *flowlog.Options) (flowlog.Reader, error) {
			return &onePart{part: &exports{in: in}}, nil
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

// A capture is taken for one of exporters where, of its first packets of IP,
// these parts and more are messages of NetFlow.
const (
	netflowLook  = 64
	netflowParts = 2
)

func carriesNetFlow(head flowlog.Head) bool {
	var seen, messages int
	captureHead(head, func(p *packet) bool {
		seen++
		if isNetFlow(p.payload) {
			messages++
		}
		return seen < netflowLook
	})
	return messages > 0 && messages*netflowParts >= seen
}

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
		return second >= 1 && len(payload) >= 24 && isSets(payload[20:], 0, 1)
	case 10:
		return second == len(payload) && isSets(payload[16:], 2, 3)
	}
	return false
}

// isSets says whether sets with one of the low ids, or of data, fill p to the end,
// save for padding.
func isSets(p []byte, template, options uint16) bool {
	for len(p) >= 4 {
		id, size := binary.BigEndian.Uint16(p), int(binary.BigEndian.Uint16(p[2:]))
		if id != template && id != options && id < 256 || size < 4 || size > len(p) {
			return false
		}
		p = p[size:]
	}
	return true
}

// exports is a capture of exporters' messages.
type exports struct{ in *flowlog.Input }

// exporter is what is remembered of who sends messages.
type exporter struct {
	netflow.NetFlowTemplateSystem
	fields *int             // of the templates of all exporters
	boot   map[uint32]int64 // by observation domain: when the device started, ns
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
		if *e.fields += n; *e.fields > maxTemplateFields {
			return errTemplates
		}
	}
	return e.NetFlowTemplateSystem.AddTemplate(version, domain, id, template)
}

// Why a message or a set of records is bad.
const (
	badMessage = "a malformed NetFlow message"
	noTemplate = "records before their template"
)

func (x *exports) Read(w *flowlog.Worker) error {
	stream, err := x.in.Stream()
	if err != nil {
		return err
	}
	defer stream.Close()
	c, err := newCapture(stream)
	if err != nil {
		return err
	}
	var p packet
	var fields int
	exporters := map[netip.Addr]*exporter{}
	for {
		data, info, link, err := c.read()
		if err := badBlocks(w, c.damaged()); err != nil {
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
		if reason := p.decode(link, data, int64(info.Length)); reason == notIP {
			w.Other()
		} else if reason != "" {
			err = w.Bad(hexText(data), reason)
		} else {
			e := exporters[p.src]
			whole := isNetFlow(p.payload)
			if e == nil && whole {
				e = &exporter{NetFlowTemplateSystem: netflow.CreateTemplateSystem(), fields: &fields, boot: map[uint32]int64{}}
				exporters[p.src] = e
			}
			switch {
			case whole:
				err = e.message(w, p.payload)
			case e != nil && looksCut(p.payload):
				err = w.Bad(hexText(p.payload), badMessage)
			default:
				w.Other()
			}
		}
		if err != nil {
			return err
		}
		w.Lines(1)
	}
}

// looksCut says whether a payload begins as a message does.
func looksCut(payload []byte) bool {
	if len(payload) < 2 {
		return false
	}
	v := binary.BigEndian.Uint16(payload)
	return v == 5 || v == 9 || v == 10
}

// message hands the flows of one message to the worker.
func (e *exporter) message(w *flowlog.Worker, payload []byte) error {
	var err error
	var sets []any
	var t exportTime
	switch binary.BigEndian.Uint16(payload) {
	case 5:
		return e.version5(w, payload)
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
		if err := e.set(w, set, &t); err != nil {
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
	case netflow.RawFlowSet:
		return w.Bad(fmt.Appendf(nil, "set %d of %d bytes", s.Id, s.Length), noTemplate)
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
			SrcPort: r.SrcPort, Port: r.DstPort, Proto: r.Proto, Bytes: int64(r.DOctets), SrcBytes: int64(r.DOctets),
			Duration: max(0, t.atUptime(r.Last)-start)})
		if err != nil {
			return err
		}
	}
	return nil
}
