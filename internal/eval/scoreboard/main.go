// Command scoreboard prints the scoreboard of the rhythm judge as Markdown.
//
// It reads the labelled data under the directory that the environment variable
// BEACON_SHARED names, and says which tables it leaves out when that is unset.
package main

import (
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"beacon/internal/eval"
	"beacon/internal/simulate"
)

func main() {
	quick := flag.Bool("quick", false, "a tenth of the simulations")
	only := flag.String("only", "", "the tables to print, by name, separated by commas (default all)")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: scoreboard [-quick] [-only "+strings.Join(names(), ",")+"]")
		flag.PrintDefaults()
	}
	flag.Parse()
	if err := run(os.Stdout, os.Stderr, os.Getenv("BEACON_SHARED"), *quick, *only); err != nil {
		fmt.Fprintln(os.Stderr, "scoreboard:", err)
		os.Exit(1)
	}
}

// A section is one part of the scoreboard. data is the directory of the labelled
// data; trials scales a number of simulations down when the run is to be quick.
type section struct {
	name     string
	labelled bool // needs data
	tables   func(data string, trials func(int) int) ([]eval.Table, error)
}

var sections = []section{
	{"grid", false, func(_ string, trials func(int) int) ([]eval.Table, error) {
		return []eval.Table{eval.Grid(trials(200))}, nil
	}},
	{"calls", false, func(_ string, trials func(int) int) ([]eval.Table, error) {
		return []eval.Table{eval.CallsGrid(trials(400))}, nil
	}},
	{"peers", false, func(_ string, trials func(int) int) ([]eval.Table, error) {
		return []eval.Table{eval.PeersGrid(trials(500))}, nil
	}},
	{"mixed", false, func(_ string, trials func(int) int) ([]eval.Table, error) {
		t, err := mixed(trials(400))
		return []eval.Table{t}, err
	}},
	{"calibration", false, func(_ string, trials func(int) int) ([]eval.Table, error) {
		return []eval.Table{eval.Calibration(trials(120_000))}, nil
	}},
	{"habits", false, func(_ string, trials func(int) int) ([]eval.Table, error) {
		return []eval.Table{eval.Habits(trials(300))}, nil
	}},
	{"families", false, func(_ string, trials func(int) int) ([]eval.Table, error) {
		return []eval.Table{eval.Families(trials(20)), eval.Benign(trials(20))}, nil
	}},
	{"acsac", true, func(data string, _ func(int) int) ([]eval.Table, error) {
		levels, err := eval.ReadLevels(filepath.Join(data, "labelled", "acsac23_signals"))
		if err != nil {
			return nil, err
		}
		return eval.Signals(levels), nil
	}},
	{"logs", true, func(data string, _ func(int) int) ([]eval.Table, error) {
		logs, err := eval.ReadLogs(filepath.Join(data, "labelled"), eval.MinFlows)
		if err != nil {
			return nil, err
		}
		return []eval.Table{eval.Logs(logs), eval.Flags(logs)}, nil
	}},
	{"planted", true, func(data string, _ func(int) int) ([]eval.Table, error) {
		logs, err := eval.ReadLogs(filepath.Join(data, "labelled"), 1)
		if err != nil {
			return nil, err
		}
		return []eval.Table{eval.Planted(logs), eval.Own(logs)}, nil
	}},
	{"rita", true, func(data string, _ func(int) int) ([]eval.Table, error) {
		t, err := eval.Agreement(filepath.Join(data, "oracle"), filepath.Join(data, "labelled", "rita_missing_host", "flows.csv.gz"))
		return []eval.Table{t}, err
	}},
	{"special", false, func(_ string, trials func(int) int) ([]eval.Table, error) {
		return []eval.Table{eval.Special(trials(100))}, nil
	}},
}

func names() []string {
	var s []string
	for _, sec := range sections {
		s = append(s, sec.name)
	}
	return s
}

// run prints the tables of the sections named in only, all if empty, and the time
// that each took on progress.
func run(out, progress io.Writer, data string, quick bool, only string) error {
	wanted := names()
	if only != "" {
		wanted = strings.Split(only, ",")
	}
	for _, name := range wanted {
		if !slices.Contains(names(), name) {
			return fmt.Errorf("no table %q; there are %s", name, strings.Join(names(), ", "))
		}
	}
	trials := func(n int) int {
		if quick {
			return max(n/10, 1)
		}
		return n
	}
	var short []string
	for _, sec := range sections {
		if !slices.Contains(wanted, sec.name) {
			continue
		}
		if sec.labelled && data == "" {
			fmt.Fprintf(out, "Left out: %s, for BEACON_SHARED is not set and its data is not at hand.\n\n", sec.name)
			continue
		}
		start := time.Now()
		tables, err := sec.tables(data, trials)
		if err != nil {
			return err
		}
		for _, t := range tables {
			if err := t.Markdown(out); err != nil {
				return err
			}
			for _, cell := range t.Short {
				short = append(short, fmt.Sprintf("- %s. %s", t.Title, cell))
			}
		}
		fmt.Fprintf(progress, "%s: %.1f s\n", sec.name, time.Since(start).Seconds())
	}
	if len(short) == 0 {
		short = []string{"Nothing."}
	}
	_, err := fmt.Fprintf(out, "### What falls short\n\n%s\n", strings.Join(short, "\n"))
	return err
}

// mixed is the table of a simulated day with so many beacons among two hosts each.
func mixed(beacons int) (eval.Table, error) {
	cfg := simulate.DefaultBeacons()
	cfg.Beacons, cfg.Hosts = beacons, max(beacons/2, 20)
	var flows []eval.Flow
	planted, err := simulate.Beacons(cfg, func(r simulate.Row) error {
		flows = append(flows, eval.Flow{Time: r.Time, Src: r.Src, Dst: r.Dst, Port: r.DstPort, Proto: r.Proto, Bytes: r.Bytes})
		return nil
	})
	if err != nil {
		return eval.Table{}, err
	}
	type pair struct {
		src, dst netip.Addr
		port     uint16
	}
	plan := map[pair]eval.Planned{}
	for _, b := range planted {
		p := eval.Planned{Kind: b.Kind, Beacon: b.Beacon > 0, Period: b.Period}
		if b.Kind == simulate.KindSwitch || b.Kind == simulate.KindRotating {
			p.Period = 0
		}
		plan[pair{b.Source, b.Destination, b.Port}] = p
	}
	kinds := append(slices.Clone(simulate.BeaconKinds), "ntp", "push", "update", "no rhythm")
	return eval.Mixed(flows, kinds, func(src, dst netip.Addr, port uint16) eval.Planned {
		if p, ok := plan[pair{src, dst, port}]; ok {
			return p
		}
		return eval.Planned{Kind: "no rhythm"}
	}), nil
}
