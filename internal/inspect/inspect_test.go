package inspect

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/flowlog"
	_ "beacon/internal/flowlog/all"
	"beacon/internal/netset"
	"beacon/internal/words"
)

var update = flag.Bool("update", false, "write the goldens anew")

const start = 1592697600 // 2020-06-21 00:00:00 UTC

// row is a flow of a test log.
type row struct {
	time     int64 // s
	src, dst string
	bytes    int64
	duration int64 // s
}

func randomRows(n int) (rows []row) {
	r := rand.New(rand.NewPCG(3, 4))
	now := int64(start)
	for range n {
		switch r.IntN(2000) {
		case 0:
			now += int64(r.IntN(5000)) // a gap, at times
		case 1:
			now -= 600
		}
		now += int64(r.IntN(3)) - int64(r.IntN(2))
		end := func() string {
			switch r.IntN(4) {
			case 0:
				return fmt.Sprintf("10.0.%d.%d", r.IntN(3), r.IntN(200))
			case 1:
				return fmt.Sprintf("2001:db8::%x", 1+r.IntN(50))
			case 2:
				return fmt.Sprintf("fd00::%x", 1+r.IntN(9))
			}
			return fmt.Sprintf("198.51.100.%d", r.IntN(100))
		}
		rows = append(rows, row{now, end(), end(), int64(r.IntN(3000)), []int64{0, 0, 1, 2, 61, 700, 4000}[r.IntN(7)]})
	}
	return rows
}

func writeLog(t *testing.T, name string, rows []row) string {
	var b bytes.Buffer
	b.WriteString("timestamp,src_ip,dst_ip,bytes,duration,comment\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "%d,%s,%s,%d,%d,\n", r.time, r.src, r.dst, r.bytes, r.duration)
	}
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, b.Bytes(), 0o600))
	return path
}

func inspected(t *testing.T, opt Options, paths ...string) *Inspection {
	log, err := flowlog.Open(paths, nil, flowlog.Options{})
	require.NoError(t, err)
	defer log.Close()
	i, err := Inspect(context.Background(), log, opt)
	require.NoError(t, err)
	return i
}

func asJSON(t *testing.T, i *Inspection) string {
	var b strings.Builder
	require.NoError(t, i.WriteJSON(&b))
	return b.String()
}

// What is said of a log of several parts and inputs is what the plain way finds,
// for any number of workers.
func TestInspect(t *testing.T) {
	rows := randomRows(120_000)
	one, two := writeLog(t, "one.csv", rows[:90_000]), writeLog(t, "two.csv", rows[90_000:])
	got := inspected(t, Options{Workers: 1}, one, two)
	for _, workers := range []int{0, 2, 5} {
		require.Equal(t, asJSON(t, got), asJSON(t, inspected(t, Options{Workers: workers}, one, two)), "%d workers", workers)
	}

	// The plain way.
	internal := netset.Default()
	addresses, sources, dests := map[string]bool{}, map[string]bool{}, map[string]int64{}
	minutes := map[int64]bool{}
	var late, v6 int64
	var directions Directions
	var durations Durations
	first, last := rows[0].time, rows[0].time
	for i, r := range rows {
		addresses[r.src], addresses[r.dst], sources[r.src] = true, true, true
		dests[r.dst]++
		minutes[r.time/60] = true
		first, last = min(first, r.time), max(last, r.time)
		if i > 0 && r.time < rows[i-1].time {
			late++
		}
		in, out := internal.Contains(netip.MustParseAddr(r.src)), internal.Contains(netip.MustParseAddr(r.dst))
		switch {
		case in && !out:
			directions.Outbound++
		case !in && out:
			directions.Inbound++
		case in:
			directions.Within++
		default:
			directions.Outside++
		}
		durations.Longest = max(durations.Longest, r.duration*int64(time.Second))
		for _, c := range []struct {
			than  int64
			count *int64
		}{{0, &durations.Known}, {1, &durations.Second}, {60, &durations.Minute}, {600, &durations.TenMin}, {3600, &durations.Hour}} {
			if r.duration > c.than {
				*c.count++
			}
		}
	}
	for a := range addresses {
		if strings.Contains(a, ":") {
			v6++
		}
	}
	gaps := 0
	for m, n := first/60, int64(0); m <= last/60; m++ {
		if n++; minutes[m] {
			if n > gapMinutes {
				gaps++
			}
			n = 0
		}
	}
	durations.SpanHint = durations.Minute*10 > int64(len(rows))
	require.True(t, durations.SpanHint)
	require.Positive(t, gaps)
	require.Positive(t, late)
	require.Equal(t, late, got.Late)
	require.Equal(t, gaps, got.Gaps.Count)
	require.EqualValues(t, len(minutes), got.Gaps.Minutes)
	require.Equal(t, &Span{Time(first * 1e9), Time(last * 1e9)}, got.Span)
	require.Equal(t, Addresses{len(addresses), len(addresses) - int(v6), int(v6), len(sources), len(dests)}, got.Addresses)
	require.Equal(t, &directions, got.Directions)
	require.Equal(t, durations, got.Durations)
	require.EqualValues(t, 120_000, got.Totals.Rows)
	require.EqualValues(t, 90_000, got.Inputs[0].Rows)
	require.Len(t, got.Destinations, 10)
	for _, d := range got.Destinations {
		require.Equal(t, dests[d.Address], d.Flows)
		for other, n := range dests {
			require.True(t, n <= d.Flows || containsAddress(got.Destinations, other), "%s is busier than %s", other, d.Address)
		}
	}
	require.Equal(t, "default", got.Networks.Source)
	require.Equal(t, []string{"10.0.0.0/8", "fc00::/7"}, got.Networks.Internal)
}

func containsAddress(list []Destination, address string) bool {
	for _, d := range list {
		if d.Address == address {
			return true
		}
	}
	return false
}

// The internal network is the one that detect would take, with the command for
// it, and the flows are split by it.
func TestNetworks(t *testing.T) {
	var rows []row
	for i := range 600 { // all flows have an end in 120.0.0.0/8
		rows = append(rows, row{time: start + int64(i), src: fmt.Sprintf("120.1.%d.%d", i/250, i%250), dst: fmt.Sprintf("%d.7.7.7", 30+i%50)})
	}
	rows = append(rows, row{time: start, src: "30.7.7.7", dst: "120.1.0.1"}, row{time: start, src: "120.1.0.2", dst: "120.1.0.1"})
	path := writeLog(t, "log.csv", rows)
	i := inspected(t, Options{}, path)
	require.Equal(t, Networks{Internal: []string{"120.0.0.0/8"}, Source: "inferred", Command: "beacon detect --internal 120.0.0.0/8 " + path,
		Prefixes: []Network{{"120.0.0.0/8", 600, 602}}}, i.Networks)
	require.Equal(t, &Directions{Outbound: 600, Inbound: 1, Within: 1}, i.Directions)

	given, err := netset.Parse([]string{"30.0.0.0/8"})
	require.NoError(t, err)
	i = inspected(t, Options{Internal: given}, path)
	require.Equal(t, "beacon detect --internal 30.0.0.0/8 "+path, i.Networks.Command)
	require.Equal(t, &Directions{Outbound: 1, Inbound: 12, Outside: 589}, i.Directions)

	rows = nil
	for i := range 100 {
		rows = append(rows, row{time: start, src: fmt.Sprintf("%d.1.1.1", 30+i), dst: "9.9.9.9"})
	}
	i = inspected(t, Options{}, writeLog(t, "log.csv", rows))
	require.Empty(t, i.Networks.Internal)
	require.Nil(t, i.Directions)
	require.Contains(t, i.Networks.Why, "no other network stands out")
	require.Contains(t, i.Networks.Command, "beacon detect --internal 9.0.0.0/8 ")
	require.Len(t, i.Networks.Prefixes, networksListed)
}

// The text and the JSON are held to goldens.
func TestOutputs(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	log := "ts,src,dst,bytes,dur,note\n" +
		"2020-06-21 00:00:01.5,10.0.0.5,192.0.2.7,1500,90,\n" +
		"2020-06-21 00:00:00,10.0.0.6,192.0.2.7,1500,5000,\n" +
		"2020-06-21 01:00:00,10.0.0.5,2001:db8::7,10,0.5,\n" +
		"yesterday,10.0.0.5,192.0.2.7,10,0,\n" +
		"2020-06-21 01:00:00,,192.0.2.7,10,0,\n"
	require.NoError(t, os.Mkdir("logs", 0o700))
	require.NoError(t, os.WriteFile("logs/a.csv", []byte(log), 0o600))
	require.NoError(t, os.WriteFile("logs/b it.json", []byte(`{"ts":1592697600,"id.orig_h":"10.0.0.5","id.resp_h":"192.0.2.8","uid":"x","proto":"tcp","odd\nkey":1}`+"\n"), 0o600))
	require.NoError(t, os.WriteFile("logs/c.sqlite", []byte("SQLite format 3\x00"), 0o600))
	opened, err := flowlog.Open([]string{"logs"}, nil, flowlog.Options{})
	require.NoError(t, err)
	defer opened.Close()
	i, err := Inspect(context.Background(), opened, Options{})
	require.NoError(t, err)
	require.True(t, json.Valid([]byte(asJSON(t, i))))
	var text strings.Builder
	require.NoError(t, i.WriteText(&text, words.Zone{}))
	golden(t, "inspect.json", asJSON(t, i))
	golden(t, "inspect.txt", text.String())
}

var testdata, _ = filepath.Abs("testdata")

func golden(t *testing.T, name, got string) {
	path := filepath.Join(testdata, name)
	if *update {
		require.NoError(t, os.MkdirAll(testdata, 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "go test -update writes it")
	require.Equal(t, string(want), got)
}

// A log most of which can't be read is shown all the same; one of which nothing
// can is an error.
func TestBadLogs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.csv")
	require.NoError(t, os.WriteFile(path, []byte("ts,src,dst\n2020-06-21 00:00:00,10.0.0.5,192.0.2.7\nx,1,2\ny,1,2\n"), 0o600))
	log, err := flowlog.Open([]string{path}, nil, flowlog.Options{})
	require.NoError(t, err)
	i, err := Inspect(context.Background(), log, Options{})
	require.ErrorContains(t, err, "2 of 3 records can't be read")
	require.EqualValues(t, 2, i.Totals.Bad)
	require.Len(t, i.BadRecords, 2)

	require.NoError(t, os.WriteFile(path, []byte("ts,source,what,else\n1,2,3,4\n"), 0o600))
	log, err = flowlog.Open([]string{path}, nil, flowlog.Options{})
	require.NoError(t, err)
	i, err = Inspect(context.Background(), log, Options{})
	require.ErrorContains(t, err, "no column for dst_ip")
	require.Nil(t, i)
}
