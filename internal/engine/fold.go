package engine

import (
	"math/bits"
	"sync"
	"sync/atomic"

	"beacon/internal/beacon"
	"beacon/internal/engine/calendar"
	"beacon/internal/engine/lean"
	"beacon/internal/flow"
	"beacon/internal/stats"
)

// fold is the state of the every-minute rule, shared by the workers: the slots
// of each destination as a bitset, and the destinations that have enough of
// them. Bits are only ever set, so the state after a reading depends neither on
// who read what nor on when.
//
// A destination is gathered (see gather) from the part on that begins after it
// was flagged; gatherRest reads the earlier parts once more. So most of the log
// is read once only.
//
// Note: two full readings, the second for sources and series, took 1.9 times as
// long on the office CSV.
type fold struct {
	query    *beacon.Query
	hosts    *flow.Hosts
	words    uint32 // of a destination's bitset
	slots    flow.Paged[uint64]
	marks    flow.Paged[uint32]  // 1 + index in flagged, 0 for not flagged
	seen     *flow.Paged[uint32] // 1 for what is an end of a flow within the bounds of time; nil where all hosts are
	aliases  *nameTable
	together *together // where no more is wanted than sources, otherwise nil
	devices  *devices  // nil where nothing tells of them

	mu      sync.Mutex
	flagged []uint32    // ids, in the order in which they were flagged: not the log's
	begun   map[int]int // by part, how many were flagged when it began
}

func newFold(q *beacon.Query, hosts *flow.Hosts) *fold {
	f := &fold{query: q, hosts: hosts, aliases: newNameTable(q, hosts), devices: newDevices(hosts, q.Leases), words: uint32(q.CycleSlots()+63) / 64, begun: map[int]int{}}
	if q.From != 0 || q.To != 0 {
		f.seen = new(flow.Paged[uint32])
	}
	return f
}

// count returns the slots of a destination.
func (f *fold) count(dst uint32) (n int) {
	for w := range f.words {
		if word := f.slots.Peek(dst*f.words + w); word != nil {
			n += bits.OnesCount64(atomic.LoadUint64(word))
		}
	}
	return n
}

// set marks a slot of a destination that wasn't marked, and flags the
// destination when that makes enough. Of workers that mark the last slots at the
// same time, the last one to mark sees all.
func (f *fold) set(dst, slot uint32) {
	word := f.slots.At(dst*f.words + slot/64)
	atomic.OrUint64(word, 1<<(slot%64))
	if f.count(dst) < f.query.Slots {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	mark := f.marks.At(dst)
	if *mark != 0 || f.query.Only != nil && !f.query.Keeps(f.hosts.Host(dst)) {
		return
	}
	f.flagged = append(f.flagged, dst)
	atomic.StoreUint32(mark, uint32(len(f.flagged)))
}

// begin notes that a part begins, and says how many destinations are flagged:
// those are gathered in it.
func (f *fold) begin(part int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.begun[part] = len(f.flagged)
	return len(f.flagged)
}

// scanWorker is one worker of a reading: a flowlog.Sink.
type scanWorker struct {
	*fold
	gatherer
	lean    *lean.Heap // nil when the reading only gathers
	*pairer            // of the rhythm rule, nil without it or when the reading only gathers
	weigh   bool       // evidence for the internal network is wanted
	network networkTally
	times   calendar.Tally
	tracer  *tracer // nil until it is needed
	first   bool    // reading: fold, and gather what is flagged; otherwise gather the rest

	position           uint64          // of the next flow in the log: part, then place in it
	from, to           int             // indices of the flagged destinations that are gathered
	met                metDestinations // of these, where their sources aren't gathered
	excluded, outbound int64
	neither            int64                  // flows with no internal end
	rows               [flow.BatchRows]uint16 // outbound ones of the batch at hand
	touched            uint64                 // what touch loaded, so that the compiler leaves its loads in
	byName             layer                  // of the batch at hand, flows to names
	byDomain           layer                  // likewise, to registered domains

	bucket                 int64 // that slot is of
	bucketStart, bucketEnd int64 // its bounds in ns
	slot                   uint32
}

// Begin implements flowlog.Sink.
func (w *scanWorker) Begin(part int) {
	w.position = uint64(part) << 32
	w.met.begin(part)
	if w.first {
		w.from, w.to = 0, w.begin(part)
		if w.hosts.Len() >= lean.Hosts {
			w.lean.Begin(lean.WithHosts)
		}
	} else {
		w.from, w.to = w.begun[part], len(w.flagged)
	}
}

// has says whether a host is an end of a flow within the bounds of time: a reader
// interns the hosts of what lies outside them too, and the names beside addresses.
func (f *fold) has(id uint32) bool {
	if f.seen == nil {
		return true
	}
	mark := f.seen.Peek(id)
	return mark != nil && *mark != 0
}

// Batch implements flowlog.Sink.
func (w *scanWorker) Batch(b *flow.Batch) error {
	if w.seen != nil {
		for i, src := range b.Src {
			atomic.StoreUint32(w.seen.At(src), 1)
			atomic.StoreUint32(w.seen.At(b.Dst[i]), 1)
		}
	}
	if w.first {
		w.times.See(b, w.position)
	}
	if w.query.Proxies != nil && b.Name != nil {
		w.throughProxies(b)
	}
	rows := w.outboundRows(b)
	src := w.trace(b, rows)
	named := w.hasNames()
	if named {
		rows = w.named(b, rows)
	}
	var err error
	if w.query.By.Has(beacon.ByAddress) {
		err = w.take(b, src, rows)
	}
	if named && err == nil {
		err = w.takeNames(src)
	}
	if w.first && w.pairer != nil {
		for _, row := range rows {
			w.keepLong(b, int(row))
		}
	}
	w.position += uint64(b.Len())
	return err
}

// take folds rows of a batch, each a flow to its Dst from its source in src.
func (w *scanWorker) take(b *flow.Batch, src []uint32, rows []uint16) error {
	if w.first && w.pairer != nil {
		if err := w.keep(b, src, rows, w.position); err != nil {
			return err
		}
	}
	if !w.query.Rules.Has(beacon.EveryMinute) {
		return nil
	}
	slots, marks := w.slots.View(), w.marks.View()
	if w.hosts.Len() > manyHosts {
		w.touch(slots, rows, b.Dst)
	}
	for _, row := range rows {
		i := int(row)
		dst, t := b.Dst[i], b.Time[i]
		if t < w.bucketStart || t >= w.bucketEnd {
			w.turn(t)
		}
		if w.first {
			at := dst*w.words + w.slot/64
			if !slots.Has(at) || atomic.LoadUint64(slots.Get(at))&(1<<(w.slot%64)) == 0 {
				w.set(dst, w.slot)
				slots, marks = w.slots.View(), w.marks.View()
			}
			if w.query.Span {
				w.span(dst, t, b.Duration[i])
			}
		}
		if !marks.Has(dst) {
			continue
		}
		switch k := int(atomic.LoadUint32(marks.Get(dst))) - 1; {
		case k < w.from || k >= w.to:
		case w.together != nil:
			w.takeTogether(k, b.Src[i], t, w.position+uint64(i))
		default:
			w.gatherer.add(k, src[i], t, w.bucket, w.position+uint64(i), b, i)
		}
	}
	return w.gatherer.err
}

// takeTogether takes a flow of src to a flagged destination whose sources aren't gathered.
func (w *scanWorker) takeTogether(dest int, src uint32, t int64, position uint64) {
	outline := w.gatherer.to.outline != nil
	if w.met.add(dest) {
		w.together.meet(dest)
		if outline {
			w.gatherer.to.meetOutlined(dest, src, position)
		}
	}
	w.together.add(src, t, position)
	if outline {
		w.addOutlined(dest, src, t)
	}
}

// manyHosts is how many addresses have slots that no cache near the core holds.
const manyHosts = 1 << 17

// touch loads the slots of the rows' destinations, so that their cache misses
// are waited for together.
//
// Note: of ten million addresses, without it Batch took 1.8 s of CPU against 1.4.
func (w *scanWorker) touch(slots flow.View[uint64], rows []uint16, dsts []uint32) {
	sum := uint64(0)
	for _, i := range rows {
		if at := dsts[i] * w.words; slots.Has(at) {
			sum += atomic.LoadUint64(slots.Get(at))
		}
	}
	w.touched = sum
}

// outboundRows returns the rows of a batch that are outbound flows.
//
// Note: no branch depends on a row's direction, which can't be predicted: with
// one, the main job took 1.07 times as long.
func (w *scanWorker) outboundRows(b *flow.Batch) []uint16 {
	tags := w.hosts.Tags()
	rows := &w.rows
	n, out, neither := 0, 0, 0
	dsts := b.Dst[:len(b.Src)]
	for i, src := range b.Src {
		s, d := *tags.Get(src), *tags.Get(dsts[i])
		rows[n%flow.BatchRows] = uint16(i)
		left := (s | d) / excluded & 1
		out += int(left)
		n += int(s &^ d & internal &^ left)
		neither += int(internal &^ (s | d | left))
	}
	w.excluded += int64(out)
	if w.weigh {
		w.network.seeBatch(tags, b)
	}
	if w.first {
		w.outbound += int64(n)
		w.neither += int64(neither)
	}
	return rows[:n]
}

// turn finds the bucket of a time and its slot.
func (w *scanWorker) turn(t int64) {
	length := int64(w.query.Bucket)
	w.bucket = stats.FloorDiv(t, length)
	w.bucketStart, w.bucketEnd = w.bucket*length, (w.bucket+1)*length
	cycle := int64(w.query.CycleSlots())
	w.slot = uint32(w.bucket - stats.FloorDiv(w.bucket, cycle)*cycle)
}

// span marks the slots after the first, in whose bucket the flow starts, that it lasts through.
func (w *scanWorker) span(dst uint32, t, duration int64) {
	cycle := uint32(w.query.CycleSlots())
	lasted := min(max(0, duration), int64(w.query.Cycle)) // past that it marks none twice, and its end may be later than an int64 holds
	n := min((t-w.bucketStart+lasted)/int64(w.query.Bucket), int64(cycle)-1)
	for k := range uint32(n) {
		slot := (w.slot + k + 1) % cycle
		if word := w.slots.At(dst*w.words + slot/64); atomic.LoadUint64(word)&(1<<(slot%64)) == 0 {
			w.set(dst, slot)
		}
	}
}
