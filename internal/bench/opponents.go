package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// errMissing is that a peer can't be had on this machine.
var errMissing = errors.New("not measured")

// opponent returns a run of a row's peer; where that gives an answer, it was compared
// with beacon's.
func (b *bench) opponent(r row, path string, res *result) (func() (cost, error), error) {
	switch r.peer {
	case duckDB:
		return b.duckDB(path, res)
	case polars:
		return b.polars(path, res)
	case gunzip:
		res.method = "gzip -dc"
		return func() (cost, error) { return spend(exec.Command("gzip", "-dc", path)) }, nil
	case decode:
		res.method = "decompression"
		return func() (cost, error) { return b.runPeer(nil, nil, "decode", path) }, nil
	case oneWorker:
		res.method = "1 worker"
		return func() (cost, error) { c, _, err := b.detect(path, 1); return c, err }, nil
	case everyMinute:
		res.method = "every-minute rule"
		return func() (cost, error) { c, _, err := b.detect(path, threads); return c, err }, nil
	}
	other := others[r.peer]
	res.method = other.name
	return b.other(other.log)
}

// others are the logs that a row's is held against.
var others = map[peer]struct {
	name string
	log  log
}{
	quarter:     {"a quarter", officeCSV},
	oneMember:   {"one file, one member", officeGzip},
	parquet:     {"Parquet", officeSnappy},
	connections: {"conn.log", officeZeekTSV},
	ipv4:        {"as many of IPv4", million4},
	fewFlagged:  {"10 flagged", flagged10},
	oneFile:     {"one file", filesJoined},
}

// other returns a run of beacon on another log.
func (b *bench) other(l log) (func() (cost, error), error) {
	path, err := b.path(l)
	if err != nil {
		return nil, err
	}
	if err := warm(path); err != nil {
		return nil, err
	}
	return func() (cost, error) { c, _, err := b.detect(path, threads); return c, err }, nil
}

// duckDB finds the fastest of the queries that DuckDB can answer a job with.
func (b *bench) duckDB(path string, res *result) (func() (cost, error), error) {
	var ways []way
	for _, q := range queries(path) {
		ways = append(ways, way{q.name, func(got any) (cost, error) { return b.runPeer(q.statements, got, "duckdb") }})
	}
	return b.fastest("DuckDB", path, ways, res)
}

// polarsVersion is that of nodejs-polars.
const polarsVersion = "0.26.1"

// polars finds the faster way in which polars answers a job.
func (b *bench) polars(path string, res *result) (func() (cost, error), error) {
	node, err := b.installPolars()
	if err != nil {
		return nil, fmt.Errorf("%w: nodejs-polars: %v", errMissing, err)
	}
	var ways []way
	for _, method := range []string{"pairs", "two scans"} {
		ways = append(ways, way{method, func(got any) (cost, error) {
			return timed(node("polars.js", method, path), got)
		}})
	}
	return b.fastest("polars", path, ways, res)
}

// installPolars installs polars in the folder of the run, unless it can be loaded from
// there, and returns what starts a program with it.
func (b *bench) installPolars() (node func(args ...string) *exec.Cmd, err error) {
	module := filepath.Join(b.dir, "node_modules", "nodejs-polars")
	node = func(args ...string) *exec.Cmd {
		cmd := exec.Command("node", args...)
		cmd.Env = append(os.Environ(), "POLARS="+module, fmt.Sprintf("POLARS_MAX_THREADS=%d", threads))
		return cmd
	}
	load := func() error {
		_, err := spend(node("-e", "require(process.env.POLARS)"))
		return err
	}
	if load() == nil {
		return node, nil
	}
	native := map[string]string{"linux/amd64": "linux-x64-gnu", "linux/arm64": "linux-arm64-gnu", "darwin/amd64": "darwin-x64", "darwin/arm64": "darwin-arm64"}[platform]
	install := exec.Command("npm", "install", "--force", "--no-audit", "--no-fund", "--prefix", b.dir, "nodejs-polars@"+polarsVersion, "nodejs-polars-"+native+"@"+polarsVersion)
	if _, err := spend(install); err != nil {
		return nil, err
	}
	return node, load()
}

// way is one way in which a peer can do a job; it leaves its answer in got unless that is
// nil.
type way struct {
	name string
	run  func(got any) (cost, error)
}

// fastest finds the fastest of several ways and compares the answer of each with beacon's.
func (b *bench) fastest(peer, path string, ways []way, res *result) (func() (cost, error), error) {
	if err := warm(path); err != nil {
		return nil, err
	}
	_, want, err := b.detect(path, threads)
	if err != nil {
		return nil, err
	}
	var best way
	var least time.Duration
	for _, w := range ways {
		var got answer
		c, err := w.run(&got)
		if err != nil {
			return nil, fmt.Errorf("%s, %s: %w", peer, w.name, err)
		}
		if err := want.same(&got); err != nil {
			return nil, fmt.Errorf("%s, %s, answers otherwise than beacon: %w", peer, w.name, err)
		}
		fmt.Fprintf(os.Stderr, "%s by %s, %s: %.3f s\n", filepath.Base(path), peer, w.name, c.wall.Seconds())
		if least == 0 || c.wall < least {
			best, least = w, c.wall
		}
	}
	res.method, res.compared = peer+", "+best.name, true
	return func() (cost, error) { return best.run(nil) }, nil
}
