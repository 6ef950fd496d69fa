package eval

import (
	"fmt"
	"math"

	"beacon/internal/beacon"
	"beacon/internal/eval/peer"
	"beacon/internal/stats"
)

// The grid's axes.
var (
	gridJitter = []float64{0, 0.1, 0.2, 0.3, 0.5}
	gridMiss   = []float64{0, 0.1, 0.2, 0.3}
	gridCalls  = []float64{5, 6, 8, 10, 15, 20, 30, 50, 100}
)

// Grid is our judge's detection of simulated beacons against jitter and misses, and
// how often the period found is within 10% of the true one.
func Grid(trials int) Table {
	t := Table{
		Title: "Detection of simulated beacons",
		Note: fmt.Sprintf("Share of %d beacons judged `beacon` at 1%%; in brackets the share of those whose period is within 10%%. "+
			"Sleeping: the next call comes T·(1±J) after the last; clock-locked: at k·T ± J·T.", trials),
		Head: []string{"setting", "kind", "jitter"},
	}
	for _, m := range gridMiss {
		t.Head = append(t.Head, fmt.Sprintf("%g%% missed", 100*m))
	}
	type cell struct {
		s            setting
		clock        bool
		jitter, miss float64
		hits, near   int
	}
	var cells []cell
	for _, s := range settings {
		for _, clock := range []bool{false, true} {
			for _, j := range gridJitter {
				for _, m := range gridMiss {
					cells = append(cells, cell{s: s, clock: clock, jitter: j, miss: m})
				}
			}
		}
	}
	parallel(len(cells), func(i int) {
		c := &cells[i]
		for trial := range trials {
			at := beaconCalls(chance(tableGrid, i, trial), c.s, c.clock, c.jitter, c.miss)
			if a := judgeAt(Ours, at, c.s.span); a.Beacon {
				c.hits++
				if math.Abs(a.Period.Seconds()/c.s.period-1) <= 0.1 {
					c.near++
				}
			}
		}
	})
	kind := map[bool]string{false: "sleeping", true: "clock"}
	for i := 0; i < len(cells); i += len(gridMiss) {
		c := cells[i]
		row := []string{c.s.name, kind[c.clock], fmt.Sprintf("%g%%", 100*c.jitter)}
		for _, c := range cells[i : i+len(gridMiss)] {
			row = append(row, rate(c.hits, trials)+" ("+rate(c.near, c.hits)+")")
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// judgeAt judges calls at seconds after Epoch; a rule says nothing of no calls.
func judgeAt(r peer.Rule, at []float64, span float64) peer.Answer {
	if len(at) == 0 {
		return peer.Answer{}
	}
	return r.Judge(pairAt(at), spanOf(span))
}

// PeersGrid holds every rule to the same simulated beacons and nulls.
func PeersGrid(trials int) Table {
	t := Table{
		Title: "Every rule on the same beacons and nulls",
		Note: fmt.Sprintf("Share of %d pairs taken for a beacon. Sleeping beacons by jitter (+20: and 20%% of the calls missed), "+
			"clock-locked ones with 10%% jitter; the nulls at the beacon's rate, where it is a false alarm.", trials),
		Head: []string{"rule"},
	}
	type column struct {
		s            setting
		name         string
		clock        bool
		jitter, miss float64
		null         int // index into nulls, -1 for a beacon
	}
	var columns []column
	for _, s := range settings {
		for _, c := range []column{
			{name: "10", jitter: .1}, {name: "20", jitter: .2}, {name: "30", jitter: .3}, {name: "50", jitter: .5},
			{name: "20+20", jitter: .2, miss: .2}, {name: "50+20", jitter: .5, miss: .2},
			{name: "clock 10", clock: true, jitter: .1},
		} {
			c.s, c.null = s, -1
			columns = append(columns, c)
		}
		for i, n := range nulls {
			columns = append(columns, column{s: s, name: n.name, null: i})
		}
	}
	for i, c := range columns {
		head := c.name
		if i == 0 || columns[i-1].s.name != c.s.name {
			head = c.s.name + ": " + head
		}
		t.Head = append(t.Head, head)
	}
	rules := append([]peer.Rule{Ours}, peer.All...)
	hits := make([][]int, len(columns))
	parallel(len(columns), func(i int) {
		c := columns[i]
		hits[i] = make([]int, len(rules))
		for trial := range trials {
			r := chance(tablePeers, i, trial)
			var at []float64
			if c.null < 0 {
				at = beaconCalls(r, c.s, c.clock, c.jitter, c.miss)
			} else {
				at = stats.Until(nulls[c.null].make(r, 1/c.s.period), c.s.span)
			}
			for k, rule := range rules {
				if judgeAt(rule, at, c.s.span).Beacon {
					hits[i][k]++
				}
			}
		}
	})
	for i, c := range columns {
		switch found := float64(hits[i][0]) / float64(trials); {
		case c.null < 0 && found < 0.95:
			t.short("%s, %s: %s detected, .95 wanted", c.s.name, c.name, share(found))
		case c.null >= 0 && found > 0.01:
			t.short("%s, %s: %s false alarms, .01 allowed", c.s.name, c.name, share(found))
		}
	}
	for k, rule := range rules {
		name := rule.Name
		if k == 0 {
			name = "**" + name + "**"
		}
		row := []string{name}
		for i := range columns {
			row = append(row, rate(hits[i][k], trials))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// CallsGrid is our judge's detection against the number of calls in the log.
func CallsGrid(trials int) Table {
	t := Table{
		Title: "Detection against the number of calls",
		Note: fmt.Sprintf("Share of %d sleeping beacons judged `beacon`, by the calls that fit into the log (before misses); "+
			"`not enough` is the share told to wait for more calls, at jitter 20%%.", trials),
		Head: []string{"calls", "jitter 0%", "10%", "20%", "30%", "50%", "20% and 20% missed", "not enough", "Poisson", "human"},
	}
	jitter := append(append([]float64(nil), gridJitter...), 0.2)
	width := len(jitter) + len(nulls)
	hits, wait := make([]int, len(gridCalls)*width), make([]int, len(gridCalls)*width)
	parallel(len(hits), func(i int) {
		s := setting{span: gridCalls[i/width] * 600, period: 600}
		for trial := range trials {
			r := chance(tableCalls, i, trial)
			var at []float64
			switch k := i % width; {
			case k >= len(jitter):
				at = stats.Until(nulls[k-len(jitter)].make(r, 1/s.period), s.span)
			case k == len(jitter)-1:
				at = beaconCalls(r, s, false, jitter[k], 0.2)
			default:
				at = beaconCalls(r, s, false, jitter[k], 0)
			}
			if len(at) == 0 {
				continue
			}
			switch ours(pairAt(at), spanOf(s.span)).Verdict {
			case beacon.VerdictBeacon:
				hits[i]++
			case beacon.VerdictInsufficient:
				wait[i]++
			}
		}
	})
	for n, calls := range gridCalls {
		row := []string{fmt.Sprint(calls)}
		for k := range width {
			if k == len(jitter) {
				row = append(row, rate(wait[n*width+2], trials))
			}
			row = append(row, rate(hits[n*width+k], trials))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
