// Command scoreboard prints the scoreboard of the rhythm judge as Markdown.
//
// It reads the labelled data under the directory that the environment variable
// BEACON_SHARED names, and says which tables it leaves out when that is unset.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"beacon/internal/eval"
	"beacon/internal/netset"
	"beacon/internal/simulate"
)

func main() {
	quick := flag.Bool("quick", false, "a tenth of the simulations")
	only := flag.String("only", "", "the tables to print, by name, separated by commas (default all)")
	kinds := flag.String("kinds", "", "the kinds of programs and worlds to run, separated by commas (default all)")
	readme := flag.Bool("readme", false, "print the page of internal/eval/README.md: every table with the command that prints it")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: scoreboard [-quick] [-only "+strings.Join(names(), ",")+"] [-kinds NAME,...]")
		flag.PrintDefaults()
	}
	flag.Parse()
	o := options{data: os.Getenv("BEACON_SHARED"), quick: *quick, only: *only, readme: *readme}
	if *kinds != "" {
		o.kinds = strings.Split(*kinds, ",")
	}
	if err := run(os.Stdout, os.Stderr, o); err != nil {
		fmt.Fprintln(os.Stderr, "scoreboard:", err)
		os.Exit(1)
	}
}

// options are what a run of the scoreboard is asked for.
type options struct {
	data  string   // directory of the labelled data, "" if there is none
	quick bool     // a tenth of the simulations
	only  string   // sections, separated by commas; "" is all
	kinds []string // of programs and worlds; nil is all

	readme bool // print the page of the README
}

// trials scales a number of simulations down when the run is to be quick.
func (o options) trials(n int) int {
	if o.quick {
		return max(n/10, 1)
	}
	return n
}

// A section is one part of the scoreboard.
type section struct {
	name     string
	labelled bool // needs the labelled data
	tables   func(o options) ([]eval.Table, error)
}

var sections = []section{
	{"grid", false, func(o options) ([]eval.Table, error) {
		return []eval.Table{eval.Grid(o.trials(200))}, nil
	}},
	{"calls", false, func(o options) ([]eval.Table, error) {
		return []eval.Table{eval.CallsGrid(o.trials(400))}, nil
	}},
	{"peers", false, func(o options) ([]eval.Table, error) {
		return []eval.Table{eval.PeersGrid(o.trials(500))}, nil
	}},
	{"mixed", false, func(o options) ([]eval.Table, error) {
		t, err := mixed(o.trials(400))
		return []eval.Table{t}, err
	}},
	{"calibration", false, func(o options) ([]eval.Table, error) {
		return []eval.Table{eval.Calibration(o.trials(120_000)), eval.FewCalls(o.trials(5000))}, nil
	}},
	{"habits", false, func(o options) ([]eval.Table, error) {
		return []eval.Table{eval.Habits(o.trials(300))}, nil
	}},
	{"families", false, func(o options) ([]eval.Table, error) {
		return []eval.Table{eval.Families(o.trials(20)), eval.Benign(o.trials(20))}, nil
	}},
	{"programs", false, func(o options) ([]eval.Table, error) {
		return eval.Programs(o.trials(20), o.kinds), nil
	}},
	{"worlds", false, func(o options) ([]eval.Table, error) {
		return []eval.Table{eval.Worlds(o.trials(20), o.kinds)}, nil
	}},
	{"acsac", true, func(o options) ([]eval.Table, error) {
		levels, err := eval.ReadLevels(filepath.Join(o.data, "labelled", "acsac23_signals"))
		if err != nil {
			return nil, err
		}
		return eval.Signals(levels), nil
	}},
	{"logs", true, func(o options) ([]eval.Table, error) {
		logs, err := eval.ReadLogs(filepath.Join(o.data, "labelled"), eval.MinFlows)
		if err != nil {
			return nil, err
		}
		return []eval.Table{eval.Logs(logs), eval.Flags(logs)}, nil
	}},
	{"planted", true, func(o options) ([]eval.Table, error) {
		logs, err := eval.ReadLogs(filepath.Join(o.data, "labelled"), 1)
		if err != nil {
			return nil, err
		}
		return []eval.Table{eval.Planted(logs), eval.PlantedPrograms(logs, o.trials(4), o.kinds), eval.Own(logs), eval.LeaveOneOut(logs)}, nil
	}},
	{"rita", true, func(o options) ([]eval.Table, error) {
		t, err := eval.Agreement(filepath.Join(o.data, "oracle"), filepath.Join(o.data, "labelled", "rita_missing_host", "flows.csv.gz"))
		return []eval.Table{t}, err
	}},
	{"special", false, func(o options) ([]eval.Table, error) {
		return []eval.Table{eval.Special(o.trials(100))}, nil
	}},
}

func names() []string {
	var s []string
	for _, sec := range sections {
		s = append(s, sec.name)
	}
	return s
}

// readmeHead begins the page of the README.
const readmeHead = `# The scoreboard

How well the rhythm rule tells beacons from everything else, with the rules of peers
beside it, computed from their formulas. Everything simulated comes from fixed seeds, so
a run prints the same tables again.

    make eval                                              # everything
    make eval EVAL=-quick                                  # a tenth of the simulations
    go run ./internal/eval/scoreboard -only planted        # one part
    go run ./internal/eval/scoreboard -only programs,worlds -kinds unreachable,clock-30s

This page is the output of

    go run ./internal/eval/scoreboard -readme > internal/eval/README.md

The parts that need labelled captures of real malware are left out where those are not at
hand; they are not part of the repository.

`

// run prints the tables that o asks for, and the time that each section took on progress.
func run(out, progress io.Writer, o options) error {
	wanted := names()
	if o.only != "" {
		wanted = strings.Split(o.only, ",")
	}
	for _, name := range wanted {
		if !slices.Contains(names(), name) {
			return fmt.Errorf("no table %q; there are %s", name, strings.Join(names(), ", "))
		}
	}
	for _, name := range o.kinds {
		_, program := simulate.FindProgram(name)
		if _, world := simulate.FindWorld(name); !program && !world {
			return fmt.Errorf("no kind %q of programs or worlds", name)
		}
	}
	if o.readme {
		io.WriteString(out, readmeHead)
	}
	var short []string
	var all []eval.Table
	for _, sec := range sections {
		if !slices.Contains(wanted, sec.name) {
			continue
		}
		if sec.labelled && o.data == "" {
			fmt.Fprintf(out, "Left out: %s, for BEACON_SHARED is not set and its data is not at hand.\n\n", sec.name)
			continue
		}
		start := time.Now()
		tables, err := sec.tables(o)
		if err != nil {
			return err
		}
		all = append(all, tables...)
		if o.readme {
			fmt.Fprintf(out, "## %s\n\n    go run ./internal/eval/scoreboard -only %s\n\n", sec.name, sec.name)
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
	if aims := eval.Aims(all); len(aims.Rows) > 0 {
		if err := aims.Markdown(out); err != nil {
			return err
		}
	}
	if len(short) == 0 {
		short = []string{"Nothing."}
	}
	_, err := fmt.Fprintf(out, "### What falls short\n\n%s\n", strings.Join(short, "\n"))
	return err
}

// mixed returns the table of a simulated day with so many beacons among two hosts each.
func mixed(beacons int) (eval.Table, error) {
	cfg := simulate.DefaultBeacons()
	cfg.Beacons, cfg.Hosts = beacons, max(beacons/2, 20)
	var flows []eval.Flow
	planted, err := simulate.Beacons(cfg, func(r simulate.Row) error {
		flows = append(flows, eval.Flow{Time: r.Time, Src: netset.HostOf(r.Src), Dst: netset.HostOf(r.Dst), Port: r.DstPort, Proto: r.Proto, Bytes: r.Bytes})
		return nil
	})
	if err != nil {
		return eval.Table{}, err
	}
	type pair struct {
		src, dst netset.Host
		port     uint16
	}
	plan := map[pair]eval.Planned{}
	for _, b := range planted {
		p := eval.Planned{Kind: b.Kind, Beacon: b.Beacon > 0, Period: b.Period}
		if b.Kind == simulate.KindSwitch || b.Kind == simulate.KindRotating {
			p.Period = 0
		}
		plan[pair{netset.HostOf(b.Source), netset.HostOf(b.Destination), b.Port}] = p
	}
	kinds := append(slices.Clone(simulate.BeaconKinds), "ntp", "push", "update", "no rhythm")
	return eval.Mixed(flows, kinds, func(src, dst netset.Host, port uint16) eval.Planned {
		if p, ok := plan[pair{src, dst, port}]; ok {
			return p
		}
		return eval.Planned{Kind: "no rhythm"}
	}), nil
}
