package lease

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCleanMAC(t *testing.T) {
	const mac = "00:1a:2b:3c:4d:5e"
	for _, text := range []string{mac, "00-1A-2B-3C-4D-5E", "001a.2b3c.4d5e", "001A2B3C4D5E"} {
		require.Equal(t, mac, CleanMAC(text))
	}
	for _, text := range []string{"", "-", "00:00:00:00:00:00", "00:1a:2b:3c:4d", mac + ":5f", "00:1a:2b:3c:4d:5g", "\x10\x11:1a:2b:3c:4d:5e", "10.0.0.5"} {
		require.Empty(t, CleanMAC(text), text)
	}
}
