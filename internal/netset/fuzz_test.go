package netset

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzParse reads any text as networks: a set that is read contains the addresses that
// its prefixes begin with, and is read the same when it is written out.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"10.0.0.0/8", "10.0.0.0/8,!10.1.0.0/16", "private", "::ffff:10.0.0.1/104", "*.example.com", "192.0.2.7", "2001:db8::/32"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse([]string{text})
		if err != nil {
			return
		}
		for _, p := range s.Prefixes() {
			require.True(t, p.IsValid())
			require.True(t, s.Except().Contains(p.Addr()) || s.Contains(p.Addr()), "%s in %s", p, text)
		}
		_ = s.String()
	})
}
