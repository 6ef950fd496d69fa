package engine

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"beacon/internal/beacon"
	"beacon/internal/netset"
)

// rotations judges the rotations: a second look at the calls that are kept, for it is
// known only now which pairs keep their own rhythm. judged holds the pairs that may.
func (r *reading) rotations(ctx context.Context, judged []beacon.Candidate, turns beacon.Turns) (tried []beacon.Candidate, err error) {
	own := map[pairKey]*beacon.Own{} // pairs that keep their own rhythm
	for i := range judged {
		if p := &judged[i]; p.OwnRhythm() && !p.PortVaries {
			own[r.keyOf(p.Source, p.Destination, p.Port)] = p.Own()
		}
	}
	options := r.fold.query.Rhythm
	for callers := range turns.Batches(collectFlows) {
		w := wanted{}
		for _, c := range callers {
			w.add(r.fold.hosts.InternHost(c.Source), c.Port)
		}
		found, err := r.collect(ctx, w, func(k pairKey) bool { return r.apart[k.dst] })
		if err != nil {
			return nil, err
		}
		lists := map[beacon.Caller][]beacon.Turn{}
		for key, t := range found {
			c := beacon.Caller{Source: r.fold.hosts.Host(key.src), Port: key.port}
			lists[c] = append(lists[c], beacon.Turn{Destination: r.fold.hosts.Host(key.dst), Times: t.times, Position: t.position, Failed: t.failed, Own: own[key]})
		}
		rotations := make([][]beacon.Candidate, len(callers))
		err = r.parallel(ctx, len(callers), func(i int) error {
			rotations[i] = beacon.JudgeRotations(callers[i], lists[callers[i]], options)
			return nil
		})
		if err != nil {
			return nil, err
		}
		tried = append(tried, slices.Concat(rotations...)...)
	}
	return tried, nil
}

// collectFlows is about how many flows are collected at a time: 24 MiB of records.
const collectFlows = 1 << 20

// fetchTimes sets the times of the pairs given.
func (r *reading) fetchTimes(ctx context.Context, pairs []*beacon.SchedulePair) error {
	at := map[pairKey][]*beacon.SchedulePair{}
	w := wanted{}
	for _, p := range pairs {
		key := r.keyOf(p.Source, p.Destination, p.Port)
		if key.anyPort = p.AnyPort; key.anyPort {
			w.addEnds(key.src, key.dst)
		} else {
			w.add(key.src, key.port)
		}
		at[key] = append(at[key], p)
	}
	found, err := r.collect(ctx, w, func(k pairKey) bool { return at[k] == nil })
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
	return pairKey{src: r.fold.hosts.InternHost(source), dst: r.fold.hosts.InternHost(destination), port: port}
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
	records  []beacon.Record // nil once they are all collected
	times    []int64         // of the calls then, ascending
	position uint64          // of the first record in the log
	failed   int64           // records of attempts that were never answered
}

// collect returns the calls of the given callers, grouped by pair. Pairs for which skip
// returns true are left out.
func (r *reading) collect(ctx context.Context, callers wanted, skip func(pairKey) bool) (map[pairKey]*turn, error) {
	found := map[pairKey]*turn{}
	if len(callers.ports)+len(callers.ends) == 0 {
		return found, nil
	}
	ports := make([][]uint16, r.fold.hosts.Len()) // of the callers, by source
	for src, list := range callers.ports {
		ports[src] = list
	}
	var mu sync.Mutex
	err := r.parallel(ctx, partitions, func(k int) error {
		blocks, _, err := r.store.calls(k, nil)
		part := map[pairKey]*turn{} // a pair lies in one partition as a whole
		for _, block := range blocks {
			for i := range block {
				c := &block[i]
				add := func(key pairKey) {
					t := part[key]
					if t == nil {
						if skip(key) {
							return
						}
						t = &turn{position: c.position()}
						part[key] = t
					}
					t.records = append(t.records, c.record())
					t.failed += int64(c.marked >> 63)
					t.position = min(t.position, c.position())
				}
				if len(ports[c.src]) > 0 && slices.Contains(ports[c.src], c.port) {
					add(pairKey{src: c.src, dst: c.dst, port: c.port})
				}
				if callers.ends != nil && callers.ends[[2]uint32{c.src, c.dst}] {
					add(pairKey{src: c.src, dst: c.dst, anyPort: true})
				}
			}
		}
		for _, t := range part {
			t.times, t.records = beacon.CallTimes(t.records, r.main), nil
		}
		mu.Lock()
		defer mu.Unlock()
		for key, t := range part {
			found[key] = t
		}
		return err
	})
	return found, err
}

// parallel does the parts of a work on all workers, until one fails.
func (r *reading) parallel(ctx context.Context, parts int, do func(part int) error) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, r.Engine.workers())
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
