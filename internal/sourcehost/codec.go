package sourcehost

import (
	"net/netip"

	"beacon/internal/netset"
	"beacon/internal/spill"
)

// Code writes or reads a source, without its networks.
func Code(c *spill.Coder, s *Source) {
	CodeHost(c, &s.Addr)
	CodeDevice(c, &s.Device)
	codeTimes(c, &s.First, &s.Last)
	spill.Number(c, &s.Flows)
	spill.Number(c, &s.Bytes)
	spill.Number(c, &s.Position)
}

func codeTimes(c *spill.Coder, first, last *int64) {
	spill.Number(c, first)
	length := *last - *first
	spill.Number(c, &length)
	*last = *first + length
}

// CodeDevice writes or reads a device, which may be nil.
func CodeDevice(c *spill.Coder, d **Device) {
	known := *d != nil
	c.Truth(&known)
	if !known {
		return
	}
	if *d == nil {
		*d = new(Device)
	}
	v := **d
	spill.Text(c, &v.MAC)
	spill.Text(c, &v.Name)
	spill.List(c, &v.Addresses, func(c *spill.Coder, a *Address) {
		CodeHost(c, &a.Addr)
		codeTimes(c, &a.First, &a.Last)
		spill.Number(c, &a.Position)
	})
	if c.Reading {
		**d = v
	}
}

// CodeHost writes or reads an address without zone, or a name.
func CodeHost(c *spill.Coder, h *netset.Host) {
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
