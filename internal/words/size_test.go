package words

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{"1": 1, "1000000": 1e6, "512MiB": 512 << 20, "4GB": 4e9, "1.5k": 1500, "2 tib": 2 << 40, "7b": 7} {
		got, ok := ParseSize(text)
		require.True(t, ok, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "x", "0", "-1", "NaN", "Inf", "1e30", "5 apples", "MiB", "1bk", "1 2"} {
		_, ok := ParseSize(text)
		require.False(t, ok, text)
	}
}
