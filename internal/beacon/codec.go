package beacon

import (
	"net/netip"
	"unsafe"

	"beacon/internal/netset"
	"beacon/internal/shape"
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
		Append: func(to []byte, r *Candidate) []byte {
			c := spill.Coder{Bytes: to}
			codeCandidate(&c, r)
			return c.Bytes
		},
		Decode: func(from []byte) *Candidate {
			c, r := spill.Coder{Bytes: from, Reading: true}, new(Candidate)
			codeCandidate(&c, r)
			return r
		},
		Size: (*Candidate).size,
	}
}

// size returns about how many bytes a candidate takes in memory.
func (r *Candidate) size() int64 {
	return candidateBytes + int64(len(r.Parts))*int64(unsafe.Sizeof(Part{}))
}

func codeCandidate(c *spill.Coder, r *Candidate) {
	codeHost(c, &r.Source)
	codeHost(c, &r.Destination)
	spill.Number(c, &r.Port)
	spill.Number(c, &r.Proto)
	spill.Number(c, &r.First)
	spill.Number(c, &r.Last)
	spill.Number(c, &r.Position)
	spill.Number(c, &r.Callers)
	spill.List(c, &r.Parts, func(c *spill.Coder, p *Part) { codeHost(c, &p.Destination); spill.Number(c, &p.Flows) })
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

// codeHost codes an address without zone, or a name.
func codeHost(c *spill.Coder, h *netset.Host) {
	n := h.Addr.BitLen() / 8
	spill.Number(c, &n)
	if !c.Reading {
		c.Bytes = append(c.Bytes, h.Addr.AsSlice()...)
	} else if n > 0 {
		h.Addr, _ = netip.AddrFromSlice(c.Bytes[:n])
		c.Bytes = c.Bytes[n:]
	}
	spill.Text(c, &h.Name)
}

// size returns about how many bytes the evidence about a destination takes in memory.
func (e *DestinationEvidence) size() int64 {
	return int64(unsafe.Sizeof(DestinationEvidence{})+unsafe.Sizeof(Destination{})+unsafe.Sizeof(Day{})) + int64(len(e.Sources))*int64(unsafe.Sizeof(Source{})) +
		int64(len(e.Ports))*int64(unsafe.Sizeof(PortCount{})) + int64(len(e.Names))*int64(unsafe.Sizeof(NameCount{})+unsafe.Sizeof("")) + int64(len(e.Series.Counts))*int64(unsafe.Sizeof(shape.Count{}))
}

// codeEvidence codes the evidence about a destination.
func codeEvidence(c *spill.Coder, e *DestinationEvidence) {
	codeHost(c, &e.Address)
	spill.Number(c, &e.Slots)
	spill.Number(c, &e.Failed)
	spill.List(c, &e.Sources, codeSource)
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

// codeSource writes or reads a source.
func codeSource(c *spill.Coder, s *Source) {
	codeHost(c, &s.Addr)
	spill.Number(c, &s.First)
	length := s.Last - s.First
	spill.Number(c, &length)
	s.Last = s.First + length
	spill.Number(c, &s.Flows)
	spill.Number(c, &s.Bytes)
	spill.Number(c, &s.Position)
}

// codeLong writes or reads the evidence about connections that last.
func codeLong(c *spill.Coder, e *LongEvidence) {
	codeSource(c, &e.Source)
	codeHost(c, &e.Destination)
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
