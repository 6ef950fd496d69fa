package addr

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// An address in one of the less common forms is read if it has one reading, and refused
// otherwise.
func TestForms(t *testing.T) {
	for text, want := range map[string]string{
		"010.000.000.005":        "10.0.0.5",
		"[2001:db8::5]":          "2001:db8::5",
		"/10.0.0.5":              "10.0.0.5",
		"/2001:db8::5":           "2001:db8::5",
		"10.0.0.5/32":            "10.0.0.5",
		"2001:db8::5/128":        "2001:db8::5",
		"pc1 (10.0.0.5)":         "10.0.0.5",
		"pc1(10.0.0.5)":          "10.0.0.5",
		"10.0.0.5 (pc1.example)": "10.0.0.5",
		"10.0.0.5 (10.0.0.5)":    "10.0.0.5",
		"pc 1 (2001:db8::5)":     "2001:db8::5",
		"167772165":              "10.0.0.5",
		"4294967295":             "255.255.255.255",
		"16777216":               "1.0.0.0",
		"0x0a000005":             "10.0.0.5",
		"0xCB007109":             "203.0.113.9",
	} {
		addr, ok := parseForm([]byte(text))
		require.True(t, ok, text)
		require.Equal(t, want, addr.String(), text)
	}
	for _, text := range []string{"", "010.0.0.5", "010.000.000.256", "010-000-000-005", "[]", "[10.0.0.5", "//10.0.0.5", "10.0.0.0/24", "pc1", "pc1 (10.0.0.5", "pc1 (pc2)", "10.0.0.5 (10.0.0.6)", "()",
		"16777215", "443", "4294967296", "+167772165", "0167772165", "-1", "0x0a0005", "0x0a00000500", "0x00000005", "0x", "0xzz000005", "167772165.0"} {
		_, ok := parseForm([]byte(text))
		require.False(t, ok, text)
	}
}
