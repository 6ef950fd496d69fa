package report

import (
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/netset"
)

func TestScheduleName(t *testing.T) {
	one, two := beacon.Destination{Host: netset.MustHost("192.0.2.7")}, beacon.Destination{Host: netset.MustHost("192.0.2.8")}
	f := &beacon.Finding{Sources: []beacon.Source{{Addr: netset.MustHost("10.0.0.5")}}, Destinations: []beacon.Destination{one}, Port: 443}
	require.Equal(t, "10.0.0.5 > 192.0.2.7:443", ScheduleName(f))
	f.Destinations = append(f.Destinations, two)
	require.Equal(t, "10.0.0.5 > 2 destinations, port 443", ScheduleName(f))
	f.Port, f.PortVaries = 0, true
	require.Equal(t, "10.0.0.5 > 2 destinations", ScheduleName(f))
}
