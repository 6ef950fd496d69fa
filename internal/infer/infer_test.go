package infer

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The rule of inference, at its borders.
func TestInfer(t *testing.T) {
	evidence := func(flows, inDefault int64, prefixes map[int]Prefix) *Evidence {
		e := &Evidence{Flows: flows, InDefault: inDefault}
		for octet, p := range prefixes {
			e.Prefixes[octet] = p
		}
		return e
	}
	hunt := map[int]Prefix{120: {523, 100}, 17: {38, 40}, 8: {1, 60}}
	for _, c := range []struct {
		name     string
		e        *Evidence
		internal string // "" for an error
		inferred bool
	}{
		{"the original hunt", evidence(100, 0, hunt), "120.0.0.0/8", true},
		{"half of the flows in the default networks", evidence(100, 50, hunt), "", false},
		{"just fewer than half", evidence(100, 49, hunt), "120.0.0.0/8", true},
		{"nine tenths of the flows", evidence(100, 0, map[int]Prefix{120: {523, 90}, 17: {38, 40}}), "120.0.0.0/8", true},
		{"fewer", evidence(100, 0, map[int]Prefix{120: {523, 89}, 17: {38, 40}}), "none", false},
		{"five times as many", evidence(100, 0, map[int]Prefix{120: {50, 100}, 17: {10, 40}}), "120.0.0.0/8", true},
		{"not five times", evidence(100, 0, map[int]Prefix{120: {49, 100}, 17: {10, 40}}), "none", false},
		{"no IPv4 at all", evidence(100, 0, nil), "none", false},
		{"an empty log", evidence(0, 0, nil), "", false},
	} {
		internal, inferred, err := c.e.Infer()
		if c.internal == "none" {
			var none *ErrNone
			require.ErrorAs(t, err, &none, c.name)
			require.Contains(t, none.Hint(), "--internal ")
			continue
		}
		require.NoError(t, err, c.name)
		require.Equal(t, c.inferred, inferred, c.name)
		if c.internal != "" {
			require.Equal(t, c.internal, internal.String(), c.name)
		}
	}
	_, _, err := evidence(100, 0, map[int]Prefix{120: {49, 100}, 17: {10, 40}}).Infer()
	require.ErrorContains(t, err, "120.0.0.0/8 (49 addresses, 100 flows), 17.0.0.0/8 (10 addresses, 40 flows)")
}
