package stats

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAddCounts(t *testing.T) {
	require.EqualValues(t, 5, AddCounts(2, 3))
	require.EqualValues(t, math.MaxInt64, AddCounts(math.MaxInt64, 0))
	require.EqualValues(t, math.MaxInt64, AddCounts(math.MaxInt64, 1))
	require.EqualValues(t, math.MaxInt64, AddCounts(math.MaxInt64, math.MaxInt64))
}
