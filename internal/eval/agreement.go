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
	"beacon/internal/netset"
	"beacon/internal/rita"
)

// oracleScore is a row of an oracle file: what RITA's own functions give.
type oracleScore struct {
	src                      netset.Host
	flows                    int
	score, ts, ds, dur, hist float64
}

// The oracle's log has one destination, the sensor.
var oracleDestination = netset.MustHost("64.225.56.201")

// Agreement returns the table of the largest differences between our RITA scores and those
// of RITA's own functions, for each CSV under oracle. flows is the labelled log that
// missing_host*.csv are the scores of; the other files' logs are not at hand.
func Agreement(oracle, flows string) (Table, error) {
	t := Table{
		Title: "Agreement with RITA v5",
		Note: "Largest difference from the scores that RITA's own functions give, over the pairs with the same number of flows in both logs " +
			"(a connection is filed under the hour of its end, which the labelled log doesn't tell). " +
			"RITA's sizes include packet headers and the labelled log's don't: `ds` is the number of pairs where that makes no difference, " +
			"and `score` is put together with the oracle's `ds`.",
		Head: []string{"file", "pairs", "compared", "score", "ts", "dur", "hist", "ds alike"},
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
		a := agree(scores, window)
		if worst := max(a.score, a.ts, a.dur, a.hist); worst > tolerance {
			t.short("%s: differs by %.3f, .001 allowed", name, worst)
		}
		t.Add(name, fmt.Sprint(len(scores)), fmt.Sprint(a.compared),
			fmt.Sprintf("%.3f", a.score), fmt.Sprintf("%.3f", a.ts), fmt.Sprintf("%.3f", a.dur), fmt.Sprintf("%.3f", a.hist),
			fmt.Sprint(a.sizesAlike))
	}
	return t, nil
}

var hourFile = regexp.MustCompile(`^missing_host_1h_(\d{4}-\d{2}-\d{2})_conn\.(\d{2})\.csv$`)

// oracleWindow gives the flows that an oracle file scored: those of one hour, or for
// missing_host.csv those of the log's last 25 hourly files, which is what RITA imports.
func oracleWindow(name string, all []Flow) ([]Flow, bool) {
	since := func(t time.Time) []Flow {
		i, _ := slices.BinarySearchFunc(all, t.UnixNano(), func(f Flow, t int64) int {
			if f.Time < t {
				return -1
			}
			return 1
		})
		return all[i:]
	}
	if name == "missing_host.csv" {
		lastHour := time.Unix(0, all[len(all)-1].Time).UTC().Truncate(time.Hour)
		return since(lastHour.Add(-24 * time.Hour)), true
	}
	m := hourFile.FindStringSubmatch(name)
	if m == nil {
		return nil, false
	}
	hour, err := time.Parse("2006-01-02 15", m[1]+" "+m[2])
	if err != nil {
		return nil, false
	}
	window := since(hour)
	return window[:len(window)-len(since(hour.Add(time.Hour)))], true
}

// agreement is the largest differences of our scores from an oracle's, over the pairs
// that could be compared, and how many of those have the same ds.
type agreement struct {
	compared, sizesAlike int
	score, ts, dur, hist float64
}

// tolerance is what two numbers that were rounded to three digits may differ by.
const tolerance = 0.0015

// agree compares the scores with ours of the pairs in window.
//
// Note: an hour's file begins with its earliest connection, which began before the
// hour, and the window can't tell when. Of the 86,400 seconds before the window, the
// one that contradicts the fewest pairs is taken; on each of the three files it
// contradicts none, out of 14, 96 and 53 pairs.
func agree(scores []oracleScore, window []Flow) agreement {
	pairs := map[netset.Host]beacon.Pair{}
	for _, p := range gather(window, func(f Flow) (pairKey, bool) {
		return pairKey{src: f.Src, dst: f.Dst}, f.Dst == oracleDestination
	}) {
		pairs[p.Source] = p
	}
	if len(window) == 0 {
		return agreement{}
	}
	scores = slices.DeleteFunc(slices.Clone(scores), func(s oracleScore) bool { return len(pairs[s.src].Times) != s.flows })
	last := window[len(window)-1].Time
	first, fewest := int64(0), math.MaxInt
	for back := int64(0); back < 86400 && fewest > 0; back++ {
		from, contradicted := window[0].Time-back*int64(time.Second), 0
		for _, s := range scores {
			r := rita.Compute(pairs[s.src].Times, nil, from, last)
			if math.Abs(r.Dur-s.dur) > tolerance || math.Abs(r.Hist-s.hist) > tolerance {
				if contradicted++; contradicted >= fewest {
					break
				}
			}
		}
		if contradicted < fewest {
			first, fewest = from, contradicted
		}
	}
	a := agreement{compared: len(scores)}
	for _, s := range scores {
		p := pairs[s.src]
		r := rita.Compute(p.Times, p.Bytes, first, last)
		if math.Abs(r.DS-s.ds) <= tolerance {
			a.sizesAlike++
		}
		a.score = max(a.score, math.Abs(r.Total+0.25*(s.ds-r.DS)-s.score))
		a.ts = max(a.ts, math.Abs(r.TS-s.ts))
		a.dur = max(a.dur, math.Abs(r.Dur-s.dur))
		a.hist = max(a.hist, math.Abs(r.Hist-s.hist))
	}
	return a
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
		scores = append(scores, oracleScore{netset.HostOf(src), int(x[0]), x[1], x[2], x[3], x[4], x[5]})
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
