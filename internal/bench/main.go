// Command bench times beacon on whole jobs against the peers that analysts have: DuckDB
// above all, and polars, on the same files in the same run, and prints a Markdown table.
//
// The peers live in a program of their own (peer), for two reasons: a module
// that the product knows nothing of, and peak memories. Linux hands the peak of
// the process that starts another on to it, so this program stays small.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

func run() error {
	b := new(bench)
	rounds := flag.Int("rounds", 5, "`rounds` of each row; medians are shown")
	only := flag.String("only", "", "rows whose name matches this `pattern`, like 'csv|zstd'")
	scale := flag.Float64("scale", 1, "volume of the logs, as a `factor`")
	profile := flag.Bool("profile", false, "print the functions that take most CPU in each row's job, instead of the table")
	flag.StringVar(&b.dir, "dir", "../../.bench", "`folder` for the logs and programs; logs are kept there for the next run")
	flag.StringVar(&b.beacon, "beacon", "", "the beacon `program`; default: built from this source tree")
	flag.Parse()
	if flag.NArg() > 0 || *rounds < 1 || *scale <= 0 {
		flag.Usage()
		return fmt.Errorf("rounds and scale must be positive, and there are no arguments")
	}
	pattern, err := regexp.Compile("(?i)" + *only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	b.rounds, b.scale = *rounds, *scale
	if err := b.build(); err != nil {
		return err
	}
	all := slices.DeleteFunc(rows(), func(r row) bool { return !pattern.MatchString(r.name) })
	if *profile {
		return b.profile(os.Stdout, all)
	}
	times := "one round"
	if b.rounds > 1 {
		times = fmt.Sprintf("medians of %d rounds", b.rounds)
	}
	fmt.Printf("%s, scale %g, %s, page cache warm. Goals hold at scale 1.\n\n", machine(), b.scale, times)
	var failed []error
	table := newTable(os.Stdout)
	for _, row := range all {
		res, err := b.measure(row)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", row.name, err))
			res = &result{skipped: "failed"}
		}
		table.add(row, res)
	}
	table.foot()
	return errors.Join(failed...)
}

// bench is one run of the program.
type bench struct {
	dir    string
	beacon string
	peer   string
	rounds int
	scale  float64
}

// build makes the two programs.
func (b *bench) build() error {
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		return err
	}
	dir, err := filepath.Abs(b.dir)
	if err != nil {
		return err
	}
	b.dir = dir
	b.peer = filepath.Join(dir, "peer")
	if err := goBuild(".", b.peer, "./peer"); err != nil {
		return err
	}
	if b.beacon != "" {
		b.beacon, err = filepath.Abs(b.beacon)
		return err
	}
	b.beacon = filepath.Join(dir, "beacon")
	return goBuild("../..", b.beacon, "./cmd/beacon")
}

func goBuild(dir, output, pkg string, flags ...string) error {
	cmd := exec.Command("go", append(append([]string{"build", "-o", output}, flags...), pkg)...)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("building %s (run it in internal/bench): %w", pkg, err)
	}
	return nil
}

// platform is the system and processor that this program was built for.
const platform = runtime.GOOS + "/" + runtime.GOARCH

// machine describes what the figures were measured on.
func machine() string {
	name := runtime.GOARCH
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if m := regexp.MustCompile(`(?m)^model name\s*: (.*)$`).FindSubmatch(text); m != nil {
			name = string(m[1])
		}
	}
	return fmt.Sprintf("%s, %d cores, %s, %s", name, runtime.NumCPU(), platform, runtime.Version())
}
