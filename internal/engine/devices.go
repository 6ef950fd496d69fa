package engine

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"sync"

	"beacon/internal/flow"
	"beacon/internal/lease"
	"beacon/internal/netset"
	"beacon/internal/sourcehost"
)

// If leases tell which device had the address of a source, the source's id is that of an end: a
// device at one of its addresses. Ids of ends have endBit set and are otherwise numbered from 0,
// so that code that counts by the id of a source counts by device and address. Pairs are judged
// by device: the ids of devices have endBit set and are numbered from 0, too.
const endBit = 1 << 31

// devices holds the devices and ends of a reading. It is shared by the workers.
type devices struct {
	hosts  *flow.Hosts
	leases *lease.Table

	addresses flow.Paged[uint32] // id of the address, by end
	owners    flow.Paged[uint32] // index in list of the device, by end

	mu      sync.Mutex
	ends    map[[2]uint32]uint32 // by address and device
	numbers map[string]uint32    // index in list, by the device's key
	list    []*sourcehost.Device // without addresses
}

// newDevices returns nil if there are no leases.
func newDevices(hosts *flow.Hosts, leases *lease.Table) *devices {
	if leases == nil {
		return nil
	}
	return &devices{hosts: hosts, leases: leases, ends: map[[2]uint32]uint32{}, numbers: map[string]uint32{}}
}

// end returns the id of a device at an address.
func (d *devices) end(address uint32, device lease.Device) uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := device.Key()
	n, ok := d.numbers[key]
	if !ok {
		n = uint32(len(d.list))
		d.numbers[key] = n
		d.list = append(d.list, &sourcehost.Device{Device: device})
	}
	end, ok := d.ends[[2]uint32{address, n}]
	if !ok {
		end = uint32(len(d.ends))
		d.ends[[2]uint32{address, n}] = end
		*d.addresses.At(end), *d.owners.At(end) = address, n
	}
	return endBit | end
}

// source returns the id by which a call is judged: its source, or the device of an end.
func (d *devices) source(src uint32) uint32 {
	if src&endBit == 0 {
		return src
	}
	return endBit | *d.owners.Peek(src &^ endBit)
}

// sourceHost returns the host that stands for the id that source returns. For a device it is a
// name that no host of the log has, see lease.Device.Key.
func (f *fold) sourceHost(source uint32) netset.Host {
	if source&endBit == 0 {
		return f.hosts.Host(source)
	}
	return netset.Host{Name: f.devices.list[source&^endBit].Key()}
}

// sourceID returns the id of the source that a host stands for, see sourceHost.
func (f *fold) sourceID(h netset.Host) uint32 {
	if f.devices != nil {
		if n, ok := f.devices.numbers[h.Name]; ok {
			return endBit | n
		}
	}
	return f.hosts.InternHost(h)
}

// caller returns the address of a call's source, and its device, which may be nil.
func (f *fold) caller(src uint32) (netset.Host, *sourcehost.Device) {
	if src&endBit == 0 {
		return f.hosts.Host(src), nil
	}
	end := src &^ endBit
	return f.hosts.Host(*f.devices.addresses.Peek(end)), f.devices.list[*f.devices.owners.Peek(end)]
}

// tracer finds the ends of one worker's flows. It remembers the last tenure of each address.
type tracer struct {
	src  [flow.BatchRows]uint32
	last map[uint32]tenure
}

// tenure is a time [from, until) in which one device had an address, or none.
type tenure struct {
	from, until int64
	end         uint32 // the id of the end, or of the address without a device
}

// trace returns the sources of a batch. Only the given rows are valid; those with a device have
// the id of an end.
func (w *scanWorker) trace(b *flow.Batch, rows []uint16) []uint32 {
	if w.devices == nil {
		return b.Src
	}
	if w.tracer == nil {
		w.tracer = &tracer{last: map[uint32]tenure{}}
	}
	for _, row := range rows {
		at := b.Time[row]
		t, ok := w.tracer.last[b.Src[row]]
		if !ok || at < t.from || at >= t.until {
			t = w.devices.tenure(b.Src[row], at)
			w.tracer.last[b.Src[row]] = t
		}
		w.tracer.src[row] = t.end
	}
	return w.tracer.src[:b.Len()]
}

// tenure returns the tenure of an address at a time.
func (d *devices) tenure(src uint32, at int64) tenure {
	device, from, until := d.leases.At(d.hosts.Addr(src), at)
	if device == nil {
		return tenure{from, until, src}
	}
	return tenure{from, until, d.end(src, *device)}
}

// tally counts the addresses that a device called from, by end.
type tally map[uint32]*sourcehost.Address

// add counts a call, unless its source is an address only.
func (t *tally) add(c *call) {
	if c.Source()&endBit == 0 {
		return
	}
	if *t == nil {
		*t = tally{}
	}
	a := (*t)[c.Source()]
	if a == nil {
		a = &sourcehost.Address{First: math.MaxInt64, Last: math.MinInt64, Position: math.MaxUint64}
		(*t)[c.Source()] = a
	}
	a.First, a.Last, a.Position = min(a.First, c.Time()), max(a.Last, c.Time()), min(a.Position, c.Position())
}

// device returns the device with the addresses that were counted, nil where none were.
func (f *fold) device(t tally) (device *sourcehost.Device) {
	for _, end := range slices.SortedFunc(maps.Keys(t), func(a, b uint32) int { return cmp.Compare(t[a].Position, t[b].Position) }) {
		addr, d := f.caller(end)
		a := t[end]
		a.Addr = addr
		device = sourcehost.With(device, &sourcehost.Device{Device: d.Device, Addresses: []sourcehost.Address{*a}})
	}
	return device
}

// deviceOf returns the device that some calls are of, with the addresses that it called
// from; nil where their source is an address only.
func (f *fold) deviceOf(calls []call) *sourcehost.Device {
	var t tally
	for i := range calls {
		t.add(&calls[i])
	}
	return f.device(t)
}
