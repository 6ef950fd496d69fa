package engine

import (
	"cmp"
	"context"
	"maps"
	"math"
	"math/bits"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"beacon/internal/beacon"
	"beacon/internal/combine"
	"beacon/internal/engine/calls"
	"beacon/internal/flow"
)

// judgePairs judges every pair and every rotation, in parallel by partition, and adds them
// to the evidence.
func (r *reading) judgePairs(ctx context.Context, e *beacon.Evidence) error {
	for _, w := range r.workers {
		if w.pairer == nil {
			continue
		}
		if err := w.pairer.Finish(); err != nil {
			return err
		}
		if r.fold.query.Rules.Has(beacon.EveryRhythm) {
			e.Long = append(e.Long, w.long...)
		}
	}
	if err := r.store.Settle(); err != nil {
		return err
	}

	// The calls are most of the heap and live to the end: by default as much again
	// would be left lying as garbage.
	//
	// Note: with lean.WithHosts 24 million flows took .35 s of 6.7 s of CPU more, and 505 MB
	// instead of 565.
	defer debug.SetGCPercent(debug.SetGCPercent(25))

	c := &judging{reading: r, evidence: e, kept: beacon.NewCandidates(r.fold.query.Decision, r.room())}
	e.Kept, e.Callers = c.kept, func(p *beacon.Candidate) int {
		return c.callers.of(r.fold.hosts.InternHost(p.Destination), p.Port)
	}
	// A judge belongs to one worker at a time: whoever takes a part has a free one.
	c.judges = make(chan *partitionJudge, r.Engine.workers())
	for range cap(c.judges) {
		j := &partitionJudge{judging: c, query: r.fold.query, totals: &e.Totals, turns: combine.Turns{}, own: map[pairKey]*combine.Own{}, ends: map[uint64][]uint32{}}
		c.all = append(c.all, j)
		c.judges <- j
	}
	if err := c.judgeAll(ctx); err != nil {
		e.Close()
		return err
	}
	e.PairTotals = c.count()
	r.untimed = r.outbound > 0 && !c.timed.Load()
	if !r.fold.query.Times {
		r.store.Close() // its disk is wanted by what follows
	}
	return nil
}

// judging is the judging of all pairs.
type judging struct {
	*reading
	callers callers
	judges  chan *partitionJudge // those that are free
	all     []*partitionJudge

	mu       sync.Mutex
	kept     *beacon.Candidates
	evidence *beacon.Evidence
	timed    atomic.Bool // a flow has a duration
}

// judgedBytes is what a call takes while its partition is judged: itself, read back or in
// memory, and once more if its pair is kept, its group, and its time twice.
const judgedBytes = 2*calls.Size + 20

// leastJudged is the fewest calls that are worth a part of their own.
const leastJudged = 128

// atOnce returns how many of all calls a judge takes at once: no more than there is room for, and
// no more than leave work for the other workers.
func (c *judging) atOnce(total int) int {
	workers := c.Engine.workers()
	fair := max(total/(4*workers), 1<<16)
	return max(leastJudged, min(fair, int(c.room()/judgedBytes)/workers))
}

// judgeAll judges the partitions of the store.
func (c *judging) judgeAll(ctx context.Context) error {
	total := 0
	for k := range c.store.Partitions() {
		total += c.store.Len(k)
	}
	most := c.atOnce(total)
	var small, large []int
	for k := range c.store.Partitions() {
		if c.store.Len(k) > most {
			large = append(large, k)
		} else {
			small = append(small, k)
		}
	}
	err := c.parallel(ctx, len(small), func(i int) error { return c.judgeSmall(ctx, small[i]) })
	for _, k := range large {
		if err == nil {
			err = c.judgeLarge(ctx, k, (c.store.Len(k)+most-1)/most)
		}
	}
	return err
}

// done lets go of the calls of a partition, unless their times may be asked for.
func (c *judging) done(k int) {
	if !c.fold.query.Times {
		c.store.Forget(k)
	}
}

// judgeSmall judges the pairs of one partition, and the rotations of its sources.
func (c *judging) judgeSmall(ctx context.Context, k int) error {
	j := <-c.judges
	defer func() { c.judges <- j }()
	packed, err := j.partition(c.store, k)
	if err != nil {
		return err
	}
	defer c.done(k)
	defer j.reset()
	return c.rotations(ctx, 1, j.own, j.turns, func(w wanted, skip func(pairKey) bool) (map[pairKey]*turn, error) {
		return j.collectGroups(packed, w, skip), nil
	})
}

// judgeLarge judges a partition in several parts, which hold the pairs of its sources, and
// then the rotations.
func (c *judging) judgeLarge(ctx context.Context, k, parts int) error {
	store := calls.NewStore(parts, c.room())
	defer store.Close()
	f, owners := store.NewFiller(), c.fold.devices
	err := c.store.Each(k, func(block []call) error {
		for i := range block {
			part := hashPair(block[i].Destination(), owners.source(block[i].Source()), 0) >> 32 * uint64(parts) >> 32
			c, err := f.Next(int(part))
			if err != nil {
				return err
			}
			*c = block[i]
		}
		return nil
	})
	if err := cmp.Or(err, f.Finish(), store.Settle()); err != nil {
		return err
	}
	c.done(k)
	err = c.parallel(ctx, parts, func(part int) error {
		j := <-c.judges
		defer func() { c.judges <- j }()
		_, err := j.partition(store, part)
		return err
	})
	if err != nil {
		return err
	}
	own, turns := map[pairKey]*combine.Own{}, combine.Turns{}
	for _, j := range c.all {
		maps.Copy(own, j.own)
		turns.Merge(j.turns)
		j.reset()
	}
	every := make([]int, parts)
	for i := range every {
		every[i] = i
	}
	return c.rotations(ctx, c.Engine.workers(), own, turns, func(w wanted, skip func(pairKey) bool) (map[pairKey]*turn, error) {
		return c.collect(ctx, store, every, w, skip)
	})
}

// keep keeps candidates, which may be settled.
func (c *judging) keep(pairs, rotations []beacon.Candidate) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range pairs {
		p := pairs[i]
		if err := c.kept.AddPair(&p); err != nil {
			return err
		}
	}
	for i := range rotations {
		p := rotations[i]
		if err := c.kept.AddRotation(&p); err != nil {
			return err
		}
	}
	return nil
}

// count puts together what the judges counted.
func (c *judging) count() (totals beacon.PairTotals) {
	var sources [2]bitset
	for _, j := range c.all {
		totals.Pairs += j.pairs
		totals.Tried += j.tried
		for k := range sources {
			sources[k].merge(j.sources[k])
		}
	}
	totals.Sources = sources[0].count() + sources[1].count()
	return totals
}

// bitset is a set of small numbers.
type bitset []uint64

func (b *bitset) add(n uint32) {
	for int(n/64) >= len(*b) {
		*b = append(*b, 0)
	}
	(*b)[n/64] |= 1 << (n % 64)
}

func (b *bitset) merge(o bitset) {
	*b = append(*b, make([]uint64, max(0, len(o)-len(*b)))...)
	for i, word := range o {
		(*b)[i] |= word
	}
}

func (b bitset) count() (n int) {
	for _, word := range b {
		n += bits.OnesCount64(word)
	}
	return n
}

// callers counts the sources that call each port of each destination. Nearly all
// destinations are called at one port, so that one is kept in eight bytes.
type callers struct {
	first  flow.Paged[uint64] // by destination: 1 + a port in the upper half, its callers in the lower
	mu     sync.Mutex
	others map[uint64]int // of other ports
}

func (c *callers) add(dst uint32, port uint16) {
	at, mark := c.first.At(dst), (uint64(port)+1)<<32
	for {
		v := atomic.LoadUint64(at)
		if v != 0 && v&^math.MaxUint32 != mark {
			break
		}
		if atomic.CompareAndSwapUint64(at, v, mark|(v&math.MaxUint32+1)) {
			return
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.others == nil {
		c.others = map[uint64]int{}
	}
	c.others[uint64(dst)<<16|uint64(port)]++
}

// of returns the callers of a port, once all are counted.
func (c *callers) of(dst uint32, port uint16) int {
	if at := c.first.Peek(dst); at != nil && *at>>32 == uint64(port)+1 {
		return int(*at & math.MaxUint32)
	}
	return c.others[uint64(dst)<<16|uint64(port)]
}
