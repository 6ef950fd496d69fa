package netset_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/netset"
)

func TestIsLocal(t *testing.T) {
	for name, local := range map[string]bool{
		"wpad": true, "localhost": true, "_googlecast._tcp.local": true, "dc1.corp.lan": true, "nas.home.arpa": true, "9.113.0.203.in-addr.arpa": true,
		"c2.example.com": false, "a.example": false, "notlocal.net": false, "mylan.org": false, "arpa.net": false, "203.0.113.9": false,
	} {
		require.Equal(t, local, netset.MustHost(name).IsLocal(), name)
	}
}

func TestCleanNameLabels(t *testing.T) {
	for text, want := range map[string]string{
		"Example.COM.": "example.com", "wpad": "wpad", "*.example.com": "*.example.com", "bücher.example。": "xn--bcher-kva.example", "bücher。example": "xn--bcher-kva.example",
		"": "", ".": "", "..": "", "...": "", "example.com..": "", "a..example": "", ".example.com": "", "..example.com": "", "a。。example": "", "。example": "", "。": "", "。。": "",
	} {
		host, ok := netset.CleanName([]byte(text))
		require.Equal(t, want, host.Name, "%q", text)
		require.Equal(t, want != "", ok, "%q", text)
	}
}
