package simulate

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"time"
)

// OfficeConfig says which office log to write.
type OfficeConfig struct {
	Seed  uint64    // same seed, same rows
	Scale float64   // volume: at 1 about 4.9 million rows a day, above 0 to 100
	Days  int       // 1 to 3650
	Start time.Time // the log starts at the UTC midnight of its day
}

// DefaultOffice returns the log of the original challenge: five days, 24.4 million rows.
func DefaultOffice() OfficeConfig {
	return OfficeConfig{Seed: 1, Scale: 1, Days: 5, Start: time.Date(2020, 6, 21, 0, 0, 0, 0, time.UTC)}
}

func (c OfficeConfig) check() error {
	switch {
	case !(c.Scale > 0 && c.Scale <= 100): // NaN too
		return fmt.Errorf("office log: scale %v is not above 0 and at most 100", c.Scale)
	case c.Days < 1 || c.Days > 3650:
		return fmt.Errorf("office log: %d days is not 1 to 3650", c.Days)
	case c.Start.Year() < 1970 || c.Start.Year() > 2200:
		return fmt.Errorf("office log: start %s is not in the years 1970 to 2200", c.Start.Format(time.DateOnly))
	}
	return nil
}

// Office writes the log of a simulated office to emit, in order of time and at
// microsecond resolution: requests and replies as rows of their own, quiet
// nights and busy days, and among them the 14 destinations that are called in
// every minute of the hour and the 26 infected hosts of the original challenge.
// At any seed and scale exactly those 14 touch all 60 slots, pooled over the
// log, and those 26 call the three burst destinations, first calls in the
// original's order.
//
// It returns what was planted. An error of emit ends the log and is returned.
// Memory holds a minute of the log, whatever its length.
func Office(cfg OfficeConfig, emit func(Row) error) (Truth, error) {
	if err := cfg.check(); err != nil {
		return Truth{}, err
	}
	o := newOffice(cfg)
	if err := o.run(emit); err != nil {
		return Truth{}, err
	}
	return o.truth.truth(), nil
}

// run emits the whole log.
func (o *office) run(emit func(Row) error) error {
	streams := o.streams()
	for m := range o.days * 1440 {
		now := minute{day: m / 1440, ofDay: m % 1440, slot: m % 60, base: o.start + int64(m)*int64(time.Minute)}
		o.begin(now)
		for _, s := range streams {
			s(now)
		}
		if err := o.flush(emit); err != nil {
			return err
		}
	}
	return nil
}

// minute is one absolute minute of the log.
type minute struct {
	day   int   // from 0
	ofDay int   // 0 to 1439
	slot  int   // minute of the hour
	base  int64 // nanoseconds since the epoch at its start
}

// coreHour is the hour of the day in which the planted destinations are called in
// every minute, at any scale: that alone makes the rule hold for them. The burst
// ones have an hour of their own, see burstLeast.
const coreHour = 10

// atLeastOne gives n, in the core hour at least 1.
func (m minute) atLeastOne(n int) int {
	if m.ofDay/60 == coreHour {
		return max(n, 1)
	}
	return n
}

// stream adds one kind of traffic to a minute.
type stream func(now minute)

// office is a log being written, a minute at a time.
type office struct {
	dice
	scale float64
	days  int
	start int64
	net   *officeNet
	truth *truthKeeper

	now  minute
	rows []Row    // of this minute, unordered
	keys []uint64 // of each: microsecond in the minute, index in rows, 1 + planted destination or 0
	late []Row    // replies that fall into the next minute
}

func newOffice(cfg OfficeConfig) *office {
	o := &office{
		dice:  newDice(cfg.Seed),
		scale: cfg.Scale,
		days:  cfg.Days,
		start: cfg.Start.UTC().Truncate(24 * time.Hour).UnixNano(),
		truth: newTruthKeeper(),
	}
	o.net = newOfficeNet(o.dice, cfg.Scale)
	return o
}

const (
	minuteMicros = 60_000_000
	plantedBits  = 4
	indexBits    = 32
)

// begin starts a minute with the replies that the one before left over.
func (o *office) begin(now minute) {
	o.now = now
	o.rows, o.keys = o.rows[:0], o.keys[:0]
	for _, r := range o.late {
		o.add(r, 0)
	}
	o.late = o.late[:0]
}

// add puts a row into the minute; mark is 1 + the planted destination, or 0.
func (o *office) add(r Row, mark int) {
	micros := uint64(r.Time-o.now.base) / 1000
	o.keys = append(o.keys, micros<<(indexBits+plantedBits)|uint64(len(o.rows))<<plantedBits|uint64(mark))
	o.rows = append(o.rows, r)
}

// flush emits the minute in order of time.
func (o *office) flush(emit func(Row) error) error {
	slices.Sort(o.keys)
	for _, k := range o.keys {
		r := &o.rows[k>>plantedBits&math.MaxUint32]
		if mark := int(k & (1<<plantedBits - 1)); mark > 0 {
			o.truth.saw(mark-1, r)
		}
		if err := emit(*r); err != nil {
			return err
		}
	}
	return nil
}

// call is a request from one host to another.
type call struct {
	src, dst netip.Addr
	port     uint16 // of the destination
	proto    uint8
	local    bool // on the office's own network: the reply takes a millisecond or so
	mute     bool // nobody answers
	mark     int  // 1 + the planted destination, or 0
}

// call adds a request at a microsecond of the minute, and its reply.
func (o *office) call(at int, c call) {
	r := Row{
		Time: o.now.base + int64(at)*1000, Src: c.src, Dst: c.dst,
		DstPort: c.port, Proto: c.proto, Bytes: int64(40 + o.below(64<<o.below(6))),
	}
	if c.proto != ICMP {
		r.SrcPort = uint16(o.between(49152, 65535))
	}
	o.add(r, c.mark)
	if c.mute || o.below(64) == 0 {
		return
	}
	wait := 200 + o.below(3000)
	if !c.local {
		wait = 8000 + o.below(20000<<o.below(4))
	}
	r.Time += int64(wait) * 1000
	r.Src, r.Dst, r.SrcPort, r.DstPort = r.Dst, r.Src, r.DstPort, r.SrcPort
	r.Bytes = int64(40 + o.below(64<<o.below(10)))
	if at+wait < minuteMicros {
		o.add(r, 0)
	} else {
		o.late = append(o.late, r)
	}
}

// calls adds n of a call at random times of the minute.
func (o *office) calls(n int, gen func() call) {
	for range n {
		o.call(o.below(minuteMicros), gen())
	}
}

// volume returns a mean of scale 1 at this log's scale, but at least floor.
func (o *office) volume(mean, floor float64) float64 { return max(mean*o.scale, floor) }

// round rounds x up or down, so that the mean stays.
func (o *office) round(x float64) int { return int(x + o.unit()) }
