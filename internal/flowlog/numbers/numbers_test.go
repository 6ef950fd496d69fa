package numbers

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCounts(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "443": 443, "443.0": 443, "0x1bb": 443, "1,234": 1234, "1,234,567": 1234567, "1,234.5": 1234, "1'234": 1234, "1\u2019234": 1234,
		"1 234": 1234, "1\u00a0234": 1234, "1\u202f234\u202f567": 1234567, "1.234.567": 1234567, "1.234,56": 1234, "12.345.678,0": 12345678,
		"1234 B": 1234, "1,234 bytes": 1234, "1.234": 1, "500.000": 500, "1e3": 1000,
	} {
		got, ok := ParseUint([]byte(text))
		require.True(t, ok, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "-", "-1", "1,23", "1,2345", "1234,567", "1.2 M", "1.5 KB", "10.20.30.40", "192.168.100.200", "1.234,5,6", "1,234'567", ",123", "B", "1 23", "tcp"} {
		_, ok := ParseUint([]byte(text))
		require.False(t, ok, text)
	}
}

func TestPorts(t *testing.T) {
	for _, text := range []string{"443", "443/tcp", "tcp/443", "TCP/443", "TCP_443", "udp-443", "https (443)", "443 (https)", "443/https", "https/443"} {
		got, ok := ParsePort([]byte(text))
		require.True(t, ok, text)
		require.Equal(t, int64(443), got, text)
	}
	for _, text := range []string{"", "https", "tcp", "443/80", "tcp/", "/443", "tcp-443-444", "host-443", "h443", "443h", "tcp/443-444", "10.0.0.5/443", "(443)", "x (y)"} {
		_, ok := ParsePort([]byte(text))
		require.False(t, ok, text)
	}
}

func TestGroupedByPoints(t *testing.T) {
	for text, want := range map[string]bool{"1.234": true, "12.345.678": true, "500.000": true, "0.500": false, "1.23": false, "1234.567": false, "1234": false, "192.168.100.200": false, "192.168.100.999": true, "1.234,5": false, ".123": false} {
		require.Equal(t, want, IsGrouped(text), text)
	}
}
