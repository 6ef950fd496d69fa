package simulate

import (
	"container/heap"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"time"

	"beacon/internal/stats"
)

// BeaconsConfig says which log of beacons to write.
type BeaconsConfig struct {
	Seed    uint64    // same seed, same rows
	Hosts   int       // inside hosts, 1 to 60,000
	Beacons int       // planted beacons, 0 to 100,000; their kinds take turns
	Kinds   []string  // of BeaconKinds, or names of Programs; nil is BeaconKinds
	World   string    // name of a World that the log went through; "" is none
	Days    float64   // length of the log, above 0 to 366
	Start   time.Time // time of the log's beginning
}

// DefaultBeacons returns a day of 200 hosts with 40 beacons among them.
func DefaultBeacons() BeaconsConfig {
	return BeaconsConfig{Seed: 1, Hosts: 200, Beacons: 40, Days: 1, Start: time.Date(2024, 3, 4, 0, 0, 0, 0, time.UTC)}
}

func (c BeaconsConfig) check() error {
	switch {
	case c.Hosts < 1 || c.Hosts > 60_000:
		return fmt.Errorf("log of beacons: %d hosts is not 1 to 60000", c.Hosts)
	case c.Beacons < 0 || c.Beacons > 100_000:
		return fmt.Errorf("log of beacons: %d beacons is not 0 to 100000", c.Beacons)
	case !(c.Days > 0 && c.Days <= 366): // NaN too
		return fmt.Errorf("log of beacons: %v days is not above 0 and at most 366", c.Days)
	case c.World != "" && !isWorld(c.World):
		return fmt.Errorf("log of beacons: no world %q; there are %s", c.World, strings.Join(worldNames(), ", "))
	case c.Start.Year() < 1970 || c.Start.Year() > 2200:
		return fmt.Errorf("log of beacons: start %s is not in the years 1970 to 2200", c.Start.Format(time.DateOnly))
	}
	for _, kind := range c.Kinds {
		if _, ok := FindProgram(kind); !ok && !slices.Contains(BeaconKinds, kind) {
			return fmt.Errorf("log of beacons: no kind %q; there are %s", kind, strings.Join(AllKinds(), ", "))
		}
	}
	return nil
}

// AllKinds returns the kinds that can be planted: BeaconKinds and the names of Programs.
func AllKinds() []string {
	all := slices.Clone(BeaconKinds)
	for _, p := range slices.Concat(Programs(), NamedPrograms()) {
		all = append(all, p.Name)
	}
	return all
}

func isWorld(name string) bool { return slices.Contains(worldNames(), name) }

func worldNames() (names []string) {
	for _, w := range worlds {
		names = append(names, w.Name)
	}
	return names
}

// Beacons writes the log of a network to emit, in order of time and at microsecond
// resolution: people's browsing, polls at random, programs that keep time for a good
// reason (NTP, push, antivirus updates), and among them beacons of every kind.
//
// It returns the pairs that keep time, malicious and benign, in the order in which
// they were planned, each with the number of its rows in the log; a pair that has
// none is left out. An error of emit ends the log and is returned. Memory follows the
// number of hosts and beacons, and the calls of the Programs among them; a World needs
// all rows in memory.
//
// Note: the times come from logarithms, so that processors that fuse multiplications
// can differ in the last microsecond.
func Beacons(cfg BeaconsConfig, emit func(Row) error) ([]Rhythmic, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	p := newBeaconsPlan(cfg)
	if cfg.Named() {
		p.sites = newSites(p)
	}
	p.benign()
	p.plant()
	if world, ok := FindWorld(cfg.World); ok {
		return p.through(world, emit)
	}
	err := p.rows(func(row Row) error {
		if row.pair > 0 {
			p.rhythmic[row.pair-1].saw(row.Time)
		}
		return emit(row)
	})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(p.rhythmic, func(r Rhythmic) bool { return r.Rows == 0 }), nil
}

// rows makes the rows of all sources, in order of time.
func (p *beaconsPlan) rows(emit func(Row) error) error {
	start, end := p.cfg.Start.UnixNano(), p.cfg.Days*day
	queue := make(sourceQueue, 0, len(p.sources))
	for i := range p.sources {
		s := &p.sources[i]
		s.order = i
		if s.at = s.next(); s.at < end {
			queue = append(queue, s)
		}
	}
	heap.Init(&queue)
	for len(queue) > 0 {
		s := queue[0]
		row := s.row()
		row.Time = start + int64(s.at*1e6)*1000
		if err := emit(row); err != nil {
			return err
		}
		if s.at = s.next(); s.at < end {
			heap.Fix(&queue, 0)
		} else {
			heap.Pop(&queue)
		}
	}
	return nil
}

// through emits the rows that a world makes of the log. A pair whose source goes by
// several addresses there is returned once for each; pairs of sources that share an
// address are one.
func (p *beaconsPlan) through(world World, emit func(Row) error) ([]Rhythmic, error) {
	var rows []Row
	if err := p.rows(func(row Row) error { rows = append(rows, row); return nil }); err != nil {
		return nil, err
	}
	type pair struct {
		src, dst netip.Addr
		name     string
		port     uint16
	}
	at := map[pair]int{}
	var rhythmic []Rhythmic
	for _, row := range world.Apply(p.chance(), p.cfg.Start, p.cfg.Days*day, rows) {
		if row.pair > 0 {
			to := &p.rhythmic[row.pair-1]
			k := pair{row.Src, to.Destination, to.Name, row.DstPort}
			i, ok := at[k]
			if !ok {
				i = len(rhythmic)
				at[k] = i
				r := p.rhythmic[row.pair-1]
				r.Source = row.Src
				rhythmic = append(rhythmic, r)
			}
			rhythmic[i].saw(row.Time)
		}
		if err := emit(row); err != nil {
			return nil, err
		}
	}
	return rhythmic, nil
}

// WriteBeacons writes a log of beacons to w and closes it; see Beacons.
func WriteBeacons(cfg BeaconsConfig, w Writer) ([]Rhythmic, error) {
	rhythmic, err := Beacons(cfg, w.Write)
	if err != nil {
		return nil, err
	}
	return rhythmic, w.Close()
}

// A source is one program of one host: when it calls, and whom.
type source struct {
	r      *rand.Rand
	next   stats.Process // time of the next row, s after the start
	at     float64       // that time
	order  int           // among sources, for rows of the same time
	host   netip.Addr
	to     []netip.Addr // destinations, one drawn for each call; none where only a name is asked for
	names  []string     // that are asked for, one drawn for each call; may be nil
	port   uint16
	proto  uint8
	bytes  int64 // of a row, at least
	spread int   // how many more there can be
	pairs  []int // index into rhythmic for each destination; nil: keeps no time

	script *script // of a Program; nil: calls are drawn as they come
}

// A script is the calls of a Program, known beforehand.
type script struct {
	calls  []Call
	done   int
	pairOf map[Call]int // index into rhythmic by Call.pair
}

// next is a stats.Process.
func (s *script) next() float64 {
	if s.done == len(s.calls) {
		return math.Inf(1)
	}
	s.done++
	return s.calls[s.done-1].At
}

// row makes the next row, less its time.
func (s *source) row() Row {
	if s.script != nil {
		return s.scripted()
	}
	to, row := 0, Row{Src: s.host, DstPort: s.port, Proto: s.proto}
	if len(s.to) > 0 {
		to = s.r.IntN(len(s.to))
		row.Dst = s.to[to]
	}
	if len(s.names) > 0 {
		row.Name = s.names[s.r.IntN(len(s.names))]
	}
	row.SrcPort = uint16(49152 + s.r.IntN(16384))
	row.Bytes = s.bytes + int64(s.r.IntN(s.spread+1))
	if s.pairs != nil {
		row.pair = int32(1 + s.pairs[to])
	}
	return row
}

// scripted makes the row of the call that next gave the time of.
func (s *source) scripted() Row {
	c := s.script.calls[s.script.done-1]
	row := Row{
		Src: s.host, Name: c.Name, SrcPort: c.SrcPort, DstPort: c.Port, Proto: c.Proto,
		Bytes: s.bytes + int64(s.r.IntN(s.spread+1)), pair: int32(1 + s.script.pairOf[c.pair()]),
	}
	if len(s.to) > 0 {
		row.Dst = s.to[c.Server]
	}
	if row.SrcPort == 0 {
		row.SrcPort = uint16(49152 + s.r.IntN(16384))
	}
	return row
}

// sourceQueue is a heap of sources by the time of their next row.
type sourceQueue []*source

func (q sourceQueue) Len() int { return len(q) }
func (q sourceQueue) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].order < q[j].order
}
func (q sourceQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *sourceQueue) Push(x any)   { *q = append(*q, x.(*source)) }
func (q *sourceQueue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}
