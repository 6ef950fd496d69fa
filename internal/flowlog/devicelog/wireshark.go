package devicelog

import (
	"bytes"
	"fmt"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
)

// Packets that Wireshark and tshark print. Wireshark's CSV has by default the
// seconds since the capture began: these are no times of day, and refused. tshark's
// fields and JSON have frame.time_epoch; of a field with several values (a packet in
// a tunnel) the first one is read.
//
// Shape: tshark(1), -T fields, json and ek; Wireshark User's Guide, "Time display
// formats and time references".

func init() {
	registerDialect(&dialect{
		name:    "wireshark",
		shown:   "Time (absolute), Source, Destination",
		doc:     "Wireshark's packet list as CSV, with absolute times",
		example: `"No.","Time","Source","Destination","Protocol","Length","Info"`,
		needs:   [][]string{{"no"}, {"time"}, {"source"}, {"destination"}, {"info", "length"}},
		names: all(vTime.named("utcdateandtime time"), vSrc.named("source"), vSrcPort.named("sourceport srcport"), vDst.named("destination"), vDstPort.named("destinationport destport dstport"),
			vSent.named("length"), vProto.named("protocol")),
		check: func(get func(string) []byte) error {
			if text := get("time"); len(text) < 10 || !bytes.ContainsAny(text[:min(len(text), 11)], "-/ ") && bytes.IndexByte(text, '.') < 10 {
				return &flowlog.InputError{Err: fmt.Errorf("its times are relative to the beginning of the capture: %q", text),
					Hint: "in Wireshark choose View, Time Display Format, UTC Date and Time of Day, and export again; or give beacon the capture itself"}
			}
			return nil
		},
		finish: func(v *values, get func(string) []byte) string {
			if v.text[vDstPort] == nil {
				v.text[vSrcPort], v.text[vDstPort] = packetPorts(get("info"))
			}
			switch p := v.text[vProto]; string(p) {
			case "TCP", "UDP", "ICMP", "ICMPv6":
			default:
				v.text[vProto] = nil
				if len(p) > 2 && (bytes.HasPrefix(p, []byte("TLS")) || bytes.HasPrefix(p, []byte("HTTP"))) {
					v.text[vProto] = []byte("tcp")
				}
			}
			return ""
		},
	})
	registerDialect(&dialect{
		name:    "tshark",
		shown:   "frame.time_epoch, ip.src, ip.dst (or ipv6)",
		doc:     "tshark -T fields (with -E header=y), json and ek",
		example: "frame.time_epoch,ip.src,ip.dst,tcp.srcport,tcp.dstport,udp.srcport,udp.dstport,ip.proto,frame.len",
		needs:   [][]string{{"frametimeepoch", "frameframetimeepoch", "frametime", "frameframetime"}, {"ipsrc", "ipipsrc", "ipv6src", "ipv6ipv6src"}, {"ipdst", "ipipdst", "ipv6dst", "ipv6ipv6dst"}},
		names: all(vTime.named("frametimeepoch frameframetimeepoch frametime frameframetime"), vSrc.named("ipsrc ipipsrc ipv6src ipv6ipv6src"), vDst.named("ipdst ipipdst ipv6dst ipv6ipv6dst"),
			vSrcPort.named("tcpsrcport tcptcpsrcport udpsrcport udpudpsrcport"), vDstPort.named("tcpdstport tcptcpdstport udpdstport udpudpdstport"),
			vProto.named("ipproto ipipproto ipv6nxt ipv6ipv6nxt"), vSent.named("iplen ipiplen framelen frameframelen"), vName.named("tlshandshakeextensionsservername httphost")),
		finish: func(v *values, _ func(string) []byte) string {
			for _, which := range [...]value{vSrc, vDst, vSrcPort, vDstPort, vProto, vSent} { // the first of several, the outer one
				v.text[which], _, _ = bytes.Cut(v.text[which], []byte(","))
			}
			if bytes.HasPrefix(v.text[vProto], []byte("0x")) {
				v.text[vProto] = nil
			}
			return ""
		},
	})
}

// packetPorts is the ports in Wireshark's description of a packet: 50000 > 443.
func packetPorts(info []byte) (src, dst []byte) {
	for words := bytes.Fields(info); len(words) > 2; words = words[1:] {
		if arrow := string(words[1]); (arrow == ">" || arrow == "→") && cut.IsNumber(words[0]) && cut.IsNumber(words[2]) {
			return words[0], words[2]
		}
	}
	return nil, nil
}
