package simulate

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Malware behind a content delivery network calls one name at as many addresses as its
// kind says, which benign sites have too; that of random labels calls no address, and asks
// for a name but once.
func TestNamedPrograms(t *testing.T) {
	cfg := DefaultBeacons()
	cfg.Hosts, cfg.Beacons, cfg.Kinds = 20, 8, []string{"cdn-5", "cdn-20", "cdn-100", "dns-labels"}
	addresses, asked := map[string]map[netip.Addr]bool{}, map[string]int{}
	truth, err := Beacons(cfg, func(r Row) error {
		if r.Name == "" {
			return nil
		}
		if asked[r.Name]++; addresses[r.Name] == nil {
			addresses[r.Name] = map[netip.Addr]bool{}
		}
		if addresses[r.Name][r.Dst] = true; !r.Dst.IsValid() {
			require.EqualValues(t, 53, r.DstPort)
		}
		return nil
	})
	require.NoError(t, err)
	sites := map[netip.Addr]bool{}
	for name, list := range addresses {
		for a := range list {
			if strings.HasPrefix(name, "www.site") && a.IsValid() {
				sites[a] = true
			}
		}
	}
	found := map[string]int{}
	for _, r := range truth {
		if r.Name == "" {
			continue
		}
		found[r.Kind]++
		if domain, ok := strings.CutPrefix(r.Name, "*"); ok {
			labels := 0
			for name, n := range asked {
				if strings.HasSuffix(name, domain) {
					require.Equal(t, 1, n, name)
					labels++
				}
			}
			require.Equal(t, r.Rows, labels)
			continue
		}
		require.Equal(t, r.Rows, asked[r.Name])
		for a := range addresses[r.Name] {
			require.True(t, sites[a], "%s is at no benign site's address", r.Name)
		}
		most := map[string]int{"cdn-5": 5, "cdn-20": 20, "cdn-100": 100}[r.Kind]
		require.LessOrEqual(t, len(addresses[r.Name]), most)
		require.Greater(t, len(addresses[r.Name]), most/2) // by lot, over at least a hundred calls
	}
	require.Equal(t, map[string]int{"cdn-5": 2, "cdn-20": 2, "cdn-100": 2, "dns-labels": 2}, found)
}
