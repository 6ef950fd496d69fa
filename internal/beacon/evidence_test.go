package beacon

import (
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/netset"
)

// A destination that nobody calls any more was lost between two readings.
func TestEvidenceOfAChangedLog(t *testing.T) {
	host := netset.MustHost("192.0.2.1")
	e := Evidence{Destinations: []DestinationEvidence{{Address: host, Sources: []Source{{Addr: netset.MustHost("10.0.0.1")}}}}}
	require.NoError(t, e.Check())
	e.Destinations = append(e.Destinations, DestinationEvidence{Address: host})
	require.ErrorIs(t, e.Check(), ErrChanged)
}
