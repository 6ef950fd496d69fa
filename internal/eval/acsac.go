package eval

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"github.com/apache/arrow/go/v15/parquet/file"

	"beacon/internal/beacon"
	"beacon/internal/eval/peer"
)

// Level is one level of noise of the ACSAC 2023 signals: counts per minute with a
// period of 600 s.
type Level struct {
	Noise     string // gauss: sigma, % of the period; omt: omitted, %; inst: inserted, %
	Percent   int
	Signals   [][]float64
	Published map[string]float64 // accuracy by method, where published
}

// acsacPeriod is the true period of every signal, in minutes.
const acsacPeriod = 10

// The methods of ACSAC 2023's figure 4, as its result files name them.
var acsacMethods = []struct{ file, name, title string }{
	{"evaluation", "BAYWATCH", "BAYWATCH"},
	{"robust_npmean", "RobustPeriod", "RobustPeriod"},
	{"evaluation", "Our Proposed", "ACSAC'23"},
}

// ReadLevels reads the ACSAC 2023 signals and published results under dir: data/ has
// a Parquet file for each kind and level of noise, results/ the accuracies.
func ReadLevels(dir string) ([]Level, error) {
	var levels []Level
	name := regexp.MustCompile(`^per_010_(?:std|omt|inst)_(\d+)\.parquet$`)
	for _, noise := range []string{"gauss", "omt", "inst"} {
		published, err := readPublished(dir, noise)
		if err != nil {
			return nil, err
		}
		files, err := filepath.Glob(filepath.Join(dir, "data", noise, "*.parquet"))
		if err != nil {
			return nil, err
		}
		if len(files) == 0 {
			return nil, fmt.Errorf("reading signals: no data/%s/*.parquet in %s", noise, dir)
		}
		slices.Sort(files)
		for _, f := range files {
			m := name.FindStringSubmatch(filepath.Base(f))
			if m == nil {
				return nil, fmt.Errorf("reading signals: unexpected file %s", f)
			}
			percent, err := strconv.Atoi(m[1])
			if err != nil {
				return nil, err
			}
			signals, err := readSignals(f)
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", f, err)
			}
			levels = append(levels, Level{noise, percent, signals, published[percent]})
		}
	}
	return levels, nil
}

// readPublished gives the accuracies by per cent of noise and method.
func readPublished(dir, noise string) (map[int]map[string]float64, error) {
	column := map[string]string{"gauss": "std", "omt": "omt", "inst": "inst"}[noise]
	published := map[int]map[string]float64{}
	for _, m := range acsacMethods {
		name := filepath.Join(dir, "results", noise+"_"+m.file+".csv")
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		err = eachRecord(f, []string{"per", column, "acc", "method"}, func(c []string) error {
			if c[0] != "600" || c[3] != m.name {
				return nil
			}
			percent, err := strconv.ParseFloat(c[1], 64)
			if err != nil {
				return err
			}
			accuracy, err := strconv.ParseFloat(c[2], 64)
			if err != nil {
				return err
			}
			if published[int(percent)] == nil {
				published[int(percent)] = map[string]float64{}
			}
			published[int(percent)][m.title] = accuracy
			return nil
		})
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
	}
	return published, nil
}

// readSignals reads the lists of column tdf, one list a row.
func readSignals(name string) ([][]float64, error) {
	r, err := file.OpenParquetFile(name, false)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var signals [][]float64
	for g := range r.NumRowGroups() {
		column, err := r.RowGroup(g).Column(0)
		if err != nil {
			return nil, err
		}
		in, ok := column.(*file.Float64ColumnChunkReader)
		if !ok {
			return nil, fmt.Errorf("column %s is not a list of float64", column.Descriptor().Path())
		}
		const batch = 1 << 14
		values, def, rep := make([]float64, batch), make([]int16, batch), make([]int16, batch)
		for in.HasNext() {
			levels, read, err := in.ReadBatch(batch, values, def, rep)
			if err != nil {
				return nil, err
			}
			if levels == 0 {
				return nil, io.ErrUnexpectedEOF
			}
			v := 0
			for i := range int(levels) {
				if rep[i] == 0 {
					signals = append(signals, nil)
				}
				if def[i] == column.Descriptor().MaxDefinitionLevel() {
					last := len(signals) - 1
					signals[last] = append(signals[last], values[v])
					v++
				}
			}
			if v != read {
				return nil, fmt.Errorf("%d values for %d levels", read, v)
			}
		}
	}
	return signals, nil
}

// signalPair returns the calls of a signal: each at the beginning of its minute, which is
// all that a count per minute tells.
func signalPair(signal []float64) (beacon.Pair, peer.Span) {
	p := beacon.Pair{Source: evalSource, Destination: evalDestination, Port: 443, Proto: 6}
	const minute = int64(60e9)
	for i, n := range signal {
		for range int(n) {
			p.Times = append(p.Times, Epoch+int64(i)*minute)
		}
	}
	return p, peer.Span{First: Epoch, Last: Epoch + int64(len(signal))*minute - 1}
}

// Signals returns the tables of the ACSAC 2023 signals: accuracy at each level beside the
// published figures, and what the shuffled copies give. A rule detects a signal when
// its period is within 10% of the true one; a shuffled copy is a false alarm whatever
// the period.
//
// Note: of the peers only BAYWATCH is judged here. The g-test counts by the second, and
// in times cut to the minute it finds the minute: no signal's period, and a beacon in
// every shuffled copy.
func Signals(levels []Level) []Table {
	rules := []peer.Rule{Ours, peer.Baywatch}
	detected, alarms := make([][]int, len(levels)), make([][]int, len(levels))
	parallel(len(levels), func(i int) {
		detected[i], alarms[i] = make([]int, len(rules)), make([]int, len(rules))
		for j, signal := range levels[i].Signals {
			p, span := signalPair(signal)
			copied := slices.Clone(signal)
			chance(tableSignals, i, j).Shuffle(len(copied), func(a, b int) { copied[a], copied[b] = copied[b], copied[a] })
			q, _ := signalPair(copied)
			for k, rule := range rules {
				if len(p.Times) == 0 {
					continue
				}
				if a := rule.Judge(p, span); a.Beacon && math.Abs(a.Period.Minutes()/acsacPeriod-1) <= 0.1 {
					detected[i][k]++
				}
				if rule.Judge(q, span).Beacon {
					alarms[i][k]++
				}
			}
		}
	})
	var tables []Table
	title := map[string]string{
		"gauss": "ACSAC 2023: clock-locked, Gaussian noise (sigma, % of the period)",
		"omt":   "ACSAC 2023: clock-locked, calls omitted (%)",
		"inst":  "ACSAC 2023: clock-locked, calls inserted (%)",
	}
	for i, level := range levels {
		if i == 0 || levels[i-1].Noise != level.Noise {
			t := Table{
				Title: title[level.Noise],
				Note: "600 s over 24 h, counts per minute, share of the signals whose period was found within 10%. " +
					"Published: BAYWATCH, RobustPeriod, ACSAC'23. Computed here: the rest; `false` are the shuffled copies judged a beacon.",
				Head: []string{"%", "signals"},
			}
			for _, m := range acsacMethods {
				t.Head = append(t.Head, m.title)
			}
			t.Head = append(t.Head, "**beacon**", "below best", "false", "BAYWATCH core", "false")
			tables = append(tables, t)
		}
		n := len(level.Signals)
		row := []string{fmt.Sprint(level.Percent), fmt.Sprint(n)}
		best := 0.0
		for _, m := range acsacMethods {
			row = append(row, published(level, m.title))
			best = max(best, level.Published[m.title])
		}
		t := &tables[len(tables)-1]
		below := ""
		if found := float64(detected[i][0]) / float64(n); found < best-1e-9 {
			below = "yes"
			t.short("%d%%: %s detected, %s published", level.Percent, share(found), share(best))
		}
		if alarms[i][0]*100 > n {
			t.short("%d%%: %s of the shuffled copies judged a beacon, .01 allowed", level.Percent, rate(alarms[i][0], n))
		}
		row = append(row, rate(detected[i][0], n), below, rate(alarms[i][0], n))
		for k := 1; k < len(rules); k++ {
			row = append(row, rate(detected[i][k], n), rate(alarms[i][k], n))
		}
		t.Rows = append(t.Rows, row)
	}
	return tables
}

func published(level Level, method string) string {
	if v, ok := level.Published[method]; ok {
		return share(v)
	}
	return "-"
}
