package eval

import (
	"fmt"
	"hash/fnv"
	"math"
	"net/netip"
	"slices"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/eval/peer"
	"beacon/internal/netset"
	"beacon/internal/simulate"
	"beacon/internal/stats"
)

// outcome counts what became of one program or world over many logs. Everything is
// counted by finding; C2 is told from the rest by its servers.
type outcome struct {
	logs     int
	verdicts map[beacon.Verdict]int // the most suspicious finding that holds one of its servers
	near     int                    // of those found as a beacon, with the right period
	timed    int                    // of those found as a beacon, that have a right period
	findings int                    // findings with verdict beacon that hold its servers
	others   int                    // other findings with verdict beacon and a public destination
}

// saw counts one log: its findings, the program's servers, and its period, 0 if it has
// none.
func (o *outcome) saw(found []Found, servers []netset.Host, period time.Duration) {
	o.logs++
	best := beacon.VerdictNone
	for _, f := range found {
		mine := slices.ContainsFunc(f.Destinations, func(a netset.Host) bool { return slices.Contains(servers, a) })
		switch {
		case !mine:
			if f.Verdict == beacon.VerdictBeacon && f.public() {
				o.others++
			}
			continue
		case f.Verdict == beacon.VerdictBeacon:
			o.findings++
		}
		if verdictRank(f.Verdict) >= verdictRank(best) {
			continue
		}
		if best = f.Verdict; best == beacon.VerdictBeacon && period > 0 {
			o.timed++
			if math.Abs(float64(f.Period)/float64(period)-1) <= .1 {
				o.near++
			}
		}
	}
	if o.verdicts == nil {
		o.verdicts = map[beacon.Verdict]int{}
	}
	o.verdicts[best]++
}

func (o *outcome) found() int { return o.verdicts[beacon.VerdictBeacon] }

// cells returns the verdicts, findings a log, and others a log.
func (o *outcome) cells() []string {
	var row []string
	for _, v := range []beacon.Verdict{beacon.VerdictBeacon, beacon.VerdictExplained, beacon.VerdictWeak, beacon.VerdictInsufficient, beacon.VerdictNone} {
		row = append(row, rate(o.verdicts[v], o.logs))
	}
	return append(row, rate(o.near, o.timed), perLog(o.findings, o.logs), perLog(o.others, o.logs))
}

var outcomeHead = []string{"`beacon`", "`explained`", "`weak`", "not enough", "nothing", "period right", "findings a log", "others a log"}

func perLog(n, logs int) string { return fmt.Sprintf("%.2f", float64(n)/float64(max(logs, 1))) }

// run adds the calls of a program to the log, and returns its servers and its period.
func (h *hostLog) run(p simulate.Program) ([]netset.Host, time.Duration) {
	run := p.Run(h.r, h.span)
	servers := h.servers(run.Servers)
	if run.OneNetwork {
		servers = h.farm(run.Servers)
	}
	for _, c := range run.Calls {
		h.calls(servers[c.Server], c.Port, c.Proto, []float64{c.At})
	}
	return servers, run.Period
}

// all closes the log with all its pairs, also those of few flows, and no C2 marked.
func (h *hostLog) all(span peer.Span) Log {
	slices.SortStableFunc(h.flows, func(a, b Flow) int { return int(a.Time - b.Time) })
	log := Log{Span: span, Tick: tickOf(h.flows)}
	log.Pairs = gather(h.flows, func(f Flow) (pairKey, bool) { return f.key(), true })
	log.C2 = make([]bool, len(log.Pairs))
	return log
}

// ofKinds returns the elements that wanted names, all if it is empty.
func ofKinds[T any](all []T, name func(T) string, wanted []string) []T {
	if len(wanted) == 0 {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(e T) bool { return !slices.Contains(wanted, name(e)) })
}

func programName(p simulate.Program) string { return p.Name }
func worldName(w simulate.World) string     { return w.Name }

// seedOf returns a number for a kind's chance, which stays when kinds are added or left out.
func seedOf(name string) int {
	h := fnv.New32a()
	h.Write([]byte(name))
	return int(h.Sum32())
}

// runPrograms runs every program in logs of its own, each with a person's traffic.
func runPrograms(programs []simulate.Program, trials int) []outcome {
	const chunks = 5 // a program's logs are shared by several workers
	parts := make([]outcome, len(programs)*chunks)
	parallel(len(parts), func(i int) {
		p := programs[i/chunks]
		for trial := i % chunks; trial < trials; trial += chunks {
			h := &hostLog{r: chance(tablePrograms, seedOf(p.Name), trial), span: p.Days * day, host: evalSource}
			h.person()
			servers, period := h.run(p)
			log := h.all(spanOf(h.span))
			parts[i].saw(judgeAlone(log).Find(beacon.Decision{}), servers, period)
		}
	})
	sums := make([]outcome, len(programs))
	for i := range parts {
		sums[i/chunks].merge(parts[i])
	}
	return sums
}

func (o *outcome) merge(p outcome) {
	if o.verdicts == nil {
		o.verdicts = map[beacon.Verdict]int{}
	}
	for v, n := range p.verdicts {
		o.verdicts[v] += n
	}
	o.logs += p.logs
	o.near += p.near
	o.timed += p.timed
	o.findings += p.findings
	o.others += p.others
}

// programFound is the share of a family's logs in which it should be found.
const programFound = 0.95

// fewCalls is the kind of so few calls that to ask for more is right, too.
const fewCalls = "hourly-seven"

// Programs returns the tables of malware and of benign software by kind, as the simulator
// has them; kinds names those to run, all if it is empty.
func Programs(trials int, kinds []string) []Table {
	programs := ofKinds(simulate.Programs(), programName, kinds)
	note := fmt.Sprintf("%d simulated logs of each kind, each of one host with its person's traffic; period, jitter and number of servers are drawn anew for each. "+
		"The verdict is that of the most suspicious finding that holds one of its servers; `period right` is the share of those found whose period is within 10%%. "+
		"Others are findings with verdict `beacon`, a public destination and none of its servers.", trials)
	c2 := Table{Title: "Kinds of malware", Note: note, Head: append([]string{"kind", "it calls"}, outcomeHead...)}
	benign := Table{Title: "Kinds of benign timers", Note: note + " One finding a program can't be told from malware by its times; more than one is one program counted for each of its servers.",
		Head: append([]string{"kind", "it calls"}, outcomeHead...)}
	var malware, timers outcome
	several := 0
	for i, o := range runPrograms(programs, trials) {
		p := programs[i]
		row := append([]string{p.Name, p.About}, o.cells()...)
		if !p.C2 {
			benign.Rows = append(benign.Rows, row)
			timers.merge(o)
			if o.findings > o.logs {
				several++
				benign.short("%s: %s findings a log, 1 allowed", p.Name, perLog(o.findings, o.logs))
			}
			continue
		}
		c2.Rows = append(c2.Rows, row)
		malware.merge(o)
		if p.Name == fewCalls {
			o.verdicts[beacon.VerdictBeacon] += o.verdicts[beacon.VerdictInsufficient]
		}
		if float64(o.found()) < programFound*float64(o.logs) {
			c2.short("%s: %s found, %s wanted", p.Name, rate(o.found(), o.logs), share(programFound))
		}
	}
	c2.figure(aimKinds, rate(malware.found(), malware.logs))
	c2.figure(aimKindsPeriod, rate(malware.near, malware.timed))
	c2.figure(aimKindsOthers, perLog(malware.others, malware.logs))
	benign.figure(aimTimers, perLog(timers.findings, timers.logs))
	benign.figure(aimTimersMost, fmt.Sprint(several))
	return []Table{c2, benign}
}

// World log settings.
const (
	worldPeople = 10 // behind one address where the world has it so
	worldPolls  = 6  // destinations polled at random by each host
)

// Worlds returns the table of a plain sleeper and random polls in logs that something was
// done to; kinds names the worlds to try, all if it is empty.
func Worlds(trials int, kinds []string) Table {
	t := Table{Title: "What lies between",
		Note: fmt.Sprintf("%d simulated logs of each kind, two days long, of one host (`nat`: %d) with its person's traffic, %d destinations polled at random, and one sleeper of a minute to a quarter of an hour, "+
			"jitter up to 30%%, at least three steps of the clock. Columns as above.", trials, worldPeople, worldPolls),
		Head: append([]string{"kind", "what was done"}, outcomeHead...)}
	worlds := ofKinds(simulate.Worlds(), worldName, kinds)
	parts := make([]outcome, len(worlds)*trials)
	parallel(len(parts), func(i int) {
		w := worlds[i/trials]
		log, c2, period := worldLog(w, i%trials)
		parts[i].saw(judgeAlone(log).Find(beacon.Decision{}), c2, period)
	})
	var all outcome
	for k, w := range worlds {
		var o outcome
		for _, p := range parts[k*trials : (k+1)*trials] {
			o.merge(p)
		}
		all.merge(o)
		t.Rows = append(t.Rows, append([]string{w.Name, w.About}, o.cells()...))
		if float64(o.found()) < programFound*float64(o.logs) {
			t.short("%s: %s found, %s wanted", w.Name, rate(o.found(), o.logs), share(programFound))
		}
		if o.others*10 > o.logs {
			t.short("%s: %s others a log, .10 allowed", w.Name, perLog(o.others, o.logs))
		}
	}
	t.figure(aimWorlds, rate(all.found(), all.logs))
	t.figure(aimWorldsOthers, perLog(all.others, all.logs))
	return t
}

// worldLog simulates a log and lets a world change it.
func worldLog(w simulate.World, trial int) (log Log, c2 []netset.Host, period time.Duration) {
	const days, steps = 2, 3
	h := &hostLog{r: chance(tableWorlds, seedOf(w.Name), trial), span: days * day}
	people := 1
	if w.Name == "nat" {
		people = worldPeople
	}
	for i := range people {
		h.host = netset.HostOf(netip.AddrFrom4([4]byte{10, 0, 0, byte(1 + i)}))
		h.person()
		for _, to := range h.servers(worldPolls) {
			h.calls(to, 443, protoTCP, stats.Until(stats.Poisson(h.r, 24*math.Pow(16, h.r.Float64())/day), h.span))
		}
	}
	least := max(minute, steps*w.Resolution.Seconds())
	seconds := least * math.Pow(15, h.r.Float64()*math.Min(1, 900/least))
	c2 = h.servers(1)
	h.calls(c2[0], 443, protoTCP, stats.Until(stats.Sleep(h.r, seconds, .3*h.r.Float64()), h.span))
	rows := make([]simulate.Row, len(h.flows))
	for i, f := range h.flows {
		rows[i] = simulate.Row{Time: f.Time, Src: f.Src.Addr, Dst: f.Dst.Addr, DstPort: f.Port, Proto: f.Proto}
	}
	h.flows = h.flows[:0]
	for _, r := range w.Apply(h.r, time.Unix(0, Epoch), h.span, rows) {
		h.flows = append(h.flows, Flow{Time: r.Time, Src: netset.HostOf(r.Src), Dst: netset.HostOf(r.Dst), Port: r.DstPort, Proto: r.Proto})
	}
	return h.all(spanOf(h.span)), c2, time.Duration(seconds * float64(time.Second))
}
