// Package parallel hands values to all cores as they come.
package parallel

import (
	"context"
	"runtime"
	"sync"
)

// Each calls do, on all cores, for all that feed hands on. It returns the first error of either.
func Each[T any](ctx context.Context, feed func(ctx context.Context, to chan<- T) error, do func(T) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	fed := make(chan T)
	failed := make(chan error, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for range cap(failed) {
		wg.Go(func() {
			for v := range fed {
				if err := do(v); err != nil {
					failed <- err
					cancel()
					return
				}
			}
		})
	}
	err := feed(ctx, fed)
	close(fed)
	wg.Wait()
	select {
	case first := <-failed:
		return first
	default:
		return err
	}
}

// Hand hands something on unless the context ends.
func Hand[T any](ctx context.Context, v T, to chan<- T) error {
	select {
	case to <- v:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Large keeps large jobs apart: one of them runs at a time. Its zero value is ready for use.
type Large struct{ mu sync.Mutex }

// Begin waits until a job that takes so many bytes may run, and returns what ends it. A job
// is large if it takes more than its core's share of the memory.
func (l *Large) Begin(bytes, memory int64) (end func()) {
	if bytes <= memory/int64(runtime.GOMAXPROCS(0)) {
		return func() {}
	}
	l.mu.Lock()
	return l.mu.Unlock
}
