package simulate

import "net/netip"

// IP protocol numbers that simulated rows carry.
const (
	ICMP uint8 = 1
	TCP  uint8 = 6
	UDP  uint8 = 17
)

// Row is one simulated flow record. It holds no reference to anything that
// changes, so it may be kept.
type Row struct {
	Time             int64 // nanoseconds since the Unix epoch, UTC
	Src, Dst         netip.Addr
	Name             string // that was asked for; Dst may be the zero address then
	SrcPort, DstPort uint16 // 0 for ICMP
	Proto            uint8  // ICMP, TCP or UDP
	Bytes            int64

	pair int32 // in a log of beacons, 1 + the index of the Rhythmic that it belongs to; 0 if none
}
