package capturelog

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/flowlog/logtest"
)

// packetsOf returns what the parts of a capture hold, a packet a line, and the number of
// places that were passed over. plain leaves out the fast path.
func packetsOf(t *testing.T, file []byte, plain bool) (text string, passed int) {
	c, err := newCapture(bytes.NewReader(file), window)
	require.NoError(t, err)
	if plain {
		c.pcap = nil
	}
	r := &captureReader{capture: c, closer: io.NopCloser(nil)}
	var b strings.Builder
	for {
		part, err := r.Next()
		if err != nil {
			fmt.Fprintln(&b, err)
			return b.String(), passed
		}
		p := part.(*packets)
		for run := p.run; len(run) > 0; {
			info, size := c.pcap.info(run), c.pcap.size(run)
			fmt.Fprintf(&b, "%d %d %x\n", info.time, info.wire, run[pcapRecord:min(size, pcapRecord+headerBytes)])
			run = run[size:]
		}
		at := 0
		for _, one := range p.list {
			fmt.Fprintf(&b, "%d %d %x\n", one.time, one.wire, p.data[at:one.end])
			at = one.end
		}
		if p.cut {
			fmt.Fprintln(&b, "cut")
		}
		passed += p.bad
	}
}

// TestPcapRun holds the records of a pcap that are taken as they stand to those that are
// read one by one: whole captures, damaged ones, and ones that are cut off.
func TestPcapRun(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	ran, passed := 0, 0
	for range 150 {
		frames := make([]frame, 1+random.IntN(300))
		for i := range frames {
			data := ethernet(0x0800, ipv4("10.0.0.5", "192.0.2.7", 6, 0, append(tcp(50000, 443), make([]byte, random.IntN(600))...)))
			frames[i] = frame{logtest.SampleTime + i*random.IntN(3), 0, data, 0}
		}
		file := pcapFile(little, pcapMicros, 1, frames...)
		for range random.IntN(60) {
			file[pcapHeader+random.IntN(len(file)-pcapHeader)] ^= byte(1 + random.IntN(255))
		}
		if random.IntN(3) == 0 {
			file = file[:pcapHeader+random.IntN(len(file)-pcapHeader)]
		}
		withParts(1+random.IntN(100), func() {
			want, bad := packetsOf(t, file, true)
			got, gotBad := packetsOf(t, file, false)
			require.Equal(t, want, got)
			require.Equal(t, bad, gotBad)
			ran += strings.Count(got, "\n")
			passed += gotBad
		})
	}
	require.Greater(t, ran, 1000)
	require.Greater(t, passed, 10)
}
