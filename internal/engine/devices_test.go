package engine_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/lease"
	"beacon/internal/netset"
	"beacon/internal/rhythm"
)

// movedLog is a log of devices that change their addresses, in which some of them call on a
// timer: as addresses wrote it, and as it would be if each device kept one address.
type movedLog struct {
	moved, kept string // CSV
	leases      *lease.Table
}

const movedDevices = 8

// randomMoves makes a log in which the devices take each other's addresses.
func randomMoves(t *testing.T, r *rand.Rand) (l movedLog) {
	const start = int64(1592697600)
	var b lease.Builder
	device := make([]int, movedDevices+2) // by address, who has it, or -1
	address := make([]int, movedDevices)
	grant := func(d, a int, at int64) {
		for i := range device {
			if device[i] == d {
				device[i] = -1
			}
		}
		device[a], address[d] = d, a
		mac := fmt.Sprintf("00:1a:2b:3c:4d:%02x", d)
		require.NoError(t, b.Add(lease.Grant{Addr: netip.AddrFrom4([4]byte{10, 0, 0, byte(a)}), Time: at * 1e9, Fresh: true, Device: lease.Device{MAC: mac}}))
	}
	for i := range device {
		device[i] = -1
	}
	for d := range movedDevices {
		grant(d, d, start-1)
	}
	for _, a := range []int{movedDevices, movedDevices + 1} { // none is anyone's from the beginning
		require.NoError(t, b.Add(lease.Grant{Addr: netip.AddrFrom4([4]byte{10, 0, 0, byte(a)}), Time: (start - 100) * 1e9, Fresh: true, Device: lease.Device{Name: "old"}}))
	}
	var moved, kept strings.Builder
	moved.WriteString("time,src,dst,dport,bytes,duration,sport\n")
	kept.WriteString("time,src,dst,dport,bytes,duration,sport\n")
	next := make([]int64, movedDevices)
	for at := start; at < start+86400; at += 1 + r.Int64N(20) {
		if d := r.IntN(movedDevices); r.IntN(300) == 0 {
			if free := slices.Index(device, -1); free >= 0 {
				grant(d, free, at)
			}
		}
		for d := range movedDevices {
			call := ""
			if period := int64(300 + 60*d); d < 5 && at >= next[d] {
				next[d] = at + period
				call = fmt.Sprintf("203.0.113.%d,443,%d,0.5,%d", int64(d%2)+int64(d)*(at/period%int64(1+d/4)), 100+r.IntN(9), 1024+r.IntN(9999))
			} else if r.IntN(20) == 0 {
				call = fmt.Sprintf("198.51.100.%d,%d,%d,%d,%d", r.IntN(4), 80+r.IntN(2), r.IntN(9999), r.IntN(4000), 1024+r.IntN(9999))
			}
			if call != "" {
				fmt.Fprintf(&moved, "%d,10.0.0.%d,%s\n", at, address[d], call)
				fmt.Fprintf(&kept, "%d,10.0.9.%d,%s\n", at, d, call)
			}
		}
	}
	return movedLog{moved.String(), kept.String(), b.Table()}
}

// A log of devices that change their addresses is judged as if each had kept one, however it
// is read.
func TestDevicesAreJudgedAsOne(t *testing.T) {
	moves, schedules := 0, 0
	for seed := range uint64(6) {
		l := randomMoves(t, rand.New(rand.NewPCG(seed, 17)))
		q := beacon.Query{Rules: beacon.EveryMinute | beacon.EveryRhythm | beacon.EveryLong, Bucket: time.Minute, Cycle: time.Hour, Slots: 40, Order: beacon.ByLog,
			Internal: netset.Default(), MinDuration: time.Hour, Rhythm: rhythm.Options{MinPeriod: time.Second, MinCalls: 5}}
		want := find(t, files(t, l.kept, 1), q, 1)
		q.Leases = l.leases
		first := ""
		for _, workers := range []int{1, 4} {
			for _, parts := range []int{1, 3} {
				for _, memory := range []int64{0, 1 << 14} {
					got := findWithin(t, files(t, l.moved, parts), q, workers, memory)
					require.Equal(t, judged(want), judged(got), "seed %d, %d workers, %d parts, %d bytes", seed, workers, parts, memory)
					all := sourcesOf(got)
					if parts > 1 { // positions count by input
						continue
					}
					if first == "" {
						first = all
					}
					require.Equal(t, first, all)
				}
			}
		}
		moves += strings.Count(first, "+")
		for range want.Of(beacon.ScopeSchedule) {
			schedules++
		}
	}
	require.Greater(t, moves, 50)
	require.Greater(t, schedules, 20)
}

// files writes a log in parts.
func files(t *testing.T, text string, parts int) (paths []string) {
	lines := strings.SplitAfter(text, "\n")
	head, lines := lines[0], lines[1:]
	dir := t.TempDir()
	for i := range parts {
		part := lines[i*len(lines)/parts : (i+1)*len(lines)/parts]
		paths = append(paths, filepath.Join(dir, fmt.Sprintf("%d.csv", i)))
		require.NoError(t, os.WriteFile(paths[i], []byte(head+strings.Join(part, "")), 0o600))
	}
	return paths
}

// judged is the judgements of an answer, and how many sources each is about.
func judged(fs *beacon.Findings) string {
	var list []string
	for f := range fs.All() {
		text := fmt.Sprint(f.Scope, f.Verdict, f.Explanation, f.Port, f.PortVaries, f.Flows, f.Calls, f.Bytes, f.First, f.Last, len(f.Sources))
		for _, d := range f.Destinations {
			text += fmt.Sprint(" ", d.Host, d.Flows, d.Calls)
		}
		for _, s := range f.Sources {
			text += fmt.Sprint(" ", s.First, s.Last, s.Flows, s.Bytes)
		}
		if f.Schedule != nil {
			text += fmt.Sprintf(" %+v", f.Schedule.Result)
		}
		if f.Lasting != nil {
			text += fmt.Sprintf(" %+v", *f.Lasting)
		}
		list = append(list, text)
	}
	slices.Sort(list)
	return strings.Join(list, "\n") + fmt.Sprint("\n", fs.PairTotals, fs.Err())
}

// sourcesOf is the sources of an answer with their addresses.
func sourcesOf(fs *beacon.Findings) string {
	var b strings.Builder
	for f := range fs.All() {
		fmt.Fprint(&b, f.Scope, f.Destinations[0].Host)
		for _, s := range f.Sources {
			fmt.Fprint(&b, " ", s.MAC(), s.Addr)
			for a := range s.All() {
				fmt.Fprint(&b, "+", a)
			}
		}
		if f.Schedule != nil {
			for _, p := range f.Schedule.Pairs {
				fmt.Fprint(&b, " ", p.Source, p.Destination)
			}
		}
		b.WriteByte('\n')
	}
	fmt.Fprintln(&b, fs.Sources)
	return b.String()
}
