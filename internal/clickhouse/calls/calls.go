// Package calls holds the calls of a source to a destination as they come from a table, and
// judges them as the other engine judges those of a file.
package calls

import (
	"cmp"
	"math"
	"slices"

	"beacon/internal/beacon"
	"beacon/internal/connection"
	"beacon/internal/netset"
	"beacon/internal/rhythm"
)

// Ends is a source and a destination with their calls, by port.
type Ends struct {
	Source, Destination netset.Host
	Number              int                      // of calls
	Long                map[uint16]rhythm.Result // what the times of ports of LongSeries calls and more said, nil where there are none
	ports               map[uint16]*portCalls
}

// LongSeries is how many calls aren't judged again by their times when all about them is there.
const LongSeries = 1 << 16

// portCalls is the calls to one port: all about them where that was asked for, or their
// times, ascending.
type portCalls struct {
	times []int64
	flows []Flow
}

// port returns the calls to a port, to be added to.
func (e *Ends) port(port uint16) *portCalls {
	if e.ports == nil {
		e.ports = map[uint16]*portCalls{}
	}
	p := e.ports[port]
	if p == nil {
		p = &portCalls{}
		e.ports[port] = p
	}
	return p
}

// SetTimes sets the times of the calls, ascending, in ns, and their ports: one of all of
// them, or one of each.
func (e *Ends) SetTimes(times []int64, ports []uint16) {
	e.Number = len(times)
	if len(ports) == 1 {
		e.port(ports[0]).times = times
		return
	}
	for i, t := range times {
		p := e.port(ports[i])
		p.times = append(p.times, t)
	}
}

// Add adds a flow to a port, with all about it.
func (e *Ends) Add(port uint16, f Flow) {
	p := e.port(port)
	p.flows = append(p.flows, f)
	e.Number++
}

// FlowBytes is what a Flow takes in memory.
const FlowBytes = 24

// Flow is one flow of a pair.
type Flow struct {
	start           int64 // ns
	bytes, srcBytes uint32
	units           uint32 // of its duration, see connection.NewRecord
	srcPort         uint16
	proto           uint8
}

// NewFlow returns a flow. Its bytes are kept up to 4 GiB, as the other engine keeps them, and
// its duration as that of a connection.Record.
func NewFlow(start, bytes, srcBytes, duration int64, srcPort uint16, proto uint8) Flow {
	clamp := func(v int64) uint32 { return uint32(min(max(v, 0), math.MaxUint32)) }
	return Flow{start, clamp(bytes), clamp(srcBytes), uint32(connection.NewRecord(0, duration, 0).Duration / connection.Unit), srcPort, proto}
}

func (f *Flow) record() connection.Record {
	return connection.Record{Start: f.start, Duration: int64(f.units) * connection.Unit, SourcePort: f.srcPort}
}

// sortFlows sorts flows by time. The order of those at one time is that of their other
// values, as the other engine has it.
func sortFlows(flows []Flow) {
	slices.SortFunc(flows, func(a, b Flow) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.bytes, b.bytes), cmp.Compare(a.srcBytes, b.srcBytes), cmp.Compare(a.proto, b.proto),
			cmp.Compare(a.srcPort, b.srcPort), cmp.Compare(a.units, b.units))
	})
}

// startsOf returns the starts of sorted flows.
func startsOf(flows []Flow) []int64 {
	times := make([]int64, len(flows))
	for i := range flows {
		times[i] = flows[i].start
	}
	return times
}

// within returns the sorted flows that lie in the log's main part.
func within(flows []Flow, t *beacon.Totals) []Flow {
	from, to := 0, len(flows)
	for from < to && flows[from].start < t.First {
		from++
	}
	for to > from && flows[to-1].start > t.Last {
		to--
	}
	return flows[from:to]
}

// join joins the pieces of connections among sorted flows.
func join(flows []Flow) []Flow {
	return connection.JoinPieces(flows, func(f *Flow) connection.Record { return f.record() }, func(first, piece *Flow) {
		first.bytes, first.srcBytes = add(first.bytes, piece.bytes), add(first.srcBytes, piece.srcBytes)
	})
}

// add returns a sum, up to the largest number.
func add(a, b uint32) uint32 { return a + min(b, math.MaxUint32-a) }
