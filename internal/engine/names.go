package engine

import (
	"slices"
	"sync"
	"sync/atomic"

	"beacon/internal/beacon"
	"beacon/internal/flow"
	"beacon/internal/netset"
)

// nameTable holds what a reading learns about names, shared by the workers. What it holds
// follows the names and addresses, not the flows.
type nameTable struct {
	query   *beacon.Query
	hosts   *flow.Hosts
	known   flow.Paged[uint32]    // of an address 1 + the alias that Query.Names gives it
	domains flow.Paged[uint32]    // of a name that a DNS query asked for 1 + the alias of its registered domain
	last    [2]flow.Paged[uint32] // of a name the alias of the address it was met at last: in an answer, in a call

	mu   sync.Mutex
	seen map[[2]uint32]bool // names and addresses that they were met at; true where a flow called the address by the name
}

func newNameTable(q *beacon.Query, hosts *flow.Hosts) *nameTable {
	return &nameTable{query: q, hosts: hosts, seen: map[[2]uint32]bool{}}
}

// aliasOf returns the alias of the one name that Query.Names has for an address, 0 where
// it has none or several.
func (n *nameTable) aliasOf(id uint32) uint32 {
	at := n.known.At(id)
	if v := atomic.LoadUint32(at); v > 0 {
		return v - 1
	}
	alias := uint32(0)
	if list := n.query.Names[n.hosts.Addr(id)]; len(list) == 1 {
		if name, ok := n.hosts.InternName([]byte(list[0])); ok && n.hosts.IsName(name) {
			alias = flow.Alias(name)
		}
	}
	atomic.StoreUint32(at, alias+1)
	return alias
}

// domainOf returns the alias of the registered domain of a name, 0 where it has none.
func (n *nameTable) domainOf(id uint32) uint32 {
	at := n.domains.At(id)
	if v := atomic.LoadUint32(at); v > 0 {
		return v - 1
	}
	alias := uint32(0)
	if domain := n.hosts.Host(id).Domain(); domain.IsValid() {
		alias = flow.Alias(n.hosts.InternHost(domain))
	}
	atomic.StoreUint32(at, alias+1)
	return alias
}

// met notes that a name was met at an address: by the answer to a DNS query, or because a
// flow called the address by the name.
func (n *nameTable) met(name, addr uint32, called bool) {
	last := n.last[0].At(name)
	if called {
		last = n.last[1].At(name)
	}
	if atomic.LoadUint32(last) == flow.Alias(addr) {
		return
	}
	atomic.StoreUint32(last, flow.Alias(addr))
	n.mu.Lock()
	n.seen[[2]uint32{name, addr}] = called || n.seen[[2]uint32{name, addr}]
	n.mu.Unlock()
}

// results sets what the evidence says of the names and addresses among its destinations.
func (n *nameTable) results(e *beacon.Evidence) error {
	if !n.hosts.HasNames() {
		return nil
	}
	wanted, err := e.Hosts()
	if err != nil {
		return err
	}
	addresses, labels, answers := map[netset.Host][]netset.Host{}, map[netset.Host]int{}, map[netset.Host][]string{}
	for pair, called := range n.seen {
		name, addr := n.hosts.Host(pair[0]), n.hosts.Host(pair[1])
		if wanted[name] {
			addresses[name] = append(addresses[name], addr)
		}
		if !called && wanted[addr] {
			answers[addr] = append(answers[addr], name.Name)
		}
	}
	for _, list := range answers {
		slices.Sort(list)
	}
	for _, list := range addresses {
		slices.SortFunc(list, netset.Host.Compare)
	}
	for id := range uint32(n.hosts.Len()) {
		if v := n.domains.Peek(id); v != nil && *v > 1 {
			if domain := n.hosts.Host(*v - 2); wanted[domain] {
				labels[domain]++
			}
		}
	}
	e.Addresses, e.Labels, e.Answers = addresses, labels, answers
	return nil
}

// apart returns the hosts that are part of no rotation, for their calls count for another
// host too: addresses that are called by name, and registered domains.
func (n *nameTable) apart() map[uint32]bool {
	list := map[uint32]bool{}
	for pair, called := range n.seen {
		if called {
			list[pair[1]] = true
		}
	}
	for id := range uint32(n.hosts.Len()) {
		if v := n.domains.Peek(id); v != nil && *v > 1 {
			list[*v-2] = true
		}
	}
	return list
}

// layer is the flows of a batch that go to one kind of name, as a batch of their own.
type layer struct {
	batch flow.Batch
	dst   [flow.BatchRows]uint32
	rows  [flow.BatchRows]uint16
	n     int
}

func (l *layer) begin(b *flow.Batch) {
	l.batch, l.n = *b, 0
	l.batch.Dst, l.batch.Name = l.dst[:len(b.Dst)], nil
}

func (l *layer) add(row uint16, dst uint32) {
	l.dst[row] = dst
	l.rows[l.n] = row
	l.n++
}

// named looks at the names of the outbound rows of a batch. It returns the rows whose
// destination counts as an address, and puts the others and those that have a name
// besides into w.byName and w.byDomain. A flow whose name is left out is left out.
func (w *scanWorker) named(b *flow.Batch, rows []uint16) []uint16 {
	w.byName.begin(b)
	w.byDomain.begin(b)
	tags := w.hosts.Tags()
	kept := rows[:0]
	for _, row := range rows {
		dst, alias := b.Dst[row], uint32(0)
		if b.Name != nil {
			alias = b.Name[row]
		}
		left := alias != 0 && *tags.Get(alias - 1)&excluded != 0
		if left || *tags.Get(b.Src[row])&isProxy != 0 {
			if left {
				w.excluded++
			}
			if w.first {
				w.outbound--
			}
			continue
		}
		if w.hosts.IsName(dst) {
			if alias != 0 {
				w.aliases.met(dst, alias-1, b.Port == nil || b.Port[row] != beacon.DNSPort)
			}
			w.addName(b, row, dst)
			continue
		}
		kept = append(kept, row)
		if alias == 0 && len(w.query.Names) > 0 {
			alias = w.aliases.aliasOf(dst)
			tags = w.hosts.Tags()
		}
		if alias != 0 && *tags.Get(alias - 1)&(internal|excluded) == 0 {
			w.aliases.met(alias-1, dst, true)
			w.addName(b, row, alias-1)
		}
	}
	return kept
}

// hasNames tells whether any flow so far counts for a name, or is a proxy's and counts for
// nobody.
func (w *scanWorker) hasNames() bool {
	return len(w.query.Names) > 0 || w.query.Proxies != nil || w.hosts.HasNames()
}

func (w *scanWorker) addName(b *flow.Batch, row uint16, name uint32) {
	if w.query.By.Has(beacon.ByName) {
		w.byName.add(row, name)
	}
	if b.Port != nil && b.Port[row] == beacon.DNSPort && w.query.By.Has(beacon.ByDomain) {
		if domain := w.aliases.domainOf(name); domain != 0 {
			w.byDomain.add(row, domain-1)
		}
	}
}

// takeNames folds the flows of the batch at hand that go to names and domains.
func (w *scanWorker) takeNames(src []uint32) error {
	for _, l := range [...]*layer{&w.byName, &w.byDomain} {
		if l.n == 0 {
			continue
		}
		if err := w.take(&l.batch, src, l.rows[:l.n]); err != nil {
			return err
		}
	}
	return nil
}

// throughProxies lets the flows to a proxy go to the name that they ask for.
func (w *scanWorker) throughProxies(b *flow.Batch) {
	tags := w.hosts.Tags()
	for i, dst := range b.Dst {
		if alias := b.Name[i]; alias != 0 && *tags.Get(dst)&isProxy != 0 && w.hosts.IsName(alias-1) {
			b.Dst[i], b.Name[i] = alias-1, 0
		}
	}
}
