package simulate

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"time"
)

// Planted is one destination that a simulated log was given on purpose.
type Planted struct {
	Destination netip.Addr
	Shape       Shape
	Sources     []netip.Addr // inside hosts that call it, in order of first call
	First       int64        // nanoseconds since the Unix epoch, UTC: the first call
}

// Truth holds what a simulated log was given on purpose.
type Truth struct {
	Planted []Planted
}

// WriteCSV writes a header and a line per planted destination: the sources
// separated by spaces, the first call in RFC 3339.
func (t Truth) WriteCSV(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintln(b, "destination,shape,sources,first")
	for _, p := range t.Planted {
		fmt.Fprintf(b, "%s,%s,", p.Destination, p.Shape)
		for i, s := range p.Sources {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(s.String())
		}
		fmt.Fprintf(b, ",%s\n", time.Unix(0, p.First).UTC().Format(time.RFC3339Nano))
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("writing the truth: %w", err)
	}
	return nil
}

// truthKeeper notes the calls to the planted destinations as they are written.
type truthKeeper struct {
	planted []Planted
	known   []map[netip.Addr]bool
}

func newTruthKeeper() *truthKeeper {
	k := &truthKeeper{}
	for _, p := range plantedDestinations {
		k.planted = append(k.planted, Planted{Destination: p.addr, Shape: p.shape})
		k.known = append(k.known, map[netip.Addr]bool{})
	}
	return k
}

// saw notes a call to the ith planted destination.
func (k *truthKeeper) saw(i int, r *Row) {
	if k.known[i][r.Src] {
		return
	}
	k.known[i][r.Src] = true
	p := &k.planted[i]
	if len(p.Sources) == 0 {
		p.First = r.Time
	}
	p.Sources = append(p.Sources, r.Src)
}

func (k *truthKeeper) truth() Truth { return Truth{k.planted} }
