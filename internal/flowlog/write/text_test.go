package write

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/stretchr/testify/require"
)

// textFormats is the text formats that can be written, and whether they keep a
// time to the ns and the source's part of the bytes.
var textFormats = []struct {
	name           string
	fine, parts    bool
	durations, one bool // keeps durations; knows one direction only
}{
	{name: "csv", fine: true, parts: true, durations: true},
	{name: "zeek", fine: true, parts: true, durations: true},
	{name: "zeek-json", fine: true, parts: true, durations: true},
	{name: "eve", fine: true, parts: true, durations: true},
	{name: "nfdump", parts: true},
	{name: "aws-vpc", one: true},
}

// randomFlows is batches of flows, their host and name tables, and each flow as
// a format of these faculties keeps it.
func randomFlows(r *rand.Rand, fine, parts, one bool) (batches []*flow.Columns, rows []int, hosts *flow.Hosts, want string) {
	hosts = flow.NewHosts(nil)
	unit := int64(1e9)
	if fine {
		unit = []int64{1, 1000, 1e6}[r.IntN(3)]
	}
	var b strings.Builder
	for range 2 {
		c := flow.NewColumns(flow.All &^ flow.Name)
		n := 1 + r.IntN(200)
		for i := range n {
			addr := func() uint32 {
				if r.IntN(4) == 0 {
					return hosts.Intern(netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", 1+r.IntN(1<<16))))
				}
				return hosts.Intern4(r.Uint32())
			}
			c.Time[i] = (1592697602e9 + r.Int64N(1e15)) / unit * unit
			c.Src[i], c.Dst[i] = addr(), addr()
			c.SrcPort[i], c.Port[i] = uint16(r.IntN(1<<16)), uint16(r.IntN(1<<16))
			c.Proto[i] = []uint8{6, 17}[r.IntN(2)]
			c.Bytes[i] = r.Int64N(1 << 40)
			switch {
			case one || !parts:
				c.SrcBytes[i] = c.Bytes[i]
			default:
				c.SrcBytes[i] = r.Int64N(c.Bytes[i] + 1)
			}
			if fine {
				c.Duration[i] = r.Int64N(1e12) / unit * unit
			}
			fmt.Fprintf(&b, "%d\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t\n", c.Time[i], hosts.Addr(c.Src[i]), hosts.Addr(c.Dst[i]), c.SrcPort[i], c.Port[i], c.Proto[i], c.Bytes[i], c.SrcBytes[i], c.Duration[i])
		}
		batches, rows = append(batches, c), append(rows, n)
	}
	return batches, rows, hosts, b.String()
}

// What is written in a text format is read back as the same flows, by content.
func TestWriteTextAndRead(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, f := range textFormats {
		for range 5 {
			batches, rows, hosts, want := randomFlows(r, f.fine, f.parts, f.one)
			var text bytes.Buffer
			w, err := newWriter(f.name, &text, hosts)
			require.NoError(t, err)
			for i, c := range batches {
				require.NoError(t, w.Write(c.Batch(rows[i])))
			}
			require.NoError(t, w.Close())
			got, report, err := logtest.ReadFlows(logtest.WriteFile(t, "log", text.Bytes()), flowlog.Options{}, flow.All, 2)
			require.NoError(t, err)
			require.Equal(t, f.name, report.Inputs[0].Input.Format.Name)
			require.Zero(t, report.Inputs[0].Other)
			require.Zero(t, report.Inputs[0].BadRows)
			require.Equal(t, want, got, f.name)
		}
	}
}

// Names, quotes and all, come back from CSV; so do times before 1970, and a
// batch of the base columns alone.
func TestWriteCSVOddities(t *testing.T) {
	hosts := flow.NewHosts(nil)
	c := flow.NewColumns(flow.Base | flow.Name)
	for i, name := range []string{"", "Example.org.", `a "quoted", name`, "bücher.example"} {
		c.Time[i] = int64(i-2) * 250_000_000
		c.Src[i], c.Dst[i] = hosts.Intern4(1), hosts.Intern4(2)
		if id, ok := hosts.InternName([]byte(name)); ok {
			c.Name[i] = flow.Alias(id)
		}
	}
	var text bytes.Buffer
	w, err := newWriter("csv", &text, hosts)
	require.NoError(t, err)
	require.NoError(t, w.Write(c.Batch(4)))
	require.NoError(t, w.Close())
	require.Equal(t, `timestamp,src_ip,dst_ip,hostname
1969-12-31 23:59:59.500000,0.0.0.1,0.0.0.2,
1969-12-31 23:59:59.750000,0.0.0.1,0.0.0.2,example.org
1970-01-01 00:00:00.000000,0.0.0.1,0.0.0.2,
1970-01-01 00:00:00.250000,0.0.0.1,0.0.0.2,xn--bcher-kva.example
`, text.String())
	got, _, err := logtest.ReadFlows(logtest.WriteFile(t, "log", text.Bytes()), flowlog.Options{}, flow.Base|flow.Name, 1)
	require.NoError(t, err)
	require.Contains(t, got, "250000000\t0.0.0.1\t0.0.0.2\t.\t.\t.\t.\t.\t.\txn--bcher-kva.example\n")
	require.Contains(t, got, "-500000000\t0.0.0.1")
}

// A text writer allocates nothing for a flow, and says what the stream said.
func TestWriteTextIsFrugal(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	batches, rows, hosts, _ := randomFlows(r, true, true, false)
	for _, f := range textFormats {
		w, err := newWriter(f.name, io.Discard, hosts)
		require.NoError(t, err)
		b := batches[0].Batch(rows[0])
		require.NoError(t, w.Write(b))
		require.Less(t, testing.AllocsPerRun(100, func() {
			if err := w.Write(b); err != nil {
				t.Fatal(err)
			}
		}), 0.5, f.name)
		w, err = newWriter(f.name, &brokenDisk{}, hosts)
		require.NoError(t, err)
		require.NoError(t, w.Write(b))
		require.ErrorIs(t, w.Close(), io.ErrShortWrite, f.name)
	}
	_, err := newWriter("gopher", io.Discard, hosts)
	require.ErrorContains(t, err, "it is one of arrow, aws-vpc, csv, eve, ")
}

type brokenDisk struct{}

func (brokenDisk) Write(p []byte) (int, error) { return 0, io.ErrShortWrite }

// newWriter begins a log of the format of that name on w. hosts are what the
// batches' addresses are ids of, names what their names are; names may be nil.
func newWriter(name string, w io.Writer, hosts *flow.Hosts) (Writer, error) {
	f, err := FormatOf(name)
	if err != nil {
		return nil, err
	}
	return f.New(w, hosts)
}
