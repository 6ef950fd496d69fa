package capturelog

import (
	"encoding/binary"
	"maps"
	"net/netip"
	"slices"
	"testing"

	"beacon/internal/flowlog/logtest"
)

// Captures are put together by hand, byte for byte, so that the tests hold the
// readers to the formats and not to another library.

func be16(v int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(v)) }
func be32(v int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(v)) }
func be64(v int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(v)) }

func addrBytes(text string) []byte { return netip.MustParseAddr(text).AsSlice() }

// joined is its parts one after the other.
func joined(parts ...[]byte) []byte { return slices.Concat(parts...) }

// tcp and udp are the beginning of a segment, and a datagram.
func tcp(src, dst int) []byte { return joined(be16(src), be16(dst), make([]byte, 16)) }

func udp(src, dst int, payload []byte) []byte {
	return joined(be16(src), be16(dst), be16(8+len(payload)), be16(0), payload)
}

// ipv4 is a packet without options; fragment is its flags and offset.
func ipv4(src, dst string, proto, fragment int, payload []byte) []byte {
	return joined([]byte{0x45, 0}, be16(20+len(payload)), be16(7), be16(fragment), []byte{64, byte(proto)}, be16(0), addrBytes(src), addrBytes(dst), payload)
}

// ipv6 is a packet whose payload begins with a header of kind next.
func ipv6(src, dst string, next int, payload []byte) []byte {
	return joined([]byte{0x60, 0, 0, 0}, be16(len(payload)), []byte{byte(next), 64}, addrBytes(src), addrBytes(dst), payload)
}

// ethernet is a frame; tags are Ethernet types and what stands behind each
// before the next.
func ethernet(kind int, payload []byte) []byte {
	return joined([]byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2}, be16(kind), payload)
}

func vlan(id, kind int, payload []byte) []byte { return joined(be16(id), be16(kind), payload) }

// frame is a captured packet: when, and of how many bytes data is the beginning;
// 0 is all.
type frame struct {
	seconds, fraction int // fraction in the capture's own unit
	data              []byte
	wire              int
}

// pcapFile is a pcap in a byte order with a magic and link type.
func pcapFile(order binary.AppendByteOrder, magic uint32, link int, frames ...frame) []byte {
	b := order.AppendUint32(nil, magic)
	b = order.AppendUint16(b, 2)
	b = order.AppendUint16(b, 4)
	for _, v := range []int{0, 0, 65535, link} {
		b = order.AppendUint32(b, uint32(v))
	}
	for _, f := range frames {
		wire := max(f.wire, len(f.data))
		for _, v := range []int{f.seconds, f.fraction, len(f.data), wire} {
			b = order.AppendUint32(b, uint32(v))
		}
		b = append(b, f.data...)
	}
	return b
}

const (
	pcapMicros = 0xa1b2c3d4
	pcapNanos  = 0xa1b23c4d
)

// ngBlock is a block of a pcapng file.
func ngBlock(order binary.AppendByteOrder, kind uint32, body []byte) []byte {
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	b := order.AppendUint32(nil, kind)
	b = order.AppendUint32(b, uint32(len(body)+12))
	b = append(b, body...)
	return order.AppendUint32(b, uint32(len(body)+12))
}

func ngSection(order binary.AppendByteOrder) []byte {
	b := order.AppendUint32(nil, 0x1a2b3c4d)
	b = order.AppendUint16(b, 1)
	b = order.AppendUint16(b, 0)
	return ngBlock(order, 0x0a0d0d0a, order.AppendUint64(b, 1<<64-1))
}

// ngInterface describes an interface; resolution is if_tsresol's byte, 0 for
// none.
func ngInterface(order binary.AppendByteOrder, link int, resolution byte) []byte {
	b := order.AppendUint16(nil, uint16(link))
	b = order.AppendUint16(b, 0)
	b = order.AppendUint32(b, 65535)
	if resolution != 0 {
		b = order.AppendUint16(b, 9)
		b = order.AppendUint16(b, 1)
		b = append(b, resolution, 0, 0, 0)
		b = order.AppendUint32(b, 0)
	}
	return ngBlock(order, 1, b)
}

// ngPacket is an enhanced packet at a time in the interface's unit.
func ngPacket(order binary.AppendByteOrder, iface int, time uint64, data []byte) []byte {
	b := order.AppendUint32(nil, uint32(iface))
	for _, v := range []uint32{uint32(time >> 32), uint32(time), uint32(len(data)), uint32(len(data))} {
		b = order.AppendUint32(b, v)
	}
	return ngBlock(order, 6, append(b, data...))
}

// ngSimple is a simple packet, which has no time.
func ngSimple(order binary.AppendByteOrder, data []byte) []byte {
	return ngBlock(order, 3, append(order.AppendUint32(nil, uint32(len(data))), data...))
}

var little, big = binary.AppendByteOrder(binary.LittleEndian), binary.AppendByteOrder(binary.BigEndian)

// binarySamples is the samples of the binary formats, by path below testdata.
func binarySamples(t testing.TB) map[string][]byte {
	a, b := "10.0.0.5", "192.0.2.7"
	a6, b6 := "fd00::5", "2001:db8::7"
	web := ipv4(a, b, 6, 0, tcp(50000, 443))
	dns6 := ipv6(a6, b6, 17, udp(50001, 53, []byte("query")))
	at := func(i int, data []byte) frame {
		return frame{seconds: logtest.SampleTime + i, fraction: 250000 + i, data: data}
	}
	var ethernets []frame
	for i, data := range [][]byte{
		ethernet(0x0800, web),
		ethernet(0x0800, joined(web, make([]byte, 6))), // padded to Ethernet's least
		ethernet(0x86dd, dns6),
		ethernet(0x8100, vlan(7, 0x0800, web)),
		ethernet(0x88a8, vlan(7, 0x8100, vlan(8, 0x86dd, dns6))),
		ethernet(0x8864, joined([]byte{0x11, 0, 0, 1}, be16(2+len(web)), be16(0x0021), web)),
		ethernet(0x8847, joined([]byte{0, 1, 0, 64}, []byte{0, 1, 1, 64}, web)),
		ethernet(8+len(web), joined([]byte{0xaa, 0xaa, 3, 0, 0, 0}, be16(0x0800), web)), // 802.3 with SNAP
		ethernet(0x0806, make([]byte, 28)),                                              // ARP
		ethernet(0x0800, ipv4(a, b, 17, 0x2000, udp(500, 4500, nil))),
		ethernet(0x0800, ipv4(a, b, 17, 0x0123, udp(500, 4500, nil))), // a later fragment: these bytes are no ports
		ethernet(0x86dd, ipv6(a6, b6, 0, joined([]byte{43, 0, 1, 4, 0, 0, 0, 0}, []byte{6, 0, 4, 0, 0, 0, 0, 0}, tcp(50002, 80)))), // hop by hop, routing
		ethernet(0x86dd, ipv6(a6, b6, 44, joined([]byte{17, 0, 0, 1, 0, 0, 0, 9}, udp(7, 8, nil)))),
		ethernet(0x86dd, ipv6(a6, b6, 44, joined([]byte{17, 0, 1, 1, 0, 0, 0, 9}, udp(7, 8, nil)))),
		ethernet(0x86dd, ipv6("::ffff:10.0.0.9", b6, 58, []byte{128, 0, 0, 0})),
		ethernet(0x0800, ipv4(a, b, 1, 0, []byte{8, 0, 0, 0, 0, 1, 0, 1})),
		ethernet(0x0800, joined([]byte{0x42}, web[1:])),
		ethernet(0x0800, joined([]byte{0x75}, web[1:])),
		ethernet(0x0800, web)[:20],
		ethernet(0x0800, web)[:14+22], // within the ports
		ethernet(0x86dd, joined(dns6[:4], be16(0), dns6[6:])),
	} {
		ethernets = append(ethernets, at(i, data))
	}
	ethernets[len(ethernets)-1].wire = 1 << 17 // the network card was to cut it
	cut := pcapFile(little, pcapMicros, 1, at(0, ethernet(0x0800, web)), at(1, ethernet(0x86dd, dns6)))
	sll := func(kind int, data []byte) []byte { return joined(make([]byte, 14), be16(kind), data) }
	sll2 := func(kind int, data []byte) []byte { return joined(be16(kind), make([]byte, 18), data) }
	second := uint64(logtest.SampleTime)
	return map[string][]byte{
		"pcap/ethernet.pcap": pcapFile(little, pcapMicros, 1, ethernets...),
		"pcap/raw.pcap":      pcapFile(big, pcapNanos, 101, frame{logtest.SampleTime, 123456789, web, 0}, frame{logtest.SampleTime + 1, 1, dns6, 0}, frame{logtest.SampleTime + 2, 0, nil, 40}),
		"pcap/cooked.pcap":   pcapFile(big, pcapMicros, 113, at(0, sll(0x0800, web)), at(1, sll(0x8100, vlan(7, 0x86dd, dns6))), at(2, sll(4, make([]byte, 20)))),
		"pcap/cooked2.pcap":  pcapFile(little, pcapNanos, 276, at(0, sll2(0x0800, web)), at(1, sll2(0x86dd, dns6)), at(2, sll2(0x0806, make([]byte, 28)))),
		"pcap/loopback.pcap": pcapFile(little, pcapMicros, 0, at(0, joined([]byte{2, 0, 0, 0}, web)), at(1, joined([]byte{0, 0, 0, 30}, dns6)), at(2, []byte{7, 0, 0, 0, 0, 0})),
		"pcap/tunnels.pcap":  tunnelSample(),
		"pcap/cut.pcap":      cut[:len(cut)-30],
		"pcapng/interfaces.pcapng": joined(ngSection(little), ngInterface(little, 1, 0), ngInterface(little, 101, 9), ngInterface(little, 147, 0),
			ngPacket(little, 0, second*1e6+250000, ethernet(0x0800, web)), ngPacket(little, 1, second*1e9+123456789, dns6),
			ngPacket(little, 2, second*1e6, make([]byte, 40)), // of a link type for private use
			ngBlock(little, 0xbad, []byte("a block of a kind to come")),
			ngSimple(little, ethernet(0x0800, web)),
			ngSection(big), ngInterface(big, 228, 0x80|10), // 2^-10 s
			ngPacket(big, 0, second<<10|512, web)),
		"pcapng/cut.pcapng":         joined(ngSection(big), ngInterface(big, 229, 3), ngPacket(big, 0, second*1e3+250, dns6), ngPacket(big, 0, second*1e3+251, dns6)[:50]),
		"sflow-pcap/samples.pcap":   sflowSample(),
		"netflow-pcap/v5.pcap":      netflow5Sample(),
		"netflow-pcap/v9.pcap":      netflow9Sample(),
		"netflow-pcap/ipfix.pcapng": ipfixSample(),
		"netflow-pcap/late.pcap":    lateTemplateSample(),
	}
}

// TestBinarySamples holds the samples to what the tests put together.
func TestBinarySamples(t *testing.T) { logtest.CheckSamples(t, binarySamples(t)) }

// exported5 is a message of NetFlow v5.
func exported5(seconds, nanos, uptime int, records ...[]byte) []byte {
	return joined(be16(5), be16(len(records)), be32(uptime), be32(seconds), be32(nanos), be32(1), be32(0), joined(records...))
}

func record5(src, dst string, bytes, first, last, sport, dport, proto int) []byte {
	return joined(addrBytes(src), addrBytes(dst), be32(0), be32(0), be32(1), be32(bytes), be32(first), be32(last), be16(sport), be16(dport),
		[]byte{0, 0x18, byte(proto), 0}, make([]byte, 8))
}

// fromExporter is a datagram on its way to a collector.
func fromExporter(exporter string, message []byte) []byte {
	return ethernet(0x0800, ipv4(exporter, "10.0.0.2", 17, 0, udp(40000, 2055, message)))
}

func netflow5Sample() []byte {
	const uptime = 3600_000
	message := exported5(logtest.SampleTime, 500_000_000, uptime,
		record5("10.0.0.5", "192.0.2.7", 1200, uptime-60_000, uptime-1_000, 50000, 443, 6),
		record5("10.0.0.6", "192.0.2.8", 80, uptime-5, uptime-10, 50001, 53, 17)) // ends before it starts
	wrapped := exported5(logtest.SampleTime+60, 0, 1000, record5("10.0.0.5", "192.0.2.7", 52, 1<<32-9000, 500, 50000, 443, 6))
	return pcapFile(little, pcapMicros, 1, frame{logtest.SampleTime, 1, fromExporter("10.0.0.1", message), 0},
		frame{logtest.SampleTime + 60, 1, fromExporter("10.0.0.1", wrapped), 0},
		frame{logtest.SampleTime + 61, 1, fromExporter("10.0.0.1", message[:40]), 0},
		frame{logtest.SampleTime + 62, 1, ethernet(0x0806, make([]byte, 28)), 0})
}

// flowSet is a set of NetFlow v9 or IPFIX.
func flowSet(id int, body ...[]byte) []byte {
	b := joined(body...)
	return joined(be16(id), be16(4+len(b)), b)
}

// template is a template record of pairs of type and length.
func template(id int, fields ...int) []byte {
	b := joined(be16(id), be16(len(fields)/2))
	for _, v := range fields {
		b = append(b, be16(v)...)
	}
	return b
}

func exported9(seconds, uptime, source int, sets ...[]byte) []byte {
	return joined(be16(9), be16(len(sets)), be32(uptime), be32(seconds), be32(1), be32(source), joined(sets...))
}

func netflow9Sample() []byte {
	const uptime = 1000_000
	v4 := template(256, 8, 4, 12, 4, 7, 2, 11, 2, 4, 1, 1, 4, 22, 4, 21, 4)
	v6 := template(257, 27, 16, 28, 16, 7, 2, 11, 2, 4, 1, 1, 8, 22, 4, 21, 4)
	row4 := func(dst string, first, last int) []byte {
		return joined(addrBytes("10.0.0.5"), addrBytes(dst), be16(50000), be16(443), []byte{6}, be32(1500), be32(first), be32(last))
	}
	row6 := joined(addrBytes("fd00::5"), addrBytes("2001:db8::7"), be16(50001), be16(53), []byte{17}, be64(70), be32(uptime-2000), be32(uptime-1500))
	options := joined(be16(258), be16(4), be16(8), be16(1), be16(4), be16(34), be16(4), be16(35), be16(4)) // sampling, by interface
	row := row4("192.0.2.7", uptime-60_000, uptime-1)
	send := func(i int, exporter string, message []byte) frame {
		return frame{logtest.SampleTime + i, 0, fromExporter(exporter, message), 0}
	}
	return pcapFile(big, pcapMicros, 1,
		send(0, "10.0.0.1", exported9(logtest.SampleTime, uptime, 1, flowSet(256, row))), // before its template
		send(1, "10.0.0.1", exported9(logtest.SampleTime+1, uptime+1000, 1, flowSet(0, v4, v6), flowSet(1, options), flowSet(256, row, row4("192.0.2.8", uptime-10, uptime)),
			flowSet(257, row6), flowSet(258, make([]byte, 12)))),
		send(2, "10.0.0.1", exported9(logtest.SampleTime+2, uptime+2000, 2, flowSet(256, row))), // another source id
		send(3, "10.0.0.3", exported9(logtest.SampleTime+3, uptime+3000, 1, flowSet(256, row))), // another exporter
		send(4, "10.0.0.1", exported9(logtest.SampleTime+4, uptime+4000, 1, flowSet(0, template(256, 8, 4, 12, 4)), flowSet(256, addrBytes("10.0.0.6"), addrBytes("192.0.2.9")))),
		send(5, "10.0.0.1", exported9(logtest.SampleTime+5, uptime+5000, 1, flowSet(0, template(259, 8, 0, 12, 0)), flowSet(259, make([]byte, 8)))), // records of no bytes
	)
}

func exported10(seconds, domain int, sets ...[]byte) []byte {
	b := joined(sets...)
	return joined(be16(10), be16(16+len(b)), be32(seconds), be32(1), be32(domain), b)
}

func ipfixSample() []byte {
	ends := []byte{10, 0, 0, 5, 192, 0, 2, 7}
	const ntp = logtest.SampleTime + 2208988800
	reverse := joined(be16(256), be16(4), be16(8), be16(4), be16(12), be16(4), be16(1), be16(4), be16(0x8001), be16(4), be32(29305))
	named := template(262, 8, 4, 12, 4, 82, 0xffff)
	sets := [][]byte{
		exported10(logtest.SampleTime, 1, flowSet(2, reverse), flowSet(256, ends, be32(100), be32(900))),
		exported10(logtest.SampleTime, 1, flowSet(2, template(257, 8, 4, 12, 4, 152, 8, 153, 8)), flowSet(257, ends, be64(logtest.SampleTime*1000+250), be64(logtest.SampleTime*1000+1250))),
		exported10(logtest.SampleTime, 1, flowSet(2, template(258, 8, 4, 12, 4, 156, 8, 161, 4)), flowSet(258, ends, be32(ntp), be32(1<<31), be32(2000))),
		exported10(logtest.SampleTime, 1, flowSet(2, template(259, 8, 4, 12, 4, 150, 4, 151, 4)), flowSet(259, ends, be32(logtest.SampleTime), be32(logtest.SampleTime+9))),
		exported10(logtest.SampleTime, 1, flowSet(2, template(260, 8, 4, 12, 4, 158, 4)), flowSet(260, ends, be32(1500))),
		exported10(logtest.SampleTime, 1, flowSet(2, template(261, 8, 4, 12, 4, 160, 8, 22, 4)), flowSet(261, ends, be64(logtest.SampleTime*1000), be32(750))),
		exported10(logtest.SampleTime, 1, flowSet(2, named), flowSet(262, ends, []byte{4}, []byte("eth0"), ends, []byte{255, 0, 2}, []byte("lo"))),
		exported10(logtest.SampleTime, 1, flowSet(2, template(263, 231, 8, 232, 8, 323, 8, 8, 4, 12, 4)), flowSet(263, be64(10), be64(30), be64(logtest.SampleTime*1000+5), ends)),
		exported10(logtest.SampleTime, 1, flowSet(2, template(264, 56, 6, 80, 6)), flowSet(264, make([]byte, 12))), // no addresses
		exported10(logtest.SampleTime, 1, flowSet(2, template(257)), flowSet(257, ends, be64(0), be64(0))),         // withdrawn
		exported10(logtest.SampleTime, 1, flowSet(5, make([]byte, 8))),
	}
	file := joined(ngSection(little), ngInterface(little, 101, 0))
	for i, message := range sets {
		file = append(file, ngPacket(little, 0, uint64(logtest.SampleTime+i)*1e6, ipv4("10.0.0.1", "10.0.0.2", 17, 0, udp(40000, 4739, message)))...)
	}
	return file
}

// lateTemplateSample has records before their templates, in one message and in several,
// and padding behind the last set.
func lateTemplateSample() []byte {
	ends := []byte{10, 0, 0, 5, 192, 0, 2, 7}
	padded := func(id int, body ...[]byte) []byte { return joined(flowSet(id, body...), make([]byte, 8)) }
	shape := template(256, 8, 4, 12, 4, 1, 4)
	long := exported10(logtest.SampleTime+3, 7, flowSet(2, shape), flowSet(256, ends, be32(5)))
	var frames []frame
	for i, message := range [][]byte{
		exported9(logtest.SampleTime, 0, 1, flowSet(256, ends, be32(1), ends, be32(2))),
		exported9(logtest.SampleTime+1, 0, 1, padded(256, ends, be32(3), make([]byte, 3))),
		exported9(logtest.SampleTime+2, 0, 2, flowSet(256, ends, be32(99))), // its template never comes
		joined(long, make([]byte, 6)), // longer than its header says
		exported10(logtest.SampleTime+4, 8, flowSet(300, ends, be32(6)), flowSet(2, template(300, 8, 4, 12, 4, 1, 4)), make([]byte, 3)),
		exported9(logtest.SampleTime+5, 0, 1, padded(0, shape)),
		exported9(logtest.SampleTime+6, 0, 1, padded(256, ends, be32(4))),
	} {
		frames = append(frames, frame{logtest.SampleTime + i, 0, fromExporter("10.0.0.1", message), 0})
	}
	return pcapFile(little, pcapMicros, 1, frames...)
}

// tunnelSample has a packet of every tunnel, and one whose inner packet is cut off.
func tunnelSample() []byte {
	var frames []frame
	all := tunnelled()
	for i, name := range slices.Sorted(maps.Keys(all)) {
		kind := 0x0800
		if all[name][0]>>4 == 6 {
			kind = 0x86dd
		}
		frames = append(frames, frame{logtest.SampleTime + i, 0, ethernet(kind, all[name]), 0})
	}
	cut := ethernet(0x0800, all["GRE"])
	frames = append(frames, frame{logtest.SampleTime + 60, 0, cut[:14+20+4+8], len(cut)})
	return pcapFile(little, pcapMicros, 1, frames...)
}
