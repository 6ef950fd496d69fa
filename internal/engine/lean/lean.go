// Package lean makes the garbage collector keep less garbage once a log has many hosts or
// inputs.
package lean

import (
	"runtime/debug"
	"sync"
)

// Heap is ready for use when it is zero.
type Heap struct {
	once   sync.Once
	before int // the percentage before it began
}

// The garbage that is left lying, as a percentage of what is in use.
const (
	WithHosts  = 10 // their tables hold no pointers, so that looking for garbage more often costs next to nothing
	WithInputs = 50
)

// Hosts is how many hosts are many: their tables take about 30 MB.
//
// Note: 50 million destinations took 1.80 GB and 16.5 s of CPU with Go's own 100%, 1.45 GB
// with 25% as where pairs are judged, and take 1.31 GB and 16.0 s.
const Hosts = 1 << 20

// Inputs is how many inputs are many: what is known of each takes about 30 MB together.
//
// Note: 100,000 files of 10 lines took 4.4 s of CPU and 235 MB with Go's own 100%, and take
// 160 to 175 MB and a tenth more CPU; 25% took a third more.
const Inputs = 1 << 16

// Begin sets the percentage of garbage, once.
func (h *Heap) Begin(percent int) {
	h.once.Do(func() { h.before = debug.SetGCPercent(percent) })
}

// End restores what was before, once all workers have ended.
func (h *Heap) End() {
	if h.before != 0 {
		debug.SetGCPercent(h.before)
		h.before = 0
	}
}
