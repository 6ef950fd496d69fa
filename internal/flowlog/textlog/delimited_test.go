package textlog

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"
)

// collect keeps what a reading hands over, addresses as text.
type collect struct {
	hosts *flow.Hosts
	rows  []string
}

func (c *collect) Begin(int) {}

func (c *collect) Batch(b *flow.Batch) error {
	for i, t := range b.Time {
		row := fmt.Sprint(t, c.hosts.Addr(b.Src[i]), c.hosts.Host(b.Dst[i]))
		if b.Port != nil {
			row += fmt.Sprint(" ", b.SrcPort[i], b.Port[i], b.Proto[i], b.Bytes[i], b.SrcBytes[i], b.Duration[i])
		}
		if b.Name != nil && b.Name[i] > 0 {
			row += fmt.Sprint(" ", c.hosts.Host(b.Name[i]-1), b.Failed[i])
		}
		c.rows = append(c.rows, row)
	}
	return nil
}

// lineLog is a random log in a random layout: most lines as logs write them,
// the others with trouble of every kind.
type lineLog struct {
	*rand.Rand
	layout delimited
	at     time.Time
	end    string
}

func newLineLog(seed uint64, columns flow.Column) *lineLog {
	l := &lineLog{Rand: rand.New(rand.NewPCG(seed, 3)), at: time.Date(2020, 6, 21, 23, 58, 0, 0, time.UTC), end: "\n"}
	d := &l.layout
	d.separator = ",\t;|"[l.IntN(4)]
	d.quoted = l.IntN(4) > 0
	d.values.Nulls = []string{"-"}
	d.roles = []flowlog.Role{flowlog.StartTime, flowlog.Source, flowlog.Destination}
	if columns != flow.Base {
		d.roles = append(d.roles, flowlog.SourcePort, flowlog.DestinationPort, flowlog.ByteCount, [...]flowlog.Role{flowlog.Protocol, flowlog.SourceByteCount, flowlog.SourcePart, flowlog.ByteCount}[l.IntN(4)], [...]flowlog.Role{flowlog.Duration, flowlog.Direction, flowlog.EndTime}[l.IntN(3)])
	}
	if l.IntN(2) == 0 {
		d.roles = append(d.roles, [...]flowlog.Role{flowlog.HostName, flowlog.Query, flowlog.Target}[l.IntN(3)])
		d.beside = l.IntN(3) == 0
		if l.IntN(3) == 0 {
			d.roles = slices.DeleteFunc(d.roles, func(r flowlog.Role) bool { return r == flowlog.Destination })
		}
	}
	if columns != flow.Base && l.IntN(2) == 0 {
		d.roles = append(d.roles, flowlog.State)
	}
	if l.IntN(3) == 0 {
		l.Shuffle(len(d.roles), func(i, j int) { d.roles[i], d.roles[j] = d.roles[j], d.roles[i] })
	}
	for range l.IntN(4) {
		d.roles = slices.Insert(d.roles, l.IntN(len(d.roles)+1), flowlog.Ignored)
	}
	if l.IntN(4) == 0 {
		l.end = "\r\n"
	}
	d.clock.Zone = time.UTC
	if l.IntN(4) == 0 {
		d.clock.Zone = time.FixedZone("", 5400)
	}
	if l.IntN(4) == 0 {
		d.clock.Unit = int64(time.Second)
	}
	return l
}

func (l *lineLog) pick(of ...string) string { return of[l.IntN(len(of))] }

func (l *lineLog) timeText() string {
	l.at = l.at.Add(time.Duration(l.IntN(400)) * time.Millisecond)
	if l.layout.clock.Unit != 0 {
		return fmt.Sprintf("%d.%06d", l.at.Unix(), l.IntN(1e6))
	}
	if l.IntN(20) > 0 {
		return l.at.Format("2006-01-02 15:04:05.000000")
	}
	layout := l.pick("2006-01-02T15:04:05Z", "2006-01-02 15:04:05", "2006-01-02 15:04:05.1", "2006-01-02 15:04:05.000", "2006-01-02 15:04:05.0000000", "2006-01-02 15:04:05.00000000",
		"2006-01-02 15:04:05.000000000", "2006-01-02 15:04:05.000000+02:00", "2006/01/02 15:04:05.000000", "2006-01-02 15:04:05.", "2006-01-02 15:04", "2006-01-02 15:04:05.00000x")
	return l.at.Format(layout)
}

func (l *lineLog) addrText() string {
	if l.IntN(25) > 0 {
		return netip.AddrFrom4([4]byte{byte(l.IntN(4) * 60), byte(l.IntN(2) * 200), byte(l.IntN(20)), byte(l.IntN(256))}).String()
	}
	return l.pick("2001:db8::1", "fe80::1234:5678:9abc:def0%eth0", "::1", "::ffff:1.2.3.4", "", "-", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.256", "1.2.3.4\x00", "\x001.2.3.4",
		"255.255.255.255", "0.0.0.0", "1.2.3.4 ", " 1.2.3.4", "host.example.com", "1.2.3.4\r", "1.2.3.4:80", "123456789012345", "1234567890123456")
}

func (l *lineLog) nameText() string {
	if l.IntN(10) > 0 {
		return fmt.Sprintf("www.name%d.example.com", l.IntN(50))
	}
	return l.pick("", "-", "a.example:443", "http://a.example/x", "/path", "203.0.113.9", "[2001:db8::1]:80", "B.Example.", "no name", "é.example", "a\x00b", strings.Repeat("x", 300), "*.example.com", "wpad")
}

func (l *lineLog) line() string {
	fields := make([]string, len(l.layout.roles))
	for i, r := range l.layout.roles {
		switch r {
		case flowlog.StartTime:
			fields[i] = l.timeText()
		case flowlog.EndTime:
			fields[i] = l.timeText()
		case flowlog.Source, flowlog.Destination:
			fields[i] = l.addrText()
		case flowlog.HostName, flowlog.Query, flowlog.Target:
			fields[i] = l.nameText()
		case flowlog.State:
			fields[i] = l.pick("S0", "SF", "REJ", "-", "", "......S.", "2", "27", "established")
		case flowlog.Ignored:
			fields[i] = l.pick("", "x", "TCP", "a longer field than a word", strings.Repeat("y", l.IntN(40)))
		default:
			fields[i] = l.pick("0", "53", "65535", "443", fmt.Sprint(l.IntN(2000)))
			if l.IntN(15) == 0 {
				fields[i] = l.pick("", "-", "tcp", "UDP", "icmp", "17", "256", "65536", "-5", "+7", "00053", "1234567", "12345678", "4294967296", "9223372036854775807",
					"99999999999999999999", "0.125", "12.5", "1e3", "0x10", "5\x00", "1 2", "->", "<-", "<->", " 80", "80 ", "é")
			}
		}
	}
	sep := string(l.layout.separator)
	if l.IntN(12) > 0 {
		return strings.Join(fields, sep)
	}
	i := l.IntN(len(fields))
	switch l.IntN(10) {
	case 0:
		fields[i] = `"` + fields[i] + `"`
	case 1:
		fields[i] = `"` + fields[i]
	case 2:
		fields[i] = ` "a` + sep + `b" `
	case 3:
		fields = fields[:i]
	case 4:
		fields = slices.Insert(fields, i, "extra")
	case 5:
		fields[i] = strings.Repeat("z", l.IntN(100_000))
	case 6:
		fields[i] = "  " + fields[i] + "  "
	case 7:
		return l.pick("", "\r", "# comment", sep, strings.Repeat(sep, 30), `"`, strings.Join(fields, sep)+sep, strings.Join(fields, sep)+sep+`"open`)
	case 8:
		fields[i] += l.pick("\x00", "\r", "é", `"`, " ")
	case 9:
		fields[i] = ""
	}
	return strings.Join(fields, sep)
}

// text is the log, ended properly or not.
func (l *lineLog) text(lines int) []byte {
	var b bytes.Buffer
	for range lines {
		b.WriteString(l.line() + l.end)
	}
	return b.Bytes()[:max(0, b.Len()-l.IntN(2)*l.IntN(30))]
}

// read reads text by parse into rows and counts, in blocks.
func (l *lineLog) read(t *testing.T, columns flow.Column, text []byte, parse flowlog.ParseBlock) ([]string, flowlog.Counts) {
	hosts := flow.NewHosts(nil)
	sink := &collect{hosts: hosts}
	w := flowlog.NewWorker(flowlog.Pass{Columns: columns, Hosts: hosts}, sink)
	for len(text) > 0 {
		n := len(text)
		if cut := l.IntN(3 * len(text)); cut < len(text) {
			n = bytes.IndexByte(append(bytes.Clone(text[cut:]), '\n'), '\n') + cut + 1
		}
		n = min(n, len(text))
		// What lies behind a block is what a longer one left there.
		behind := bytes.Repeat([]byte("1,\n2.3\t4;2020-06-21 00:00:00"), 3)[l.IntN(8):][:flowlog.BlockPad]
		block := append(bytes.Clone(text[:n]), behind...)[:n]
		require.NoError(t, parse(w, block))
		text = text[n:]
	}
	require.NoError(t, w.Flush())
	return sink.rows, *w.Counts()
}

// plainLines is parse without a fast path.
func plainLines(d *delimited) flowlog.ParseBlock {
	return func(w *flowlog.Worker, text []byte) error {
		l := d.newLineParser()
		l.w = w
		for line := range bytes.Lines(text) {
			if err := l.parseLine(bytes.TrimSuffix(line, []byte("\n"))); err != nil {
				return err
			}
			if w.Filled == flow.BatchRows {
				if err := w.Flush(); err != nil {
					return err
				}
			}
			w.Lines(1)
		}
		return nil
	}
}

// The fast paths read any line as parseLine does.
func TestFastPathsEqualPlainLines(t *testing.T) {
	scans, good, bad, seeds := 0, 0, int64(0), uint64(200)
	if testing.Short() {
		seeds = 40
	}
	for seed := range seeds {
		columns := []flow.Column{flow.Base, flow.All}[seed%2]
		l := newLineLog(seed, columns)
		text := l.text(1 + l.IntN(600))
		l.layout.prepare([]byte("header" + l.end))
		if len(l.layout.steps) > 0 {
			scans++
		}
		want, wantStats := l.read(t, columns, text, plainLines(&l.layout))
		got, gotStats := l.read(t, columns, text, l.layout.parse)
		for i := range min(len(want), len(got)) {
			require.Equal(t, want[i], got[i], "row %d, seed %d, layout %+v", i, seed, l.layout)
		}
		require.Equal(t, wantStats, gotStats, "seed %d, layout %+v", seed, l.layout)
		require.Equal(t, len(want), len(got))
		good += len(want)
		bad += wantStats.Bad
	}
	require.Greater(t, scans, int(seeds)*3/20)
	require.Greater(t, good, int(seeds)*100)
	require.Greater(t, bad, int64(seeds)*5)
}

// An end before its start, in the columns' order, counts from that line's start.
func TestEndBeforeStart(t *testing.T) {
	path := logtest.WriteFile(t, "log.csv", []byte("end,src_ip,dst_ip,timestamp\n2020-06-21 00:00:03,10.0.0.5,192.0.2.7,2020-06-21 00:00:01\n"+
		"2020-06-21 00:01:07,10.0.0.5,192.0.2.7,2020-06-21 00:01:02\n,10.0.0.5,192.0.2.7,\"2020-06-21 00:01:03\"\n2020-06-21 00:01:09,10.0.0.5,192.0.2.7,\"2020-06-21 00:01:03\"\n"))
	text := logtest.SampleTextOf(path, flowlog.Options{}, flow.All, 1)
	for _, want := range []string{"\t2000000000\t", "\t5000000000\t", "\t6000000000\t"} {
		require.Contains(t, text, want)
	}
}

// A batch is handed over when it is full, in the middle of a block too.
func TestFastPathFillsBatches(t *testing.T) {
	l := newLineLog(1, flow.Base)
	l.layout = delimited{separator: ',', roles: []flowlog.Role{flowlog.StartTime, flowlog.Source, flowlog.Destination}}
	line := "2020-06-21 00:00:00.000001,10.0.0.1,8.8.8.8\n"
	l.layout.prepare([]byte(line))
	rows, stats := l.read(t, flow.Base, bytes.Repeat([]byte(line), 3*flow.BatchRows+5), l.layout.parse)
	require.Len(t, rows, 3*flow.BatchRows+5)
	require.Equal(t, int64(len(rows)), stats.Lines)
}
