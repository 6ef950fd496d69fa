package all

import (
	"bytes"
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/stretchr/testify/require"
)

// The damage driver damages the samples of every format, and reads them. Whatever is
// done to a file, the reading ends, soon, without a panic that only a recover caught,
// and no flow is lost in silence: there are as many as before, or there is an error, a
// bad record, a record of another kind or a damaged input that was not there before.
//
// Some losses no reader can see. A text log, JSON too, has no count of its records: what
// cuts it off between two of them, takes whole ones out, or makes one a comment, a header,
// a blank line or a part of its neighbour leaves no trace. The same holds for a
// capture that is cut off between two packets, or of which whole packets are taken out,
// and for an Arrow stream without end marks. So only the formats that say how much they hold
// (countsRows) are held to that.

var damageRuns = flag.Int("damage", 40, "damaged files to make of each sample")

// countsRows tells whether files of a format say how much they hold, so that a loss by
// damage of a kind shows: in a pcapng each block does, twice, in a pcap file each record
// leads to the next.
func countsRows(format, how string) bool {
	switch format {
	case "parquet", "arrow":
		return true
	case "pcap", "pcapng":
		return !strings.Contains(how, cutOff) && !strings.Contains(how, takenOut)
	}
	return false
}

// Damage that may fit the ends of records.
const (
	cutOff   = "cut off"
	takenOut = "taken out"
)

// damageResult is what a reading of a damaged file came to.
type damageResult struct {
	err         error
	rows, other int64
	reasons     map[string]int64 // bad records by reason
	damaged     bool
}

type countSink struct{}

func (countSink) Begin(int) {}

func (countSink) Batch(*flow.Batch) error { return nil }

func readDamaged(path, format string, columns flow.Column, workers int) (r damageResult) {
	l, err := flowlog.Open([]string{path}, nil, flowlog.Options{Format: format})
	if err != nil {
		return damageResult{err: err}
	}
	defer l.Close()
	report, err := l.Read(context.Background(), flowlog.Pass{Workers: workers, Columns: columns, Hosts: flow.NewHosts(nil),
		Sink: func() flowlog.Sink { return countSink{} }})
	r.err, r.reasons = err, map[string]int64{}
	for i := range report.Inputs {
		in := &report.Inputs[i]
		r.rows += in.Rows
		r.other += in.Other
		for reason, n := range in.Reasons {
			r.reasons[reason] += n
		}
		r.damaged = r.damaged || in.Damage != nil
	}
	return r
}

// told tells whether a reading says of itself that something is missing in it.
func (r damageResult) told(whole damageResult) bool {
	for reason, n := range r.reasons {
		if n > whole.reasons[reason] {
			return true
		}
	}
	return r.err != nil || r.damaged || r.other > whole.other
}

// numbers are what lengths and counts are likely to be damaged to.
var numbers = []uint64{0, 1, 2, 7, 8, 15, 16, 127, 128, 255, 256, 1023, 4096, 32767, 32768, 65535, 65536, 1 << 20, 1 << 24, 1<<28 - 1, 1 << 28, 1 << 30,
	1<<31 - 1, 1 << 31, 1<<32 - 1, 1 << 32, 1 << 40, 1<<62 - 1, 1<<63 - 1, 1 << 63, 1<<64 - 1}

// damage changes a file in one of many ways, and says how.
func damage(d *rand.Rand, whole []byte) (bad []byte, how string) {
	b := bytes.Clone(whole)
	at := d.IntN(len(b))
	if d.IntN(3) > 0 { // most that counts stands at either end
		at = min(d.IntN(8192), len(b)-1)
		if d.IntN(2) == 0 {
			at = len(b) - 1 - at
		}
	}
	to := min(len(b), at+1+d.IntN(256))
	switch d.IntN(8) {
	case 0, 1:
		bit := d.IntN(8)
		b[at] ^= 1 << bit
		how = fmt.Sprintf("bit %d of byte %d", bit, at)
	case 2:
		for range 2 + d.IntN(7) {
			b[d.IntN(len(b))] ^= 1 << d.IntN(8)
		}
		how = "some bits"
	case 3:
		b, how = b[:at], fmt.Sprintf("%s at %d", cutOff, at)
	case 4:
		b, how = append(b[:at:at], b[to:]...), fmt.Sprintf("bytes %d to %d %s", at, to, takenOut)
	case 5:
		b, how = append(b[:to:to], append(bytes.Clone(b[at:to]), b[to:]...)...), fmt.Sprintf("bytes %d to %d twice", at, to)
	case 6:
		fill := []int{0, 255, '"', ',', '\n', '{', '[', -1}[d.IntN(8)]
		for i := at; i < to; i++ {
			if b[i] = byte(fill); fill < 0 {
				b[i] = byte(d.Uint32())
			}
		}
		how = fmt.Sprintf("bytes %d to %d are %d", at, to, fill)
	default:
		v := numbers[d.IntN(len(numbers))]
		word := [][]byte{{byte(v)}, binary.LittleEndian.AppendUint16(nil, uint16(v)), binary.LittleEndian.AppendUint32(nil, uint32(v)),
			binary.BigEndian.AppendUint32(nil, uint32(v)), binary.LittleEndian.AppendUint64(nil, v), binary.AppendUvarint(nil, v)}[d.IntN(6)]
		copy(b[at:], word)
		how = fmt.Sprintf("number %d at %d (%x)", v, at, word)
	}
	return b, how
}

// damageTime is how long the reading of a small damaged file may take.
const damageTime = 20 * time.Second

func TestDamage(t *testing.T) {
	flowlog.ShowPanics = false
	readDamaged(logtest.Samples(t, "parquet")[0], "", flow.All, 2) // what the runtime opens stays open
	goroutines, files := runtime.NumGoroutine(), openFiles()
	for _, f := range flowlog.Formats() {
		t.Run(f.Name, func(t *testing.T) {
			var tally damageTally
			var wg sync.WaitGroup
			room := make(chan struct{}, 2)
			for _, path := range logtest.Samples(t, f.Name) {
				whole, err := os.ReadFile(path)
				require.NoError(t, err)
				if len(whole) < 2 {
					continue
				}
				dir := t.TempDir()
				room <- struct{}{}
				wg.Go(func() {
					defer func() { <-room }()
					damageSample(t, f.Name, path, dir, whole, &tally)
				})
			}
			wg.Wait()
			t.Logf("%d damaged files: %d errors, %d told what is missing, %d read as before, %d with fewer flows, %d with more", tally.errors.Load()+tally.told.Load()+tally.same.Load()+tally.fewer.Load()+tally.more.Load(),
				tally.errors.Load(), tally.told.Load(), tally.same.Load(), tally.fewer.Load(), tally.more.Load())
		})
	}
	for end := time.Now().Add(damageTime); runtime.NumGoroutine() > goroutines || openFiles() > files; time.Sleep(10 * time.Millisecond) {
		require.True(t, time.Now().Before(end), "goroutines or files are left")
	}
}

// damageTally counts what became of the damaged files of a format.
type damageTally struct{ errors, told, same, fewer, more atomic.Int64 }

func (y *damageTally) count(r, whole damageResult) {
	switch {
	case r.err != nil:
		y.errors.Add(1)
	case r.told(whole):
		y.told.Add(1)
	case r.rows < whole.rows:
		y.fewer.Add(1)
	case r.rows > whole.rows:
		y.more.Add(1)
	default:
		y.same.Add(1)
	}
}

// openFiles returns the number of open files, 0 where the system doesn't tell.
func openFiles() int {
	list, _ := os.ReadDir("/proc/self/fd")
	return len(list)
}

func damageSample(t *testing.T, format, path, dir string, whole []byte, tally *damageTally) {
	at := filepath.Join(dir, "log")
	if err := os.WriteFile(at, whole, 0o600); err != nil {
		t.Error(err)
		return
	}
	base := [2]damageResult{readDamaged(at, "", flow.All, 1), readDamaged(at, "", flow.Base, 1)}
	h := fnv.New64a()
	h.Write([]byte(path))
	d := rand.New(rand.NewPCG(h.Sum64(), 1))
	runs := *damageRuns
	if testing.Short() {
		runs = min(runs, 4) // with and without all columns, by one worker and by two
	}
	for i := range runs {
		bad, how := damage(d, whole)
		if err := os.WriteFile(at, bad, 0o600); err != nil {
			t.Error(err)
			return
		}
		columns := []flow.Column{flow.All, flow.Base}[i%2]
		done := make(chan damageResult, 1)
		go func() { done <- readDamaged(at, "", columns, 1+i/2%2) }()
		select {
		case r := <-done:
			tally.count(r, base[i%2])
			if r.err != nil && strings.Contains(r.err.Error(), "runtime error") {
				t.Errorf("%s, damage %d (%s): a panic was recovered: %v", path, i, how, r.err)
			}
			if whole := base[i%2]; countsRows(format, how) && r.rows < whole.rows && !r.told(whole) {
				t.Errorf("%s, damage %d (%s): %d of %d flows, in silence", path, i, how, r.rows, whole.rows)
			}
		case <-time.After(damageTime):
			t.Errorf("%s, damage %d (%s): the reading does not end", path, i, how)
			return
		}
	}
}
