package engine

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/engine/calendar"
	"beacon/internal/engine/calls"
	"beacon/internal/engine/lean"
	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/infer"
	"beacon/internal/netset"
	"beacon/internal/sysmem"
	"beacon/internal/timespan"
)

// Engine answers queries from a flow log.
type Engine struct {
	Log     *flowlog.Log
	Workers int                   // 0 is one for each core
	Memory  int64                 // bytes that the calls of pairs may take before they go to disk, and a part of it what is judged; 0 is sysmem.Default
	Reading func(*flowlog.Report) // if set, is told what the reading that counts saw
}

// Find answers a query. Its answer is the same for any number of workers.
func (e *Engine) Find(ctx context.Context, q beacon.Query) (*beacon.Findings, error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	s, err := e.sample(ctx, &q)
	if err != nil {
		return nil, err
	}
	weigh := q.Internal == nil
	if weigh {
		q.Internal = s.guess(&q)
	}
	r, err := e.read(ctx, q, s, weigh)
	if err != nil {
		return nil, err
	}
	defer func() {
		if r != nil {
			r.close()
		}
	}()
	inferred := false
	if weigh {
		var internal *netset.Set
		internal, inferred, err = r.network.Infer()
		if err != nil {
			return nil, err
		}
		if internal.String() != q.Internal.String() { // the beginning of the log misled
			q.Internal = internal
			r.close()
			if r, err = e.read(ctx, q, s, weigh); err != nil {
				return nil, err
			}
		}
		if r.outbound == 0 && r.network.Flows > 0 && s.habits(&q).NoneOutbound() {
			return nil, r.network.None("no flow goes from an internal address (" + q.Internal.String() + ") to an external one")
		}
	}
	gathered, err := r.gathered(ctx)
	if err != nil {
		gathered.Close()
		return nil, err
	}
	gathered.Inferred = inferred
	if !weigh {
		gathered.Vacant = r.vacant()
	}
	gathered.Habits, gathered.Warnings = s.habits(&q), append(damagedInputs(r.report), sameInputs(r.report)...)
	if r.untimed && q.Rules.Has(beacon.EveryLong) {
		gathered.Warnings = append(gathered.Warnings, beacon.Warning{Text: "no flow has a duration or an end, so --rule long finds nothing", Hint: "name the column with --map duration=COLUMN or --map end=COLUMN"})
	}
	findings := beacon.Assemble(q, gathered)
	if err = findings.Err(); err == nil {
		err = r.fetchTimes(ctx, findings.Pictured())
	}
	if err != nil {
		findings.Close()
		return nil, err
	}
	if e.Reading != nil {
		e.Reading(r.report)
	}
	return findings, nil
}

// budget returns the bytes that the calls of pairs may take in memory.
func (e *Engine) budget() int64 {
	if e.Memory > 0 {
		return e.Memory
	}
	return sysmem.Default()
}

// room returns the bytes that each thing may take that stands beside the calls: what is
// judged at a time, the candidates, the findings.
func (e *Engine) room() int64 { return max(1, e.budget()/roomShare) }

// roomShare is the part of the budget that a room is: at most three of them and what is
// being read stand beside the calls.
const roomShare = 4

// mostGathered is the most bytes of what is gathered that lie in memory, however much is
// allowed: 10,000 destinations of 630 sources each are to take less than 300 MB.
const mostGathered = 48 << 20

func (e *Engine) workers() int { return cmp.Or(e.Workers, runtime.GOMAXPROCS(0)) }

// reading is the state of the rule after one reading of the log.
type reading struct {
	*Engine
	fold     *fold
	gather   *gather
	store    *calls.Store // of the rhythm rule, nil without it
	workers  []*scanWorker
	report   *flowlog.Report
	network  infer.Evidence
	excluded int64
	outbound int64
	neither  int64 // flows with no internal end
	times    calendar.Tally
	main     beacon.Totals   // whose First and Last bound the log's main part
	apart    map[uint32]bool // see nameTable
	untimed  bool            // the rule of long connections saw no duration
	lean     lean.Heap
}

// close removes the temporary files of the reading.
func (r *reading) close() {
	r.store.Close()
	r.gather.close()
	r.lean.End()
}

func (e *Engine) columns(q *beacon.Query) flow.Column {
	columns := flow.Base | q.Want
	if (q.By != beacon.ByAddress || q.Proxies != nil || len(q.Exclude.Domains()) > 0) && (len(q.Names) > 0 || e.Log.HasNames()) {
		columns |= flow.Name | flow.Port
	}
	if q.Span {
		columns |= flow.Duration
	}
	if keepsCalls(q) || q.Want != 0 {
		columns |= flow.Failed
	}
	if keepsCalls(q) {
		columns |= flow.SrcPort | flow.Port | flow.Proto | flow.Bytes | flow.SrcBytes | flow.Duration
	}
	return columns
}

// keepsCalls tells whether the rules of a query judge the calls of pairs.
func keepsCalls(q *beacon.Query) bool { return q.Rules&(beacon.EveryRhythm|beacon.EveryLong) != 0 }

// read reads the log once and folds it. weigh asks for evidence for the internal network.
func (e *Engine) read(ctx context.Context, q beacon.Query, s *sample, weigh bool) (*reading, error) {
	r := &reading{Engine: e, gather: newGather(e.columns(&q).Has(flow.Port), min(e.room(), mostGathered))}
	hosts := flow.NewHosts(tagger(q.Internal, &q))
	r.fold = newFold(&q, hosts)
	if e.Log.HasNames() || len(q.Names) > 0 { // then hosts has names that are no ends of flows
		r.fold.seen = new(flow.Paged[uint32])
	}
	if (q.SourcesOnly() || q.Outline()) && !e.columns(&q).Has(flow.Name) {
		r.fold.together = &together{byTime: q.Order == beacon.ByTime}
		if q.Outline() {
			r.gather.outline = &outlines{byTime: q.Order == beacon.ByTime, bucket: int64(q.Bucket), hosts: hosts}
		}
	}
	if keepsCalls(&q) {
		r.store = calls.NewStore(partitions, r.budget())
	}
	if len(e.Log.Inputs) >= lean.Inputs {
		r.lean.Begin(lean.WithInputs)
	}
	var err error
	r.report, err = e.Log.Read(ctx, flowlog.Pass{
		Workers: e.workers(), Columns: e.columns(&q), Hosts: hosts,
		Last: !weigh && !q.Rules.Has(beacon.EveryMinute), // see gatherRest
		Sink: func() flowlog.Sink {
			w := &scanWorker{fold: r.fold, gatherer: gatherer{to: r.gather}, lean: &r.lean, weigh: weigh, first: true}
			w.times.Ticks = r.store != nil || timespan.TickOf(s.times.Step) > time.Second // nearly all logs are stamped to the second or finer
			if r.store != nil {
				w.pairer = &pairer{Filler: r.store.NewFiller(), table: hosts, owners: r.fold.devices}
			}
			r.workers = append(r.workers, w)
			return w
		},
	})
	if err != nil {
		r.close()
		return nil, err
	}
	for _, w := range r.workers {
		r.excluded += w.excluded
		r.outbound += w.outbound
		r.neither += w.neither
		r.times.Merge(&w.times)
		w.network.addTo(&r.network)
	}
	if weigh {
		countAddresses(hosts, &r.network, r.fold.has)
	}
	return r, nil
}

// gatherRest reads once more the parts that began before all that is flagged
// now was.
func (r *reading) gatherRest(ctx context.Context) error {
	until := 0
	for part, n := range r.fold.begun {
		if n < len(r.fold.flagged) {
			until = max(until, part+1)
		}
	}
	if until == 0 {
		return nil
	}
	_, err := r.Log.Read(ctx, flowlog.Pass{
		Workers: r.Engine.workers(), Columns: r.columns(r.fold.query), Hosts: r.fold.hosts, Until: until,
		Skip: func(part int) bool { return r.fold.begun[part] == len(r.fold.flagged) },
		Sink: func() flowlog.Sink {
			w := &scanWorker{fold: r.fold, gatherer: gatherer{to: r.gather}}
			r.workers = append(r.workers, w)
			return w
		},
	})
	return err
}

// gathered returns the evidence that the reading gathered.
func (r *reading) gathered(ctx context.Context) (beacon.Evidence, error) {
	if err := r.gatherRest(ctx); err != nil {
		return beacon.Evidence{}, err
	}
	for _, w := range r.workers {
		if err := w.gatherer.finish(); err != nil {
			return beacon.Evidence{}, err
		}
	}
	e := beacon.Evidence{Internal: r.fold.query.Internal, Memory: r.room(), Totals: r.totals(), Slots: r.slots()}
	var err error
	if e.Flagged, err = r.flagged(); err != nil {
		return e, err
	}
	days, tick := r.times.Results(r.fold.hosts)
	e.SetTimes(days, tick)
	r.main = e.Totals
	r.fold.query.Rhythm.Tick = tick
	if r.store != nil {
		r.apart = r.fold.aliases.apart()
		if err := r.judgePairs(ctx, &e); err != nil {
			return e, err
		}
	}
	return e, r.fold.aliases.results(&e)
}

func (r *reading) totals() beacon.Totals {
	t := beacon.Totals{Excluded: r.excluded, Outbound: r.outbound, Neither: r.neither}
	for _, in := range r.report.Inputs {
		t.Flows += in.Rows
		t.Bad += in.BadRows
		t.Other += in.Other
	}
	tags := r.fold.hosts.Tags()
	for id := range uint32(r.fold.hosts.Len()) {
		if !r.fold.has(id) {
			continue
		}
		if !r.fold.hosts.IsName(id) {
			t.Addresses++
		}
		if *tags.Get(id)&(internal|excluded) == internal {
			t.InternalHosts++
		}
	}
	return t
}

// vacant returns the networks that the query names and that hold no address of the log.
func (r *reading) vacant() []netip.Prefix {
	networks := netset.NewCoverage(r.fold.query.Internal.Named(beacon.NamedNetworks))
	for id := range uint32(r.fold.hosts.Len()) {
		if r.fold.has(id) {
			networks.Add(r.fold.hosts.Host(id))
		}
	}
	return networks.Vacant()
}

// slots returns the slots of the destinations that nearly have enough, and of those of
// Query.Only.
func (r *reading) slots() map[netset.Host]int {
	f := r.fold
	slots := map[netset.Host]int{}
	for id := range uint32(f.hosts.Len()) {
		if n := f.count(id); n < f.query.Slots && n >= beacon.NearMiss(f.query.Slots) {
			slots[f.hosts.Host(id)] = n
		}
	}
	for _, host := range f.query.Only {
		slots[host] = f.count(f.hosts.InternHost(host))
	}
	return slots
}

// damagedInputs warns of inputs that could be read only in part.
func damagedInputs(report *flowlog.Report) (list []beacon.Warning) {
	for i := range report.Inputs {
		if text := report.Inputs[i].Damaged(); text != "" {
			list = append(list, beacon.Warning{Text: text})
		}
	}
	return list
}

// sameInputs warns of inputs that look like the same log, packed or not: as many
// flows over the very same time, and in one format the very same beginning.
func sameInputs(report *flowlog.Report) (list []beacon.Warning) {
	type extent struct{ rows, first, last int64 }
	alike := map[extent][]*flowlog.InputReport{}
	more := 0
	for i := range report.Inputs {
		a := &report.Inputs[i]
		if a.Rows == 0 {
			continue
		}
		e := extent{a.Rows, a.First, a.Last}
		same := slices.IndexFunc(alike[e], func(b *flowlog.InputReport) bool {
			return a.Input.Format != b.Input.Format || a.Input.Beginning == b.Input.Beginning
		})
		switch {
		case same < 0:
			alike[e] = append(alike[e], a)
		case len(list) == maxSameInputs:
			more++
		default:
			list = append(list, beacon.Warning{
				Text: fmt.Sprintf("%s and %s look like the same log: %d flows each, over the same time", alike[e][same].Input.Name, a.Input.Name, a.Rows),
			})
		}
	}
	if more > 0 {
		list = append(list, beacon.Warning{Text: fmt.Sprintf("%d more inputs look like others", more)})
	}
	if n := len(list); n > 0 {
		list[n-1].Hint = "give each log once: its flows count more than once"
	}
	return list
}

// maxSameInputs is how many inputs that look like others are named.
const maxSameInputs = 10
