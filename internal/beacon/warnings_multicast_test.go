package beacon

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A warning names five hosts at most, and counts the others.
func TestFirstOf(t *testing.T) {
	require.Equal(t, "a", firstOf([]string{"a"}))
	require.Equal(t, "a, b, c, d, e", firstOf([]string{"a", "b", "c", "d", "e"}))
	require.Equal(t, "a, b, c, d, e and 2 more", firstOf([]string{"a", "b", "c", "d", "e", "f", "g"}))
}
