package simulate

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"beacon/internal/stats"
)

// BeaconsConfig says which log of beacons to write.
type BeaconsConfig struct {
	Seed    uint64    // same seed, same rows
	Hosts   int       // inside hosts, 1 to 60,000
	Beacons int       // planted beacons, 0 to 100,000; their kinds take turns
	Days    float64   // length of the log, above 0 to 366
	Start   time.Time // time of the log's beginning
}

// DefaultBeacons is a day of 200 hosts with 40 beacons among them.
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
	case c.Start.Year() < 1970 || c.Start.Year() > 2200:
		return fmt.Errorf("log of beacons: start %s is not in the years 1970 to 2200", c.Start.Format(time.DateOnly))
	}
	return nil
}

// Beacons writes the log of a network to emit, in order of time and at microsecond
// resolution: people's browsing, polls at random, programs that keep time for a good
// reason (NTP, push, antivirus updates), and among them beacons of every kind.
//
// It returns the pairs that keep time, malicious and benign, in the order in which
// they were planned, each with the number of its rows in the log; a pair that has
// none is left out. An error of emit ends the log and is returned. Memory follows
// the number of hosts and beacons, not the length of the log.
//
// Note: the times come from logarithms, so that processors that fuse multiplications
// can differ in the last microsecond.
func Beacons(cfg BeaconsConfig, emit func(Row) error) ([]Rhythmic, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	p := newBeaconsPlan(cfg)
	p.benign()
	p.plant()
	start, end := cfg.Start.UnixNano(), cfg.Days*day
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
		if s.pairs != nil {
			p.rhythmic[s.pairs[s.last]].saw(row.Time)
		}
		if err := emit(row); err != nil {
			return nil, err
		}
		if s.at = s.next(); s.at < end {
			heap.Fix(&queue, 0)
		} else {
			heap.Pop(&queue)
		}
	}
	return slices.DeleteFunc(p.rhythmic, func(r Rhythmic) bool { return r.Rows == 0 }), nil
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
	to     []netip.Addr // destinations, one drawn for each call
	port   uint16
	proto  uint8
	bytes  int64 // of a row, at least
	spread int   // how many more there can be
	pairs  []int // index into rhythmic for each destination; nil: keeps no time
	last   int   // the destination that was drawn last
}

// row makes the next row, less its time.
func (s *source) row() Row {
	s.last = s.r.IntN(len(s.to))
	return Row{
		Src: s.host, Dst: s.to[s.last],
		SrcPort: uint16(49152 + s.r.IntN(16384)), DstPort: s.port, Proto: s.proto,
		Bytes: s.bytes + int64(s.r.IntN(s.spread+1)),
	}
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
