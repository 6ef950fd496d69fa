package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cost holds what one run of a job took.
type cost struct {
	wall time.Duration
	cpu  time.Duration // user and system
	peak int64         // resident bytes
}

// result is the median costs of a row.
type result struct {
	skipped  string // why nothing was measured, "" where it was
	beacon   cost
	peer     cost
	perPeer  float64 // beacon's time against the peer's
	method   string  // what the peer did
	compared bool    // both answers were found the same
}

// measure runs a row's job by beacon and by its peer in turns. No time counts
// before their answers were found to be the same.
func (b *bench) measure(r row) (*result, error) {
	path, err := b.path(r.log)
	if err != nil {
		return nil, err
	}
	if r.log.large {
		defer os.RemoveAll(path)
	}
	res := new(result)
	peer, err := b.opponent(r, path, res)
	if errors.Is(err, errMissing) {
		res.skipped = err.Error()
		return res, nil
	}
	if err != nil {
		return nil, err
	}
	if err := warm(path); err != nil {
		return nil, err
	}
	var ours, theirs []cost
	for round := range b.rounds {
		us, _, err := b.detect(path, threads, r.args...)
		if err != nil {
			return nil, err
		}
		them, err := peer()
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(os.Stderr, "%s, round %d: beacon %.3f s (%.3f s of CPU), %s %.3f s\n", r.name, round+1, us.wall.Seconds(), us.cpu.Seconds(), res.method, them.wall.Seconds())
		ours, theirs = append(ours, us), append(theirs, them)
	}
	res.beacon, res.peer = median(ours), median(theirs)
	res.perPeer = res.beacon.wall.Seconds() / res.peer.wall.Seconds()
	return res, nil
}

// detect is one run of beacon, and its answer.
func (b *bench) detect(path string, workers int, more ...string) (cost, *answer, error) {
	output := filepath.Join(b.dir, fmt.Sprintf("flag_d-%d.csv", os.Getpid()))
	defer os.Remove(output)
	args := append([]string{"detect", "--quiet", "--internal", internalNetwork, "--workers", strconv.Itoa(workers), "-o", output, path}, more...)
	c, err := spend(exec.Command(b.beacon, args...))
	if err != nil {
		return c, nil, err
	}
	text, err := os.ReadFile(output)
	if err != nil {
		return c, nil, err
	}
	lines := strings.Fields(string(text))
	if len(lines) == 0 || lines[0] != "ip" {
		return c, nil, errors.New("beacon's answer has no header")
	}
	return c, &answer{Sources: lines[1:]}, nil
}

// runPeer runs the program of the peers.
func (b *bench) runPeer(input, answer any, args ...string) (cost, error) {
	in, err := json.Marshal(input)
	if err != nil {
		return cost{}, err
	}
	cmd := exec.Command(b.peer, args...)
	cmd.Stdin = strings.NewReader(string(in))
	return timed(cmd, answer)
}

// timed runs a program that times itself and writes that and its answer as JSON.
func timed(cmd *exec.Cmd, answer any) (cost, error) {
	var out strings.Builder
	cmd.Stdout = &out
	c, err := spend(cmd)
	if err != nil {
		return c, err
	}
	result := struct {
		Seconds float64
		Answer  any
	}{Answer: answer}
	if err := json.Unmarshal([]byte(out.String()), &result); err != nil {
		return c, err
	}
	c.wall = time.Duration(result.Seconds * float64(time.Second))
	return c, nil
}

// spend runs a command and says what it took.
func spend(cmd *exec.Cmd) (cost, error) {
	var stderr strings.Builder
	cmd.Stderr = &stderr
	start := time.Now()
	err := cmd.Run()
	c := cost{wall: time.Since(start)}
	if err != nil {
		return c, fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, strings.TrimSpace(stderr.String()))
	}
	state := cmd.ProcessState
	c.cpu = state.UserTime() + state.SystemTime()
	c.peak = state.SysUsage().(*syscall.Rusage).Maxrss * 1024
	return c, nil
}

func runQuietly(program string, args ...string) error {
	cmd := exec.Command(program, args...)
	cmd.Stdout = io.Discard
	_, err := spend(cmd)
	return err
}

// median returns the middle of each cost by itself; of an even number, the upper one.
func median(costs []cost) cost {
	middle := func(value func(c cost) int64) int64 {
		values := make([]int64, len(costs))
		for i, c := range costs {
			values[i] = value(c)
		}
		slices.SortFunc(values, cmp.Compare[int64])
		return values[len(values)/2]
	}
	return cost{
		wall: time.Duration(middle(func(c cost) int64 { return int64(c.wall) })),
		cpu:  time.Duration(middle(func(c cost) int64 { return int64(c.cpu) })),
		peak: middle(func(c cost) int64 { return c.peak }),
	}
}
