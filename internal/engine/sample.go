package engine

import (
	"context"
	"net/netip"

	"beacon/internal/beacon"
	"beacon/internal/engine/calendar"
	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/infer"
	"beacon/internal/netset"
)

// sampleFlows is how many flows at the beginning of the log are looked at
// before the reading: the first so many, whatever the parts are.
const sampleFlows = 1 << 16

// sample holds the beginning of the log, from which the internal network is guessed and
// warnings are drawn. A guess
// only saves a reading, for the whole log decides.
type sample struct {
	hosts *flow.Hosts
	flows []sampleFlow
	times calendar.Tally // for the clock's resolution
}

type sampleFlow struct {
	src, dst      uint32
	alias         uint32 // as in a batch's Name column
	srcPort, port uint16
	duration      int64
}

// Begin implements flowlog.Sink.
func (s *sample) Begin(int) {}

// Batch implements flowlog.Sink.
func (s *sample) Batch(b *flow.Batch) error {
	s.times.SeeTicks(b.Time)
	for i := range b.Src {
		s.flows = append(s.flows, sampleFlow{b.Src[i], b.Dst[i], b.Name[i], b.SrcPort[i], b.Port[i], b.Duration[i]})
	}
	return nil
}

func (e *Engine) sample(ctx context.Context, q *beacon.Query) (*sample, error) {
	s := &sample{hosts: flow.NewHosts(tagger(nil, q))}
	_, err := e.Log.Read(ctx, flowlog.Pass{Workers: 1, Limit: sampleFlows, Hosts: s.hosts,
		Columns: flow.Base | flow.SrcPort | flow.Port | flow.Duration | flow.Name, Sink: func() flowlog.Sink { return s }})
	return s, err
}

// guess returns the internal network as the sample shows it.
func (s *sample) guess(q *beacon.Query) *netset.Set {
	var e networkTally
	tags := s.hosts.Tags()
	for _, f := range s.flows {
		if a, b := *tags.Get(f.src), *tags.Get(f.dst); (a|b)&excluded == 0 {
			e.see(a, b)
		}
	}
	var sum infer.Evidence
	e.addTo(&sum)
	countAddresses(s.hosts, &sum, func(uint32) bool { return true })
	set, _, err := sum.Infer()
	if err != nil {
		return netset.Default()
	}
	return set
}

// habits returns how the sample's flows are written down.
func (s *sample) habits(q *beacon.Query) beacon.Habits {
	tags := s.hosts.Tags()
	inside := map[uint32]bool{}
	for id := range uint32(s.hosts.Len()) {
		inside[id] = q.Internal.Has(s.hosts.Host(id))
	}
	h := beacon.Habits{Beginning: len(s.flows) >= sampleFlows, Neither: map[netip.Prefix]int64{}}
	for _, f := range s.flows {
		if (*tags.Get(f.src)|*tags.Get(f.dst))&excluded != 0 {
			continue
		}
		h.Flows++
		if f.duration > int64(q.Bucket) {
			h.Long++
		}
		if !inside[f.src] && !inside[f.dst] && !q.Internal.Except().Has(s.hosts.Host(f.src)) {
			h.Neither[infer.SiteOf(s.hosts.Host(f.src))]++
		}
		if inside[f.src] && !inside[f.dst] {
			h.Outbound++
			if f.srcPort > 0 && f.srcPort < beacon.ServerPorts && f.port >= beacon.ClientPorts {
				h.Replies++
			}
		}
	}
	h.Busiest = s.busiest(inside)
	return h
}

// busiest returns the internal host that most outbound flows come from, or that most flows
// which ask for an external name go to, where those are more. inside tells which hosts are
// internal.
func (s *sample) busiest(inside map[uint32]bool) (most beacon.Busy) {
	tags := s.hosts.Tags()
	seen := map[uint32]*beacon.Busy{}
	of := func(id uint32) *beacon.Busy {
		if seen[id] == nil {
			seen[id] = &beacon.Busy{Host: s.hosts.Host(id)}
		}
		return seen[id]
	}
	called := map[[2]uint32]bool{}
	for _, f := range s.flows {
		switch {
		case (*tags.Get(f.src)|*tags.Get(f.dst))&excluded != 0 || !inside[f.src] || f.src == f.dst:
			continue
		case !inside[f.dst]:
			of(f.src).Outbound++
			continue
		case f.alias != 0 && s.hosts.IsName(f.alias-1) && !inside[f.alias-1]:
			of(f.dst).Asked++
		}
		if ends := [2]uint32{f.src, f.dst}; !called[ends] {
			called[ends] = true
			of(f.dst).Callers++
		}
	}
	for _, b := range seen {
		if d := b.Outbound + b.Asked - most.Outbound - most.Asked; d > 0 || d == 0 && b.Host.Compare(most.Host) < 0 {
			most = *b
		}
	}
	return most
}
