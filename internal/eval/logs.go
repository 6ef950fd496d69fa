package eval

import (
	"fmt"
	"net/netip"

	"beacon/internal/beacon"
	"beacon/internal/eval/peer"
	"beacon/internal/netset"
	"beacon/internal/rhythm"
)

// Logs returns the table of the labelled logs: for each rule, and for ours with all the
// log's pairs decided together, the C2 pairs detected and the other pairs flagged.
func Logs(logs []Log) Table {
	t := Table{
		Title: "Labelled logs",
		Note: fmt.Sprintf("Outbound pairs (source, destination, port) of %d flows or more: C2 detected / others with a public destination flagged / "+
			"others with a local one (multicast, broadcast, private) flagged. "+
			"Our own row is the verdict `beacon`, decided over all the pairs of a log; the row below counts `explained` as well.", MinFlows),
		Head: []string{"rule"},
	}
	of := []string{"pairs: C2 / public / local"}
	for _, log := range logs {
		t.Head = append(t.Head, log.Name)
		every := make([]bool, len(log.Pairs))
		for i := range every {
			every[i] = true
		}
		of = append(of, tally(log, every))
	}
	t.Head = append(t.Head, "all")
	t.Rows = append(t.Rows, of)

	oursRow, explainedRow := []string{"**beacon**"}, []string{"beacon or explained"}
	for _, log := range logs {
		rs := JudgeLog(log)
		flagged, explained := make([]bool, len(rs)), make([]bool, len(rs))
		for i, r := range rs {
			flagged[i] = r.Verdict == beacon.VerdictBeacon
			if log.C2[i] && !flagged[i] {
				t.short("%s: C2 %v > %v port %d is not a beacon", log.Name, r.Source, r.Destination, r.Port)
			}
			explained[i] = flagged[i] || r.Verdict == beacon.VerdictExplained
		}
		oursRow = append(oursRow, tally(log, flagged))
		explainedRow = append(explainedRow, tally(log, explained))
	}
	t.Rows = append(t.Rows, oursRow, explainedRow)
	for _, rule := range peer.All {
		row := []string{rule.Name}
		for _, log := range logs {
			flagged := make([]bool, len(log.Pairs))
			parallel(len(log.Pairs), func(i int) { flagged[i] = rule.Judge(log.Pairs[i], log.Span).Beacon })
			row = append(row, tally(log, flagged))
		}
		t.Rows = append(t.Rows, row)
	}
	for i := range t.Rows {
		t.Rows[i] = append(t.Rows[i], sumCells(t.Rows[i][1:]))
	}
	return t
}

// JudgeLog judges all pairs of log and decides over them together.
func JudgeLog(log Log) []beacon.Candidate {
	rs := JudgePairs(log).pairs
	beacon.Decide(rs, beacon.Decision{}, countPairs(rs))
	return rs
}

// countPairs counts all pairs of a log, judged with the default options.
func countPairs(rs []beacon.Candidate) beacon.PairTotals {
	return beacon.CountPairs(rs, rhythm.Options{}.LeastCalls())
}

// Flags lists what our judge says of every pair of the logs that it flags or that is
// C2: the rows to look at when a cell of [Logs] is not what it should be.
func Flags(logs []Log) Table {
	t := Table{
		Title: "What stands behind our row",
		Note:  "Every pair of the labelled logs that is C2 or that got another verdict than weak or none.",
		Head:  []string{"log", "pair", "C2", "calls", "verdict", "rhythm", "p", "q"},
	}
	for _, log := range logs {
		for i, r := range JudgeLog(log) {
			if (r.Verdict == beacon.VerdictNone || r.Verdict == beacon.VerdictWeak) && !log.C2[i] {
				continue
			}
			c2 := ""
			if log.C2[i] {
				c2 = "C2"
			}
			t.Add(log.Name, fmt.Sprintf("%v > %v %d", r.Source, r.Destination, r.Port), c2,
				fmt.Sprint(r.Calls), verdict(r), rhythmWords(r),
				fmt.Sprintf("%.2g", r.P), fmt.Sprintf("%.2g", r.Q))
		}
	}
	return t
}

// tally is "C2 detected / other public destinations flagged / local ones flagged".
func tally(log Log, flagged []bool) string {
	var c2, public, local int
	for i, f := range flagged {
		switch {
		case !f:
		case log.C2[i]:
			c2++
		case isPublic(log.Pairs[i].Destination):
			public++
		default:
			local++
		}
	}
	return fmt.Sprintf("%d / %d / %d", c2, public, local)
}

// isPublic tells an address of the Internet from multicast, broadcast, private and
// link-local ones, where discovery protocols keep time all day.
func isPublic(a netset.Host) bool {
	return a.Addr.IsGlobalUnicast() && !a.Addr.IsPrivate() && a.Addr != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

func sumCells(cells []string) string {
	var sum [3]int
	for _, c := range cells {
		var x [3]int
		fmt.Sscanf(c, "%d / %d / %d", &x[0], &x[1], &x[2])
		for i := range sum {
			sum[i] += x[i]
		}
	}
	return fmt.Sprintf("%d / %d / %d", sum[0], sum[1], sum[2])
}
