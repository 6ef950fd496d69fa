package textlog

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"

	"github.com/stretchr/testify/require"
)

// The same text names different hosts as a host, a query and a target, and in whichever
// order the columns come, lines that are read together name what each names by itself.
func TestNamesByRole(t *testing.T) {
	texts := []string{"example.org", "example.org:443", "http://example.org/", "-", "192.0.2.9", "a.b.example.org", "www.a-name-that-is-longer-than-the-cache.example.org", "EXAMPLE.org", "*.example.org"}
	for _, roles := range [][]flowlog.Role{
		{flowlog.StartTime, flowlog.Source, flowlog.Destination, flowlog.HostName, flowlog.Target},
		{flowlog.StartTime, flowlog.Source, flowlog.Destination, flowlog.Target, flowlog.Query},
		{flowlog.StartTime, flowlog.Source, flowlog.Destination, flowlog.Query, flowlog.HostName},
	} {
		var text bytes.Buffer
		for range 3 {
			for _, a := range texts {
				for _, b := range texts {
					fmt.Fprintf(&text, "1592697602.25\t10.0.0.5\t192.0.2.7\t%s\t%s\n", a, b)
				}
			}
		}
		rows := func(together bool) (list []string) {
			d := &delimited{separator: '\t', roles: slices.Clone(roles), values: flowlog.FieldParser{Nulls: []string{"-"}}}
			c, ok := flowlog.NewClock([]byte("1592697602.25"), &flowlog.Options{})
			require.True(t, ok)
			d.clock = *c
			d.prepare(text.Bytes())
			if !together {
				d.steps = nil
			}
			w := flowlog.NewWorker(flowlog.Pass{Columns: flow.All, Hosts: flow.NewHosts(nil)}, nil)
			block := append(bytes.Clone(text.Bytes()), make([]byte, flowlog.BlockPad)...)
			require.NoError(t, d.parse(w, block[:text.Len()]))
			for i := range w.Filled {
				list = append(list, fmt.Sprint(w.Hosts.Host(w.Dst[i]), w.Hosts.Aliased(w.Name[i]), w.Port[i]))
			}
			return append(list, fmt.Sprint(w.Counts().Other, w.Counts().Bad, w.Counts().Unknown))
		}
		require.Equal(t, rows(false), rows(true))
		require.Greater(t, len(rows(true)), 100)
	}
}
