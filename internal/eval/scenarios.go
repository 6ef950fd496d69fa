package eval

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"

	"beacon/internal/beacon"
	"beacon/internal/eval/peer"
	"beacon/internal/netset"
	"beacon/internal/stats"
)

// A scenario is the log of one host, all its pairs decided together: for the rules that
// look at a pair's company, no pair can be judged alone.
type scenario struct {
	name string
	from string // where its timing stands, "" where the name says all of it
	span float64
	make func(h *hostLog)
}

// hostLog is the log of one host in the making.
type hostLog struct {
	r     *rand.Rand
	span  float64     // seconds
	host  netset.Host // whose calls are added
	flows []Flow
	c2    map[pairKey]bool
}

// server draws a public address; two are hardly ever of one network.
func (h *hostLog) server() netset.Host {
	for {
		a := netip.AddrFrom4([4]byte{byte(1 + h.r.IntN(222)), byte(h.r.IntN(256)), byte(h.r.IntN(256)), byte(1 + h.r.IntN(254))})
		if h := netset.HostOf(a); isPublic(h) && !a.IsLoopback() {
			return h
		}
	}
}

// servers draws n of them.
func (h *hostLog) servers(n int) []netset.Host {
	all := make([]netset.Host, n)
	for i := range all {
		all[i] = h.server()
	}
	return all
}

// farm draws n addresses of one /24.
func (h *hostLog) farm(n int) []netset.Host {
	b := h.server().Addr.As4()
	all := make([]netset.Host, n)
	for i, k := range h.r.Perm(254)[:n] {
		b[3] = byte(k + 1)
		all[i] = netset.HostOf(netip.AddrFrom4(b))
	}
	return all
}

const (
	protoICMP = 1
	protoTCP  = 6
	protoUDP  = 17
)

// calls adds the calls of one program, at seconds after Epoch; those past the end are
// left out.
func (h *hostLog) calls(to netset.Host, port uint16, proto uint8, at []float64) {
	for _, t := range at {
		if t < h.span {
			h.flows = append(h.flows, Flow{Time: Epoch + int64(t*1e9), Src: h.host, Dst: to, Port: port, Proto: proto})
		}
	}
}

// command adds calls of a bot to a server of its own.
func (h *hostLog) command(to netset.Host, port uint16, proto uint8, at []float64) {
	h.calls(to, port, proto, at)
	h.c2[pairKey{h.host, to, port}] = true
}

// log closes the log: its pairs and what they are.
func (h *hostLog) log(name string) Log {
	slices.SortStableFunc(h.flows, func(a, b Flow) int { return int(a.Time - b.Time) })
	log := Log{Name: name, Span: spanOf(h.span)}
	for _, p := range gather(h.flows, func(f Flow) (pairKey, bool) { return f.key(), true }) {
		if len(p.Times) >= MinFlows {
			log.Pairs = append(log.Pairs, p)
			log.C2 = append(log.C2, h.c2[pairKey{p.Source, p.Destination, p.Port}])
		}
	}
	return log
}

// weekdays keeps the calls from 9 to 17 h on weekdays; Epoch is a Monday.
func weekdays(at []float64) []float64 {
	return slices.DeleteFunc(at, func(t float64) bool {
		d, h := int(t/day)%7, t-day*float64(int(t/day))
		return d >= 5 || h < 9*hour || h >= 17*hour
	})
}

// jittered moves every call by up to so many seconds, as a network does.
func (h *hostLog) jittered(at []float64, by float64) []float64 {
	for i := range at {
		at[i] += by * h.r.Float64()
	}
	return at
}

// person is what any office machine does beside: pages at work, the clock, and a
// certificate or a stray poll now and then.
func (h *hostLog) person() {
	for _, to := range h.servers(25) {
		h.calls(to, 443, protoTCP, weekdays(stats.Until(stats.Human(h.r, 100/day, stats.Browsing), h.span)))
	}
	for _, to := range h.servers(10) {
		h.calls(to, 80, protoTCP, stats.Until(stats.Poisson(h.r, 12/day), h.span))
	}
	h.calls(h.server(), 123, protoUDP, stats.Until(stats.Sleep(h.r, 1024, .01), h.span))
}

// judged counts the verdicts of some pairs, and what peers say of them.
type judged struct {
	pairs    int
	rotating int
	verdicts map[beacon.Verdict]int
	peers    []int
}

// Families returns the table of the calls of known malware among a person's.
func Families(trials int) Table {
	t := scenarios(tableFamilies, trials, families, true)
	t.Title = "Malware families"
	t.Note = fmt.Sprintf("How malware calls home, in %d simulated logs each of one host with its person's traffic, decided together. "+
		"Counted are its C2 pairs of %d flows or more; `others` is the share of the other pairs judged `beacon`.", trials, MinFlows)
	return t
}

// Benign returns the table of programs that keep time for a good reason.
func Benign(trials int) Table {
	t := scenarios(tableBenign, trials, services, false)
	t.Title = "Benign services"
	t.Note = fmt.Sprintf("Programs that keep time and are no malware, in %d simulated logs each of one host with its person's traffic, decided together. "+
		"All pairs of %d flows or more are counted, the person's too. Nothing in its times tells a program that polls one server from malware that does.", trials, MinFlows)
	return t
}

func scenarios(table, trials int, all []scenario, c2 bool) Table {
	peers := []peer.Rule{peer.Flare(30, 50), peer.CV}
	t := Table{Head: []string{"calls", "pairs", "`beacon`", "`explained`", "weak", "not enough", "none", "in a rotation"}}
	if c2 {
		t.Head = append(t.Head, "others")
	}
	for _, rule := range peers {
		t.Head = append(t.Head, rule.Name)
	}
	mine, others := make([]judged, len(all)), make([]judged, len(all))
	parallel(len(all), func(i int) {
		mine[i], others[i] = judged{verdicts: map[beacon.Verdict]int{}}, judged{verdicts: map[beacon.Verdict]int{}}
		mine[i].peers = make([]int, len(peers))
		for trial := range trials {
			h := &hostLog{r: chance(table, i, trial), span: all[i].span, host: evalSource, c2: map[pairKey]bool{}}
			h.person()
			all[i].make(h)
			log := h.log(all[i].name)
			rs := JudgeLog(log)
			rotating := rotations(log, rs)
			for k, r := range rs {
				c := &mine[i]
				if c2 && !log.C2[k] {
					c = &others[i]
				}
				c.pairs++
				c.verdicts[r.Verdict]++
				if rotating[k] {
					c.rotating++
				}
				for j := range c.peers {
					if peers[j].Judge(log.Pairs[k], log.Span).Beacon {
						c.peers[j]++
					}
				}
			}
		}
	})
	for i, s := range all {
		c := mine[i]
		row := []string{s.name, fmt.Sprint(c.pairs)}
		for _, v := range []beacon.Verdict{beacon.VerdictBeacon, beacon.VerdictExplained, beacon.VerdictWeak, beacon.VerdictInsufficient, beacon.VerdictNone} {
			row = append(row, rate(c.verdicts[v], c.pairs))
		}
		row = append(row, rate(c.rotating, c.pairs))
		if c2 {
			row = append(row, rate(others[i].verdicts[beacon.VerdictBeacon], others[i].pairs))
			if c.verdicts[beacon.VerdictBeacon]*10 < c.pairs*9 {
				t.short("%s: %s detected, .9 wanted", s.name, rate(c.verdicts[beacon.VerdictBeacon], c.pairs))
			}
		}
		for _, n := range c.peers {
			row = append(row, rate(n, c.pairs))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
