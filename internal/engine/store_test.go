package engine

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A partition is split where there is no room for it, or where it would leave the other
// workers without work.
func TestAtOnce(t *testing.T) {
	c := &judging{reading: &reading{Engine: &Engine{Workers: 2, Memory: 128 << 20}}}
	require.Equal(t, (128<<20)/roomShare/int(judgedBytes)/2, c.atOnce(100<<20))
	c.Memory = 1 << 40
	require.Equal(t, 100<<20/8, c.atOnce(100<<20))
	c.Memory = 1
	require.Equal(t, leastJudged, c.atOnce(100<<20))
}
