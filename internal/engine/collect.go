package engine

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"beacon/internal/beacon"
	"beacon/internal/combine"
	"beacon/internal/connection"
	"beacon/internal/engine/calls"
	"beacon/internal/netset"
)

// rotations judges the rotations of some sources: a second look at the calls, for it is
// known only now which pairs keep their own rhythm. own holds these, and collect fetches
// the calls of callers.
func (c *judging) rotations(ctx context.Context, workers int, own map[pairKey]*combine.Own, turns combine.Turns,
	collect func(callers wanted, skip func(pairKey) bool) (map[pairKey]*turn, error)) error {
	r := c.reading
	options := r.fold.query.Rhythm
	for callers := range turns.Batches(collectFlows) {
		w := wanted{}
		for _, c := range callers {
			w.add(r.fold.sourceID(c.Source), c.Port)
		}
		found, err := collect(w, func(k pairKey) bool { return r.apart[k.dst] })
		if err != nil {
			return err
		}
		lists := map[combine.Caller][]combine.Turn{}
		for key, t := range found {
			c := combine.Caller{Source: r.fold.sourceHost(key.src), Port: key.port}
			lists[c] = append(lists[c], combine.Turn{Destination: r.fold.hosts.Host(key.dst), Times: t.times, Position: t.position, Failed: t.failed, Device: r.fold.device(t.tally), Own: own[key]})
		}
		rotations := make([][]beacon.Candidate, len(callers))
		err = parallel(ctx, workers, len(callers), func(i int) error {
			rotations[i] = combine.Rotations(callers[i], lists[callers[i]], options)
			return nil
		})
		if err != nil {
			return err
		}
		if err := c.keep(nil, slices.Concat(rotations...)); err != nil {
			return err
		}
	}
	return nil
}

// collectFlows is about how many flows are collected at a time: 24 MiB of records.
const collectFlows = 1 << 20

// fetchTimes sets the times of the pairs given.
func (r *reading) fetchTimes(ctx context.Context, pairs []*beacon.SchedulePair) error {
	at := map[pairKey][]*beacon.SchedulePair{}
	w := wanted{}
	for _, p := range pairs {
		key := r.keyOf(p.Caller, p.Destination, p.Port)
		if key.anyPort = p.AnyPort; key.anyPort {
			w.addEnds(key.src, key.dst)
		} else {
			w.add(key.src, key.port)
		}
		at[key] = append(at[key], p)
	}
	parts := map[int]bool{}
	for key := range at {
		parts[partitionOf(key.src)] = true
	}
	found, err := r.collect(ctx, r.store, slices.Collect(maps.Keys(parts)), w, func(k pairKey) bool { return at[k] == nil })
	for key, turn := range found {
		for _, p := range at[key] {
			p.Times = turn.times
		}
	}
	return err
}

// pairKey is a pair by its ids.
type pairKey struct {
	src, dst uint32
	port     uint16
	anyPort  bool // the calls to all ports; port is 0 then
}

func (r *reading) keyOf(source, destination netset.Host, port uint16) pairKey {
	return pairKey{src: r.fold.sourceID(source), dst: r.fold.hosts.InternHost(destination), port: port}
}

// wanted says whose calls are looked for.
type wanted struct {
	ports map[uint32][]uint16 // of callers, by source
	ends  map[[2]uint32]bool  // sources and destinations whose calls to all ports are taken together
}

func (w *wanted) add(src uint32, port uint16) {
	if w.ports == nil {
		w.ports = map[uint32][]uint16{}
	}
	if !slices.Contains(w.ports[src], port) {
		w.ports[src] = append(w.ports[src], port)
	}
}

func (w *wanted) addEnds(src, dst uint32) {
	if w.ends == nil {
		w.ends = map[[2]uint32]bool{}
	}
	w.ends[[2]uint32{src, dst}] = true
}

// turn is the calls of one pair.
type turn struct {
	records  []connection.Record // nil once they are all collected
	times    []int64             // of the calls then, ascending
	position uint64              // of the first record in the log
	tally    tally               // of the addresses of a device
	failed   int64               // records of attempts that were never answered
}

// collect returns the calls of the given callers in some partitions of a store, grouped by
// pair. Pairs for which skip returns true are left out.
func (r *reading) collect(ctx context.Context, store *calls.Store, parts []int, callers wanted, skip func(pairKey) bool) (map[pairKey]*turn, error) {
	found := map[pairKey]*turn{}
	var mu sync.Mutex
	err := r.parallel(ctx, len(parts), func(k int) error {
		packed, _, err := store.Load(parts[k], nil)
		if err != nil {
			return err
		}
		part := r.collectPacked(packed, callers, skip)
		mu.Lock()
		defer mu.Unlock()
		maps.Copy(found, part) // a pair lies in one partition as a whole
		return nil
	})
	return found, err
}

// collectPacked is collect of the calls given.
func (r *reading) collectPacked(packed calls.Packed, callers wanted, skip func(pairKey) bool) map[pairKey]*turn {
	found := map[pairKey]*turn{}
	add := func(c *call, key pairKey) {
		t := found[key]
		if t == nil {
			if skip(key) {
				return
			}
			t = &turn{position: c.Position()}
			found[key] = t
		}
		t.records = append(t.records, c.Record())
		t.failed += c.Failed()
		t.position = min(t.position, c.Position())
		t.tally.add(c)
	}
	for block := range packed.Blocks() {
		for i := range block {
			c := &block[i]
			src := r.fold.devices.source(c.Source())
			if ports := callers.ports[src]; len(ports) > 0 && slices.Contains(ports, c.Port()) {
				add(c, pairKey{src: src, dst: c.Destination(), port: c.Port()})
			}
			if callers.ends != nil && callers.ends[[2]uint32{src, c.Destination()}] {
				add(c, pairKey{src: src, dst: c.Destination(), anyPort: true})
			}
		}
	}
	for _, t := range found {
		t.times, t.records = r.main.Within(connection.CallTimes(t.records)), nil
	}
	return found
}

// collectGroups is collect of the calls in the partition that was judged last, but for
// pairs that are called too seldom to take a turn. The times of what it returns hold until
// the next partition is judged.
//
// Note: the groups of the calls are still known, and their times lie together. Looking each
// call's pair up in a map again, as collectPacked does, took a tenth of a run of the rhythm
// rule, and going through the calls a twentieth.
func (j *partitionJudge) collectGroups(packed calls.Packed, callers wanted, skip func(pairKey) bool) map[pairKey]*turn {
	found := map[pairKey]*turn{}
	var turns []*turn // by group, of those whose calls have to be gone through
	for i := range j.groups {
		g := &j.groups[i]
		key := pairKey{src: g.src, dst: g.dst, port: g.port}
		if g.n < combine.LeastTurn || !slices.Contains(callers.ports[g.src], g.port) || skip(key) {
			continue
		}
		t := &turn{position: g.position, failed: g.failed}
		found[key] = t
		if g.lasted || g.src&endBit != 0 {
			if turns == nil {
				turns = make([]*turn, len(j.groups))
			}
			t.records = make([]connection.Record, 0, g.n)
			turns[i] = t
			continue
		}
		t.times = j.times[g.end-g.n : g.end]
		sortTimes(t.times)
		t.times = j.main.Within(t.times)
	}
	if turns == nil {
		return found
	}
	of := j.of
	for block := range packed.Blocks() {
		for i := range block {
			if t := turns[of[i]]; t != nil {
				t.records = append(t.records, block[i].Record())
				t.tally.add(&block[i])
			}
		}
		of = of[len(block):]
	}
	for _, t := range turns {
		if t != nil {
			t.times, t.records = j.main.Within(connection.CallTimes(t.records)), nil
		}
	}
	return found
}

// parallel does the parts of a work on all workers, until one fails.
func (r *reading) parallel(ctx context.Context, parts int, do func(part int) error) error {
	return parallel(ctx, r.Engine.workers(), parts, do)
}

// parallel does the parts of a work on some workers, until one fails.
func parallel(ctx context.Context, workers, parts int, do func(part int) error) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, workers)
	for k := range errs {
		wg.Go(func() {
			for errs[k] == nil && ctx.Err() == nil {
				part := int(next.Add(1)) - 1
				if part >= parts {
					return
				}
				errs[k] = do(part)
			}
		})
	}
	wg.Wait()
	return cmp.Or(append(errs, ctx.Err())...)
}
