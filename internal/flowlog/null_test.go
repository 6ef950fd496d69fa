package flowlog

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNullTexts(t *testing.T) {
	for _, text := range NullTexts {
		require.True(t, NullText([]byte(text)), text)
	}
	require.False(t, NullText([]byte("nil")))
}
