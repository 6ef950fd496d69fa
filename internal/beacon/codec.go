package beacon

import (
	"unsafe"

	"beacon/internal/shape"
	"beacon/internal/sourcehost"
	"beacon/internal/spill"
)

// Candidates past the memory allowed are kept as bytes, 200 of them instead of 700. Of
// those that were decided the reasons follow from the rest.

// candidateBytes is about what a candidate takes in memory, with what it points to.
const candidateBytes = int64(unsafe.Sizeof(Candidate{})) + 64

// candidateKind returns how candidates are sorted and kept, in an order.
func candidateKind(compare func(a, b *Candidate) int) spill.Kind[Candidate] {
	return spill.Kind[Candidate]{
		Compare: compare,
		Code:    codeCandidate,
		Size:    (*Candidate).size,
	}
}

// size returns about how many bytes a candidate takes in memory.
func (r *Candidate) size() int64 {
	size := candidateBytes + int64(len(r.Parts))*int64(unsafe.Sizeof(Part{}))
	if r.Device != nil {
		size += int64(unsafe.Sizeof(sourcehost.Device{})) + int64(len(r.Device.Addresses))*int64(unsafe.Sizeof(sourcehost.Address{}))
	}
	return size
}

func codeCandidate(c *spill.Coder, r *Candidate) {
	sourcehost.CodeHost(c, &r.Source)
	sourcehost.CodeDevice(c, &r.Device)
	sourcehost.CodeHost(c, &r.Destination)
	spill.Number(c, &r.Port)
	spill.Number(c, &r.Proto)
	spill.Number(c, &r.First)
	spill.Number(c, &r.Last)
	spill.Number(c, &r.Position)
	spill.Number(c, &r.Callers)
	spill.List(c, &r.Parts, func(c *spill.Coder, p *Part) { sourcehost.CodeHost(c, &p.Destination); spill.Number(c, &p.Flows) })
	c.Truth(&r.Shared)
	c.Truth(&r.PortVaries)
	spill.Number(c, &r.Failed)
	spill.Number(c, &r.Bytes)
	r.Result.Code(c)
	c.Reals(&r.Size.Total, &r.Size.Sent, &r.Size.Received)
	c.Reals(&r.RITA.Total, &r.RITA.TS, &r.RITA.DS, &r.RITA.Dur, &r.RITA.Hist)
	c.Truth(&r.RITA.Eligible)
	spill.Choice(c, &r.Verdict, verdicts)
	spill.Text(c, &r.Explanation)
	spill.Number(c, &r.Needs)
	c.Reals(&r.Q, &r.cut)
}

// size returns about how many bytes the evidence about a destination takes in memory.
func (e *DestinationEvidence) size() int64 {
	return int64(unsafe.Sizeof(DestinationEvidence{})+unsafe.Sizeof(Destination{})+unsafe.Sizeof(Day{})) + int64(len(e.Sources))*int64(unsafe.Sizeof(Source{})) +
		int64(len(e.Ports))*int64(unsafe.Sizeof(PortCount{})) + int64(len(e.Names))*int64(unsafe.Sizeof(NameCount{})+unsafe.Sizeof("")) + int64(len(e.Series.Counts))*int64(unsafe.Sizeof(shape.Count{}))
}

// codeEvidence codes the evidence about a destination.
func codeEvidence(c *spill.Coder, e *DestinationEvidence) {
	sourcehost.CodeHost(c, &e.Address)
	spill.Number(c, &e.Slots)
	spill.Number(c, &e.Failed)
	spill.List(c, &e.Sources, sourcehost.Code)
	spill.Number(c, &e.Callers)
	spill.List(c, &e.Ports, func(c *spill.Coder, p *PortCount) { spill.Number(c, &p.Port); spill.Number(c, &p.Flows) })
	spill.List(c, &e.Names, func(c *spill.Coder, n *NameCount) { spill.Text(c, &n.Name); spill.Number(c, &n.Flows) })
	spill.Number(c, &e.Series.Bucket)
	index := int64(0)
	spill.List(c, &e.Series.Counts, func(c *spill.Coder, n *shape.Count) {
		step := n.Index - index
		spill.Number(c, &step)
		spill.Number(c, &n.Calls)
		n.Index = index + step
		index = n.Index
	})
}

// codeLong writes or reads the evidence about connections that last.
func codeLong(c *spill.Coder, e *LongEvidence) {
	sourcehost.Code(c, &e.Source)
	sourcehost.CodeHost(c, &e.Destination)
	spill.Number(c, &e.Port)
	spill.Number(c, &e.Proto)
	spill.Number(c, &e.Failed)
	l := &e.Lasting
	spill.Number(c, &l.Longest)
	spill.Number(c, &l.Began)
	spill.Number(c, &l.Count)
	spill.Number(c, &l.Long)
	spill.Number(c, &l.Total)
	spill.Number(c, &l.Day)
	spill.Number(c, &l.DayTotal)
}
