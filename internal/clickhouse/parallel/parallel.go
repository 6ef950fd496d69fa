// Package parallel processes values on all cores as they arrive.
package parallel

import (
	"context"
	"runtime"
	"sync"
)

// Each calls do, on all cores, for each value that feed sends to its channel. It returns the
// first error of do, or else that of feed. feed must return when its context ends, see Hand.
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

// Hand sends a value, or returns the context's error if that ends first.
func Hand[T any](ctx context.Context, v T, to chan<- T) error {
	select {
	case to <- v:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Large lets large jobs be prepared and done one at a time. Its zero value is ready for use.
type Large struct{ mu sync.Mutex }

// Permit holds what a job has while it is the large one, if it is large at all.
type Permit struct{ of *Large }

// Begin waits until a job that takes the given number of bytes may go on. A job is large if it
// takes more than one core's share of memory, which is in bytes too.
func (p *Permit) Begin(l *Large, bytes, memory int64) {
	if p.of == nil && bytes > memory/int64(runtime.GOMAXPROCS(0)) {
		l.mu.Lock()
		p.of = l
	}
}

// End lets the next large job begin. It may be called where Begin wasn't.
func (p *Permit) End() {
	if p.of != nil {
		p.of.mu.Unlock()
		p.of = nil
	}
}
