package devicelog

import (
	"bytes"
	"fmt"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// Packets that Wireshark and tshark print. Wireshark's CSV has by default the
// seconds since the capture began: these are no times of day, and refused. tshark's
// fields and JSON have frame.time_epoch; of a field with several values (a packet in
// a tunnel) the first one is read.
//
// Shape: tshark(1), -T fields, json and ek; Wireshark User's Guide, "Time display
// formats and time references".

func init() {
	record.RegisterDialect(&record.Dialect{
		Name:    "wireshark",
		Shown:   "Time (absolute), Source, Destination",
		Doc:     "Wireshark's packet list as CSV, with absolute times",
		Example: `"No.","Time","Source","Destination","Protocol","Length","Info"`,
		Needs:   [][]string{{"no"}, {"time"}, {"source"}, {"destination"}, {"info", "length"}},
		Names: record.All(record.Time.Named("utcdateandtime time"), record.Src.Named("source"), record.SrcPort.Named("sourceport srcport"), record.Dst.Named("destination"), record.DstPort.Named("destinationport destport dstport"),
			record.Sent.Named("length"), record.Proto.Named("protocol")),
		Check: func(get func(string) []byte) error {
			if text := get("time"); len(text) < 10 || !bytes.ContainsAny(text[:min(len(text), 11)], "-/ ") && bytes.IndexByte(text, '.') < 10 {
				return &flowlog.InputError{Err: fmt.Errorf("its times are relative to the beginning of the capture: %q", text),
					Hint: "in Wireshark choose View, Time Display Format, UTC Date and Time of Day, and export again; or give beacon the capture itself"}
			}
			return nil
		},
		Finish: func(v *record.Values, get func(string) []byte) string {
			if v.Text[record.DstPort] == nil {
				v.Text[record.SrcPort], v.Text[record.DstPort] = packetPorts(get("info"))
			}
			switch p := v.Text[record.Proto]; string(p) {
			case "TCP", "UDP", "ICMP", "ICMPv6":
			default:
				v.Text[record.Proto] = nil
				if len(p) > 2 && (bytes.HasPrefix(p, []byte("TLS")) || bytes.HasPrefix(p, []byte("HTTP"))) {
					v.Text[record.Proto] = []byte("tcp")
				}
			}
			return ""
		},
	})
	record.RegisterDialect(&record.Dialect{
		Name:    "tshark",
		Shown:   "frame.time_epoch, ip.src, ip.dst (or ipv6)",
		Doc:     "tshark -T fields (with -E header=y), json and ek",
		Example: "frame.time_epoch,ip.src,ip.dst,tcp.srcport,tcp.dstport,udp.srcport,udp.dstport,ip.proto,frame.len",
		Needs:   [][]string{{"frametimeepoch", "frameframetimeepoch", "frametime", "frameframetime"}, {"ipsrc", "ipipsrc", "ipv6src", "ipv6ipv6src"}, {"ipdst", "ipipdst", "ipv6dst", "ipv6ipv6dst"}},
		Names: record.All(record.Time.Named("frametimeepoch frameframetimeepoch frametime frameframetime"), record.Src.Named("ipsrc ipipsrc ipv6src ipv6ipv6src"), record.Dst.Named("ipdst ipipdst ipv6dst ipv6ipv6dst"),
			record.SrcPort.Named("tcpsrcport tcptcpsrcport udpsrcport udpudpsrcport"), record.DstPort.Named("tcpdstport tcptcpdstport udpdstport udpudpdstport"),
			record.Proto.Named("ipproto ipipproto ipv6nxt ipv6ipv6nxt"), record.Sent.Named("iplen ipiplen framelen frameframelen"), record.Name.Named("tlshandshakeextensionsservername httphost")),
		Finish: func(v *record.Values, _ func(string) []byte) string {
			for _, which := range [...]record.Value{record.Src, record.Dst, record.SrcPort, record.DstPort, record.Proto, record.Sent} { // the first of several, the outer one
				v.Text[which], _, _ = bytes.Cut(v.Text[which], []byte(","))
			}
			if bytes.HasPrefix(v.Text[record.Proto], []byte("0x")) {
				v.Text[record.Proto] = nil
			}
			return ""
		},
	})
}

// packetPorts returns the ports in Wireshark's description of a packet: 50000 > 443.
func packetPorts(info []byte) (src, dst []byte) {
	for words := bytes.Fields(info); len(words) > 2; words = words[1:] {
		if arrow := string(words[1]); (arrow == ">" || arrow == "→") && cut.IsNumber(words[0]) && cut.IsNumber(words[2]) {
			return words[0], words[2]
		}
	}
	return nil, nil
}
