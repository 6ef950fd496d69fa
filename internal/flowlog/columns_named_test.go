package flowlog

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A header may have any number of columns, of different names or of one: to match a million
// takes a fraction of a second, and minutes where each is compared with those before it.
func TestManyColumns(t *testing.T) {
	const many, limit = 1_000_000, 20 * time.Second
	different, same := make([]string, many), make([]string, many)
	for i := range many {
		different[i], same[i] = fmt.Sprintf("c%d", i), fmt.Sprintf("c%d", min(i, many/2))
	}
	last := "dstip"
	different[many-1], same[many-1] = last, last
	for i := many / 2; i < many; i++ {
		same[i] = last
	}
	for at, columns := range map[int][]string{many - 1: different, many / 2: same} {
		begin := time.Now()
		named := columnsByRole(columns)
		require.Less(t, time.Since(begin), limit)
		require.Equal(t, []rankedColumn{{at, named[Destination][0].rank}}, named[Destination], "the first of those with one name")
	}
}
