package capturelog

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"math/bits"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/netsampler/goflow2/v2/decoders/netflow"
	"github.com/stretchr/testify/require"
)

// withParts cuts captures into parts of so many packets while do runs.
func withParts(packets int, do func()) {
	defer func(old int) { partPackets = old }(partPackets)
	partPackets = packets
	do()
}

// Whatever the parts that a capture is cut into, and whoever reads them, its
// flows are the same in the same order, and so are the places of bad packets.
func TestCaptureInParts(t *testing.T) {
	for _, format := range []string{"pcap", "pcapng"} {
		for _, path := range logtest.Samples(t, format) {
			want := logtest.SampleText(path, flow.All, 1)
			for _, size := range []int{1, 2, 3, 7} {
				withParts(size, func() {
					require.Equal(t, want, logtest.SampleText(path, flow.All, 1), "%s, parts of %d", path, size)
					require.Equal(t, want, logtest.SampleText(path, flow.All, 3), "%s, parts of %d, 3 workers", path, size)
				})
			}
		}
	}
}

// A capture that is cut anywhere gives the packets that are whole, and says
// that it is cut unless it is so between two packets.
func TestCaptureCut(t *testing.T) {
	step := 5
	if testing.Short() {
		step = 51
	}
	for path, head := range map[string]int{"pcap/ethernet.pcap": 24, "pcapng/interfaces.pcapng": 28 + 20 + 28 + 20, "netflow-pcap/v9.pcap": 24, "netflow-pcap/ipfix.pcapng": 28 + 20} {
		file, err := os.ReadFile(filepath.Join("../testdata", path))
		require.NoError(t, err)
		format := filepath.Dir(path)
		whole, _, err := logtest.ReadFlows(filepath.Join("../testdata", path), flowlog.Options{}, flow.All, 1)
		require.NoError(t, err)
		between := 0
		for n := head; n < len(file); n += step {
			got, report, err := logtest.ReadFlows(logtest.WriteFile(t, "cut", file[:n]), flowlog.Options{Format: format}, flow.All, 1)
			require.True(t, strings.HasPrefix(whole, got), "%s, %d bytes", path, n)
			if err != nil { // most of what there is is bad
				require.ErrorContains(t, err, "records can't be read", "%s, %d bytes", path, n)
			}
			if report.Inputs[0].Reasons[errCut.Error()] == 0 {
				between++
			}
		}
		require.Less(t, between, 20, path)

		// A compressed one that is cut is read up to there.
		zipped := logtest.Zip(t, file)
		got, report, err := logtest.ReadFlows(logtest.WriteFile(t, "cut.gz", zipped[:len(zipped)-20]), flowlog.Options{Format: format}, flow.All, 1)
		require.True(t, strings.HasPrefix(whole, got), path)
		if report == nil {
			require.ErrorContains(t, err, "its gzip data is cut off", path)
		} else {
			require.Contains(t, report.Inputs[0].Damaged(), "its gzip data is cut off", path)
		}
	}
}

// A byte that is changed anywhere is never more than an error.
func TestCaptureCorrupt(t *testing.T) {
	defer func(old bool) { flowlog.ShowPanics = old }(flowlog.ShowPanics)
	step := 7
	if testing.Short() {
		step = 71
	}
	for _, format := range []string{"pcap", "pcapng", "netflow-pcap", "sflow-pcap"} {
		for _, path := range logtest.Samples(t, format) {
			file, err := os.ReadFile(path)
			require.NoError(t, err)
			flowlog.ShowPanics = false
			for at := 0; at < len(file); at += step {
				bad := bytes.Clone(file)
				bad[at] ^= 0x81
				_, report, err := logtest.ReadFlows(logtest.WriteFile(t, "bad", bad), flowlog.Options{Format: format}, flow.All, 1)
				if err != nil {
					require.NotContains(t, err.Error(), "not what it seems", "%s, byte %d: a panic", path, at)
				} else {
					in := report.Inputs[0]
					require.LessOrEqual(t, in.Rows+in.Other+in.BadRows, int64(50), "%s, byte %d", path, at)
				}
			}
		}
	}
}

// A capture on an unknown kind of link is refused with what converts it.
func TestCaptureLink(t *testing.T) {
	file := pcapFile(little, pcapMicros, 147, frame{logtest.SampleTime, 0, make([]byte, 40), 0})
	_, _, err := logtest.ReadFlows(logtest.WriteFile(t, "wifi.pcap", file), flowlog.Options{}, flow.All, 1)
	var placed *flowlog.InputError
	require.ErrorAs(t, err, &placed)
	require.ErrorContains(t, err, "link type 147")
	require.Contains(t, placed.Hint, "tshark -r ")
}

// A capture of a network on which an exporter sends among others is one of
// packets, and of exporters only where most of its packets are theirs.
func TestNetFlowSniff(t *testing.T) {
	message := fromExporter("10.0.0.1", exported5(logtest.SampleTime, 0, 1, record5("10.0.0.5", "192.0.2.7", 1, 0, 1, 1, 2, 6)))
	web := ethernet(0x0800, ipv4("10.0.0.5", "192.0.2.7", 6, 0, tcp(50000, 443)))
	for _, c := range []struct {
		frames string // m for a message, w for another packet
		want   bool
	}{{"m", true}, {"mw", true}, {"wm", true}, {"mww", false}, {"w", false}, {"", false}} {
		var frames []frame
		for i, kind := range c.frames {
			data := web
			if kind == 'm' {
				data = message
			}
			frames = append(frames, frame{logtest.SampleTime + i, 0, data, 0})
		}
		path := logtest.WriteFile(t, "log", pcapFile(little, pcapMicros, 1, frames...))
		require.Equal(t, c.want, logtest.FormatOfFile(t, path) == "netflow-pcap", c.frames)
	}
	for _, bad := range [][]byte{{0, 5}, be16(5), joined(be16(5), be16(2), make([]byte, 68)), joined(be16(10), be16(99), make([]byte, 20)),
		joined(be16(9), be16(1), make([]byte, 16), be16(7), be16(4)), joined(be16(9), be16(1), make([]byte, 16), be16(256), be16(3))} {
		require.False(t, isNetFlow(bad), "%x", bad)
	}
}

// The fraction of a second in powers of two is exact to a ns.
func TestBinaryTime(t *testing.T) {
	for _, exponent := range []uint8{1, 10, 16, 20, 24, 29, 30, 33} {
		for _, ticks := range []uint64{0, 1, 12345, 1<<exponent - 1} {
			if ticks >= 1<<exponent {
				continue
			}
			file := joined(ngSection(big), ngInterface(big, 228, 0x80|exponent),
				ngPacket(big, 0, uint64(logtest.SampleTime)<<exponent|ticks, ipv4("10.0.0.5", "192.0.2.7", 6, 0, tcp(1, 2))))
			c, err := newCapture(bytes.NewReader(file), window)
			require.NoError(t, err)
			_, info, err := c.read()
			require.NoError(t, err)
			require.True(t, info.timed)
			high, low := bits.Mul64(ticks, 1e9)
			want := logtest.SampleTime*int64(time.Second) + int64(high<<(64-exponent)|low>>exponent)
			require.Equal(t, want, info.time, "2^-%d s, %d of them", exponent, ticks)
		}
	}
}

// NetFlow's clock of 32 bits in ms goes round.
func TestUptime(t *testing.T) {
	e := exportTime{export: 1e18, uptime: 1000}
	require.Equal(t, int64(1e18-1e9), e.atUptime(0))
	require.Equal(t, int64(1e18), e.atUptime(1000))
	require.Equal(t, int64(1e18-2e9), e.atUptime(1<<32-1000))
	require.Equal(t, int64(-2208988800)*1e9, ntpTime(0))
	require.Equal(t, int64(5e8), ntpTime(2208988800<<32|1<<31))
}

// What is remembered of exporters is bounded, and records of no bytes, which
// goflow2 would read for ever, are never asked of it.
func TestTemplates(t *testing.T) {
	var frames []frame
	wide := make([]int, 0, 2*16000)
	for i := range 16000 {
		wide = append(wide, i+1, 1)
	}
	for i := range 200 {
		message := exported10(logtest.SampleTime, i, flowSet(2, template(256, wide[:2*15000]...)))
		frames = append(frames, frame{logtest.SampleTime, i, ipv4("10.0.0.1", "10.0.0.2", 17, 0, udp(1, 4739, message)), 0})
		if len(message) > 65000 {
			t.Fatal("the message is too long for a datagram")
		}
	}
	_, _, err := logtest.ReadFlows(logtest.WriteFile(t, "many.pcap", pcapFile(little, pcapMicros, 101, frames...)), flowlog.Options{}, flow.All, 1)
	require.ErrorIs(t, err, errTemplates)
}

// A capture of nothing but records without templates is refused, with the reason.
func TestNoTemplateAtAll(t *testing.T) {
	message := exported9(logtest.SampleTime, 0, 1, flowSet(256, make([]byte, 12)))
	file := pcapFile(little, pcapMicros, 1, frame{logtest.SampleTime, 0, fromExporter("10.0.0.1", message), 0})
	_, _, err := logtest.ReadFlows(logtest.WriteFile(t, "log", file), flowlog.Options{}, flow.All, 1)
	require.ErrorContains(t, err, noTemplate)
}

// Sets that wait for their template take bounded memory, and those beyond it are
// counted.
func TestWaitingIsBounded(t *testing.T) {
	state := exportState{exporters: map[netip.Addr]*exporter{}}
	e := state.add(netip.MustParseAddr("10.0.0.1"))
	message := exported9(logtest.SampleTime, 0, 1, flowSet(256, make([]byte, 60000)))
	set := netflow.RawFlowSet{FlowSetHeader: netflow.FlowSetHeader{Id: 256}, Records: message[24:]}
	for range 2000 {
		e.keep(message, set)
	}
	require.LessOrEqual(t, state.waiting, 64<<20)
	require.EqualValues(t, 2000, state.lost+int64(len(e.waiting[templateKey{9, 1, 256}])))
	require.Positive(t, state.lost)
}

// A list of names ends with its end, behind which only options may follow: a packet
// whose type is damaged is no list of names.
func TestBlockOfNames(t *testing.T) {
	little := binary.LittleEndian
	name := []byte{1, 0, 6, 0, 192, 0, 2, 7, 'a', 0, 0, 0}
	end, option := []byte{0, 0, 0, 0}, []byte{2, 0, 3, 0, 'd', 'n', 's', 0}
	for text, c := range map[string]struct {
		body []byte
		hold bool
	}{
		"a name":             {joined(name, end), true},
		"no end":             {name, true},
		"an option":          {joined(name, end, option), true},
		"options":            {joined(name, end, option, option, end), true},
		"none":               {end, true},
		"no list":            {joined(end, []byte{0, 0, 123, 1}, name), false},
		"more behind":        {joined(name, end, end, option), false},
		"an option too long": {joined(name, end, []byte{2, 0, 99, 0}), false},
		"an end with a size": {joined(name, []byte{0, 0, 4, 0, 0, 0, 0, 0}), false},
		"an unknown kind":    {joined([]byte{9, 0, 0, 0}, end), false},
	} {
		require.Equal(t, c.hold, ngNamesHold(little, c.body), text)
	}
}

// A section header whose lengths differ is told, though what follows is read.
func TestSectionHeaderDamaged(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		head := ngSection(order)
		head[len(head)-1] ^= 0x80
		b := newNgReader(bufio.NewReader(bytes.NewReader(joined(head, ngInterface(order, 101, 9), ngPacket(order, 0, 1, innerWeb)))))
		data, _, err := b.next()
		require.NoError(t, err)
		require.Equal(t, innerWeb, data)
		_, _, err = b.next()
		require.Equal(t, io.EOF, err)
		require.Equal(t, 1, b.damaged())
	}
}
