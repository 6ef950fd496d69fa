package engine

import (
	"context"
	"fmt"

	"beacon/internal/beacon"
	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/netset"
)

// sampleFlows is how many flows at the beginning of the log are looked at
// before the reading: the first so many, whatever the parts are.
const sampleFlows = 1 << 16

// sample is the beginning of the log: what is guessed and warned from. A guess
// only saves a reading, for the whole log decides.
type sample struct {
	hosts *flow.Hosts
	flows []sampleFlow
}

type sampleFlow struct {
	src, dst      uint32
	srcPort, port uint16
	duration      int64
}

// Begin implements flowlog.Sink.
func (s *sample) Begin(int) {}

// Batch implements flowlog.Sink.
func (s *sample) Batch(b *flow.Batch) error {
	for i := range b.Src {
		s.flows = append(s.flows, sampleFlow{b.Src[i], b.Dst[i], b.SrcPort[i], b.Port[i], b.Duration[i]})
	}
	return nil
}

func (e *Engine) sample(ctx context.Context, q *beacon.Query) (*sample, error) {
	s := &sample{hosts: flow.NewHosts(tagger(nil, q.Exclude))}
	_, err := e.Log.Read(ctx, flowlog.Pass{Workers: 1, Limit: sampleFlows, Hosts: s.hosts, Names: flow.NewNames(),
		Columns: flow.Base | flow.SrcPort | flow.Port | flow.Duration, Sink: func() flowlog.Sink { return s }})
	return s, err
}

// guess is the internal network as the sample shows it.
func (s *sample) guess(q *beacon.Query) *netset.Set {
	var e evidence
	tags := s.hosts.Tags()
	for _, f := range s.flows {
		if a, b := *tags.Get(f.src), *tags.Get(f.dst); (a|b)&excluded == 0 {
			e.see(a, b)
		}
	}
	var sum beacon.NetworkEvidence
	e.addTo(&sum)
	countAddresses(s.hosts, &sum, func(uint32) bool { return true })
	set, _, err := sum.Infer()
	if err != nil {
		return netset.Default()
	}
	return set
}

const (
	wellKnown  = 1024 // ports below are servers'
	ephemeral  = 1024 // ports from here on may be clients'
	replyShare = 5    // one outbound flow in so many from a server's port to a client's is a large share
	longShare  = 10   // one flow in so many that lasts longer than a bucket is worth a warning
	enough     = 20   // flows in the sample that a share needs
)

// warnings is what the sample says about how the rule can mislead.
func (s *sample) warnings(q *beacon.Query) (list []beacon.Warning) {
	tags := s.hosts.Tags()
	inside := map[uint32]bool{}
	for id := range uint32(s.hosts.Len()) {
		inside[id] = q.Internal.Contains(s.hosts.Addr(id))
	}
	var flows, outbound, replies, long int
	for _, f := range s.flows {
		if (*tags.Get(f.src)|*tags.Get(f.dst))&excluded != 0 {
			continue
		}
		flows++
		if f.duration > int64(q.Bucket) {
			long++
		}
		if inside[f.src] && !inside[f.dst] {
			outbound++
			if f.srcPort > 0 && f.srcPort < wellKnown && f.port >= ephemeral {
				replies++
			}
		}
	}
	if outbound >= enough && replies*replyShare > outbound {
		list = append(list, beacon.Warning{
			Text: fmt.Sprintf("replies stand as flows of their own: %d of the first %d outbound flows go from a port below %d to a high one, so clients of an internal server look like destinations that it calls", replies, outbound, wellKnown),
			Hint: "take the requests only, or leave the servers out: --exclude ADDRESS",
		})
	}
	if !q.Span && flows >= enough && long*longShare > flows {
		list = append(list, beacon.Warning{
			Text: fmt.Sprintf("%d of the first %d flows last longer than a bucket of %s, and mark only the one that they start in", long, flows, q.Bucket),
			Hint: "--span marks every bucket that a flow lasts through",
		})
	}
	return list
}
