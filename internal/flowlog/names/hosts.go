package names

import (
	"cmp"
	"context"
	"runtime"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/stored"
	"beacon/internal/lease"
)

// readHosts reads which hosts had addresses from a file that is a log of flows whose records
// name the host that wrote them. It returns false for other files, and for pipes.
func (n *nameTable) readHosts(in *flowlog.Input, store stored.Store) (ok bool, err error) {
	if in.Size < 0 {
		return false, nil
	}
	log, err := flowlog.Open([]string{in.Name}, nil, flowlog.Options{Zone: n.opt.Zone, ZoneNamed: n.opt.ZoneNamed, Year: n.opt.Year, Now: n.opt.Now, MaxInput: n.opt.MaxInput, Store: store})
	if err != nil {
		return false, nil // a file of names needn't be a flow log
	}
	defer log.Close()
	hosts := log.Hosts(true)
	if hosts == nil {
		return false, nil
	}
	return true, n.see(context.Background(), hosts, 1)
}

// see adds the sightings of a log that flowlog.Log.Hosts returned. 0 workers is one for each
// core.
func (n *nameTable) see(ctx context.Context, log *flowlog.Log, workers int) error {
	hosts := flow.NewHosts(nil)
	var sinks []*sightings
	if _, err := log.Read(ctx, flowlog.Pass{Workers: cmp.Or(workers, runtime.GOMAXPROCS(0)), Columns: flow.Name, Hosts: hosts, Sink: func() flowlog.Sink {
		s := &sightings{at: map[end]*lease.Periods{}}
		sinks = append(sinks, s)
		return s
	}}); err != nil {
		return err
	}
	for _, s := range sinks {
		for e, periods := range s.at {
			for _, p := range *periods {
				ok, err := n.leases.See(lease.Sighting{Addr: hosts.Addr(e.addr), Name: hosts.Aliased(e.name), First: p.First, Last: p.Last})
				if err != nil {
					return err
				}
				n.found = n.found || ok
			}
		}
	}
	return nil
}

// sightings collects when each host was seen at each address: a flowlog.Sink.
type sightings struct {
	at map[end]*lease.Periods
}

// end is the id of an address, and the alias id of the name of the host that had it.
type end struct{ addr, name uint32 }

// Begin implements flowlog.Sink.
func (s *sightings) Begin(int) {}

// Batch implements flowlog.Sink.
func (s *sightings) Batch(b *flow.Batch) error {
	for i, at := range b.Time {
		if b.Name[i] == 0 {
			continue
		}
		e := end{b.Src[i], b.Name[i]}
		periods := s.at[e]
		if periods == nil {
			periods = new(lease.Periods)
			s.at[e] = periods
		}
		periods.Add(lease.Period{First: at, Last: at})
	}
	return nil
}
