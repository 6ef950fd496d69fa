package eval

import (
	"fmt"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"beacon/internal/beacon"
)

// oracleScore is a row of an oracle file: what RITA's own functions give.
type oracleScore struct {
	src                      netip.Addr
	flows                    int
	score, ts, ds, dur, hist float64
}

// The oracle's log has one destination, the sensor.
var oracleDestination = netip.MustParseAddr("64.225.56.201")

// Agreement is the table of the largest differences between our RITA scores and those
// of RITA's own functions, for each CSV under oracle. flows is the labelled log that
// missing_host*.csv are the scores of; the other files' logs are not at hand.
func Agreement(oracle, flows string) (Table, error) {
	t := Table{
		Title: "Agreement with RITA v5",
		Note:  "Largest difference from the scores that RITA's own functions give.",
		Head:  []string{"file", "pairs", "compared", "score", "ts", "ds", "dur", "hist"},
	}
	files, err := filepath.Glob(filepath.Join(oracle, "*.csv"))
	if err != nil {
		return t, err
	}
	if len(files) == 0 {
		return t, fmt.Errorf("reading RITA's scores: no *.csv in %s", oracle)
	}
	slices.Sort(files)
	all, err := readFlows(flows)
	if err != nil {
		return t, err
	}
	for _, f := range files {
		name := filepath.Base(f)
		window, ok := oracleWindow(name, all)
		if !ok {
			n, err := countRecords(f)
			if err != nil {
				return t, err
			}
			t.Add(name, fmt.Sprint(n), "0, log not at hand", "-", "-", "-", "-", "-")
			continue
		}
		scores, err := readOracle(f)
		if err != nil {
			return t, err
		}
		compared, worst := compareScores(scores, window)
		row := []string{name, fmt.Sprint(len(scores)), fmt.Sprint(compared)}
		for _, d := range worst {
			row = append(row, fmt.Sprintf("%.3f", d))
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

var hourFile = regexp.MustCompile(`^missing_host_1h_(\d{4}-\d{2}-\d{2})_conn\.(\d{2})\.csv$`)

// oracleWindow gives the flows that an oracle file scored: all of missing_host.csv, or
// those of one hour.
func oracleWindow(name string, all []Flow) ([]Flow, bool) {
	if name == "missing_host.csv" {
		return all, true
	}
	m := hourFile.FindStringSubmatch(name)
	if m == nil {
		return nil, false
	}
	hour, err := time.Parse("2006-01-02 15", m[1]+" "+m[2])
	if err != nil {
		return nil, false
	}
	at := func(t time.Time) int {
		i, _ := slices.BinarySearchFunc(all, t.UnixNano(), func(f Flow, t int64) int {
			if f.Time < t {
				return -1
			}
			return 1
		})
		return i
	}
	return all[at(hour):at(hour.Add(time.Hour))], true
}

// compareScores gives the number of scores whose pair has the same number of flows
// here, and the largest difference of score, ts, ds, dur and hist over them.
func compareScores(scores []oracleScore, window []Flow) (compared int, worst [5]float64) {
	byKey := map[netip.Addr]beacon.Pair{}
	for _, p := range gather(window, func(f Flow) (pairKey, bool) {
		return pairKey{src: f.Src, dst: f.Dst}, f.Dst == oracleDestination
	}) {
		byKey[p.Source] = p
	}
	for _, s := range scores {
		p := byKey[s.src]
		if len(p.Times) != s.flows {
			continue
		}
		compared++
		r := beacon.RITA(p.Times, p.Bytes, window[0].Time, window[len(window)-1].Time)
		for i, d := range []float64{r.Score - s.score, r.TS - s.ts, r.DS - s.ds, r.Dur - s.dur, r.Hist - s.hist} {
			worst[i] = max(worst[i], math.Abs(d))
		}
	}
	return compared, worst
}

func readOracle(name string) ([]oracleScore, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var scores []oracleScore
	err = eachRecord(f, []string{"src", "count", "score", "ts_score", "ds_score", "dur_score", "hist_score"}, func(c []string) error {
		src, err := netip.ParseAddr(c[0])
		if err != nil {
			return err
		}
		var x [6]float64
		for i := range x {
			if x[i], err = strconv.ParseFloat(c[i+1], 64); err != nil {
				return err
			}
		}
		scores = append(scores, oracleScore{src, int(x[0]), x[1], x[2], x[3], x[4], x[5]})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return scores, nil
}

func countRecords(name string) (n int, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	err = eachRecord(f, nil, func([]string) error { n++; return nil })
	return n, err
}
