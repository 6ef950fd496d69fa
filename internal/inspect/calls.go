package inspect

import (
	"cmp"
	"context"
	"maps"
	"runtime"
	"slices"
	"strings"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/write"
	"beacon/internal/netset"
	"beacon/internal/sorting"
)

// Called is the flows to one port of one destination.
type Called struct {
	Destination netset.Host
	Port        uint16   // 0 if unknown
	Names       []string // that it was called by, in order
	Flows       int64
	Bytes       int64
	First, Last int64 // start of the first and last flow, ns since the Unix epoch
}

// CallsFrom returns the flows of one source by destination and port, most flows first.
func CallsFrom(ctx context.Context, log *flowlog.Log, workers int, source *write.Host) ([]Called, error) {
	const wanted flow.Tag = 1
	hosts := flow.NewHosts(func(addr netset.Host) flow.Tag {
		if source.Has(addr) {
			return wanted
		}
		return 0
	})
	return readCalls(ctx, log, workers, hosts, func(b *flow.Batch, i int) (uint32, bool) {
		return b.Dst[i], hosts.Tag(b.Src[i]) == wanted && source.At(hosts.Host(b.Src[i]), b.Time[i])
	})
}

// NamesCalled returns the names that flows went to, most flows first. named tells whether
// a name is wanted.
func NamesCalled(ctx context.Context, log *flowlog.Log, workers int, named func(name string) bool) (names []netset.Host, err error) {
	hosts := flow.NewHosts(nil)
	list, err := readCalls(ctx, log, workers, hosts, func(b *flow.Batch, i int) (uint32, bool) {
		id := b.Dst[i]
		if alias := b.Name[i]; alias != 0 && !hosts.IsName(id) {
			id = alias - 1
		}
		return id, hosts.IsName(id) && named(hosts.Host(id).Name)
	})
	flows := map[netset.Host]int64{}
	for _, c := range list {
		flows[c.Destination] += c.Flows
	}
	return slices.SortedFunc(maps.Keys(flows), func(a, b netset.Host) int {
		return cmp.Or(cmp.Compare(flows[b], flows[a]), a.Compare(b))
	}), err
}

// readCalls adds up the flows that keep selects, by the host that it returns.
func readCalls(ctx context.Context, log *flowlog.Log, workers int, hosts *flow.Hosts, keep func(b *flow.Batch, i int) (uint32, bool)) ([]Called, error) {
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var sinks []*callSink
	_, err := log.Read(ctx, flowlog.Pass{Workers: workers, Columns: flow.Base | flow.Port | flow.Bytes | flow.Name, Hosts: hosts,
		Sink: func() flowlog.Sink {
			s := &callSink{hosts: hosts, keep: keep, calls: map[callKey]*callCount{}}
			sinks = append(sinks, s)
			return s
		}})
	if err != nil {
		return nil, err
	}
	return mergeCalls(sinks, hosts), nil
}

type callKey struct {
	dst  uint32
	port uint16
}

type callCount struct {
	flows, bytes, first, last int64
	names                     map[uint32]bool
}

// callSink counts what one worker reads.
type callSink struct {
	hosts *flow.Hosts
	keep  func(b *flow.Batch, i int) (uint32, bool)
	calls map[callKey]*callCount
}

// Begin implements flowlog.Sink.
func (s *callSink) Begin(int) {}

// Batch implements flowlog.Sink.
func (s *callSink) Batch(b *flow.Batch) error {
	for i, t := range b.Time {
		host, ok := s.keep(b, i)
		if !ok {
			continue
		}
		key := callKey{host, b.Port[i]}
		c := s.calls[key]
		if c == nil {
			c = &callCount{first: t, last: t}
			s.calls[key] = c
		}
		c.flows++
		c.bytes += b.Bytes[i]
		c.first, c.last = min(c.first, t), max(c.last, t)
		if !s.hosts.IsName(host) {
			c.name(b.Name[i])
		}
	}
	return nil
}

func (c *callCount) name(id uint32) {
	if id == 0 {
		return
	}
	if c.names == nil {
		c.names = map[uint32]bool{}
	}
	c.names[id] = true
}

func mergeCalls(sinks []*callSink, hosts *flow.Hosts) (list []Called) {
	all := map[callKey]*callCount{}
	for _, s := range sinks {
		for key, c := range s.calls {
			sum := all[key]
			if sum == nil {
				all[key] = c
				continue
			}
			sum.flows += c.flows
			sum.bytes += c.bytes
			sum.first, sum.last = min(sum.first, c.first), max(sum.last, c.last)
			for id := range c.names {
				sum.name(id)
			}
		}
	}
	for key, c := range all {
		called := Called{Destination: hosts.Host(key.dst), Port: key.port, Flows: c.flows, Bytes: c.bytes, First: c.first, Last: c.last}
		for id := range c.names {
			called.Names = append(called.Names, hosts.Aliased(id))
		}
		slices.SortFunc(called.Names, strings.Compare)
		list = append(list, called)
	}
	sorting.Func(list, func(a, b Called) int {
		return cmp.Or(cmp.Compare(b.Flows, a.Flows), a.Destination.Compare(b.Destination), cmp.Compare(a.Port, b.Port))
	})
	return list
}
