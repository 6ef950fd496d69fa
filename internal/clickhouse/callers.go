package clickhouse

import "beacon/internal/netset"

// callers is how many sources call each service that several call. Those of addresses, which
// may be millions, are without pointers: a collection passes over them.
type callers struct {
	addrs map[addrService]uint32
	names map[nameService]uint32
}

type addrService struct {
	addr [16]byte // an IPv4 address as an IPv4-mapped one
	port uint16
}

type nameService struct {
	name string
	port uint16
}

func (c callers) set(h netset.Host, port uint16, n uint32) {
	if h.IsName() {
		c.names[nameService{h.Name, port}] = n
	} else {
		c.addrs[addrService{h.Addr.As16(), port}] = n
	}
}

func (c callers) of(h netset.Host, port uint16) (n uint32, several bool) {
	if h.IsName() {
		n, several = c.names[nameService{h.Name, port}]
	} else {
		n, several = c.addrs[addrService{h.Addr.As16(), port}]
	}
	return n, several
}
