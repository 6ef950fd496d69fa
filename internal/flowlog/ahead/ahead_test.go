package ahead

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// numbers is a list of n works whose results are their numbers, in batches of one to most. begun
// takes the number of each that is begun.
func numbers(n, most int, early bool, begun chan<- int) *List[int] {
	return &List[int]{Len: n, Do: func(i int) int {
		begun <- i
		return i
	}, Batch: func(from int) (int, bool) { return 1 + rand.IntN(min(most, n-from)), early }}
}

// Results come in the order of the list, and each work is done once.
func TestOrder(t *testing.T) {
	for range 200 {
		n := rand.IntN(60)
		begun := make(chan int, n+1)
		l := numbers(n, 1+rand.IntN(9), rand.IntN(2) == 0, begun)
		taken := rand.IntN(n + 1)
		for i := range taken {
			require.Equal(t, i, l.Next())
		}
		rest := l.Rest()
		for i, result := range rest {
			require.Equal(t, taken+i, result)
		}
		close(begun)
		seen := map[int]bool{}
		for i := range begun {
			require.False(t, seen[i])
			seen[i] = true
		}
		require.Len(t, seen, taken+len(rest))
	}
}

// A work that has to wait for its turn isn't begun before.
func TestTurn(t *testing.T) {
	begun := make(chan int, 9)
	l := numbers(9, 1, false, begun)
	for i := range 3 {
		require.Equal(t, i, l.Next())
		require.Equal(t, i, <-begun)
		require.Empty(t, begun)
	}
	require.Empty(t, l.Rest())
}

// The next batches are done while a result is used, and no more of them.
func TestAhead(t *testing.T) {
	begun := make(chan int, 9)
	l := numbers(9, 1, true, begun)
	require.Equal(t, 0, l.Next())
	for k := range mostBatches {
		require.Eventually(t, func() bool {
			result, ok := l.Peek(k)
			return ok && result == 1+k
		}, time.Minute, time.Millisecond)
	}
	_, ok := l.Peek(mostBatches)
	require.False(t, ok)
	require.Len(t, begun, 1+mostBatches)
	require.Equal(t, []int{1, 2}, l.Rest())
}
