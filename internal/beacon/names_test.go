package beacon

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/netset"
)

// A name's timer stands for the calls that its addresses get of it: at the same period or
// at a multiple of no more than the addresses are, for each gets every few calls. An address that keeps another time is a
// finding of its own.
func TestNameStandsForItsAddresses(t *testing.T) {
	name, address := netset.MustHost("c2.example.com"), netset.MustHost("203.0.113.9")
	source := []netset.Host{netset.MustHost("10.0.0.5")}
	e := &Evidence{Addresses: map[netset.Host][]netset.Host{name: {address}}}
	for i := range 8 {
		e.Addresses[name] = append(e.Addresses[name], netset.MustHost(fmt.Sprintf("203.0.113.%d", 20+i)))
	}
	for period, gone := range map[time.Duration]bool{5 * time.Minute: true, 10 * time.Minute: true, 45 * time.Minute: true, 50 * time.Minute: false, 7 * time.Minute: false, 2 * time.Minute: false} {
		wide := &claim{verdict: VerdictBeacon, period: 5 * time.Minute, flows: 288, port: 443, sources: source, hosts: []netset.Host{name}}
		narrow := &claim{verdict: VerdictBeacon, period: period, flows: 5, port: 443, sources: source, hosts: []netset.Host{address}}
		oneClaim([]*claim{wide, narrow}, e)
		require.Equal(t, gone, narrow.gone, period)
		require.False(t, wide.gone, period)
	}
}
