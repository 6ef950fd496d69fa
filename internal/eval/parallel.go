package eval

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel calls do(0) to do(n-1) from as many goroutines as there are processors.
// do writes its answer to a place of its own.
func parallel(n int, do func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}

// chance returns the source of randomness of one trial of one cell: the same numbers on
// every machine, independent of every other trial's.
func chance(table, cell, trial int) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(table)<<32|uint64(cell), uint64(trial)))
}
