package parallel

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// numbers hands on the numbers up to n.
func numbers(n int) func(context.Context, chan<- int) error {
	return func(ctx context.Context, to chan<- int) error {
		for i := range n {
			if err := Hand(ctx, i, to); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestEach(t *testing.T) {
	var sum atomic.Int64
	require.NoError(t, Each(t.Context(), numbers(1000), func(i int) error { sum.Add(int64(i)); return nil }))
	require.EqualValues(t, 499500, sum.Load())

	wrong := errors.New("wrong")
	require.ErrorIs(t, Each(t.Context(), numbers(1<<30), func(i int) error {
		if i == 500 {
			return wrong
		}
		return nil
	}), wrong, "an error of a job")
	require.ErrorIs(t, Each(t.Context(), func(context.Context, chan<- int) error { return wrong }, func(int) error { return nil }), wrong, "an error of the feed")

	ctx, cancel := context.WithCancel(t.Context())
	require.ErrorIs(t, Each(ctx, numbers(1<<30), func(int) error { cancel(); return nil }), context.Canceled)
}

// TestLarge holds that of the jobs that take more than their share one goes on at a time,
// beside others.
func TestLarge(t *testing.T) {
	var l Large
	var running atomic.Int32
	var wg sync.WaitGroup
	memory := int64(1000 * runtime.GOMAXPROCS(0))
	var first Permit
	first.Begin(&l, 1001, memory)
	first.Begin(&l, 2000, memory) // has begun
	for range 20 {
		var small Permit
		small.Begin(&l, 1000, memory) // doesn't wait
		small.End()
		wg.Go(func() {
			var large Permit
			large.Begin(&l, 1001, memory)
			defer large.End()
			if running.Add(1) > 1 {
				t.Error("two large jobs ran at once")
			}
			runtime.Gosched()
			running.Add(-1)
		})
	}
	require.Zero(t, running.Load())
	first.End()
	wg.Wait()
}
