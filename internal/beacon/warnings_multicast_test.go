package beacon

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/netset"
	"beacon/internal/shape"
)

// The warning of flagged multicast names five addresses at most, and counts the others.
func TestMulticastWarning(t *testing.T) {
	const start = "flagged multicast is mostly the local network's own chatter: "
	for n, want := range map[int]string{
		1: "224.0.0.1",
		5: "224.0.0.1, 224.0.0.2, 224.0.0.3, 224.0.0.4, 224.0.0.5",
		7: "224.0.0.1, 224.0.0.2, 224.0.0.3, 224.0.0.4, 224.0.0.5 and 2 more",
	} {
		for _, memory := range []int64{0, 1} {
			e := Evidence{Memory: memory, Totals: Totals{Flows: 60, Outbound: 60, Last: int64(time.Hour)}}
			flagged := &Flagged{Together: true} // without its single findings
			for i := n - 1; i >= 0; i-- {
				e.Destinations = append(e.Destinations, DestinationEvidence{Address: netset.MustHost(fmt.Sprintf("224.0.0.%d", i+1)), Slots: 60, Series: shape.Series{Bucket: time.Minute},
					Sources: []Source{{Addr: netset.MustHost("10.0.0.1"), Flows: 60}}})
				flagged.Hosts = append(flagged.Hosts, e.Destinations[len(e.Destinations)-1].Address)
			}
			for _, e := range []Evidence{e, {Totals: e.Totals, Flagged: flagged}} {
				fs := Assemble(Query{Rules: EveryMinute, Bucket: time.Minute, Cycle: time.Hour, Slots: 60, Brief: true}, e)
				require.NoError(t, fs.Err())
				require.Equal(t, n, fs.Len())
				require.Len(t, fs.Warnings, 1)
				require.Equal(t, start+want, fs.Warnings[0].Text)
				fs.Close()
			}
		}
	}
}
