package capturelog

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/stretchr/testify/require"
)

// manyPackets returns a capture of n packets of different lengths, and where each
// record begins.
func manyPackets(order binary.AppendByteOrder, n int) (file []byte, starts []int) {
	for _, v := range []uint32{0xa1b2c3d4, 0, 0, 0, 65535, 1} {
		if v == 0xa1b2c3d4 || len(file) != 4 {
			file = order.AppendUint32(file, v)
			continue
		}
		file = order.AppendUint16(order.AppendUint16(file, 2), 4)
	}
	for i := range n {
		payload := bytes.Repeat([]byte{byte(i % 3)}, i%7*31)
		packet := append([]byte("\x00\x01\x02\x03\x04\x05\x00\x01\x02\x03\x04\x06\x08\x00\x45\x00"), 0, byte(28+len(payload)))
		packet = append(packet, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, byte(i>>8), byte(i), 203, 0, 113, 9, 1, 1, 0, 53, 0, 0, 0, 0)
		packet = append(packet, payload...)
		starts = append(starts, len(file))
		for _, v := range []uint32{logtest.SampleTime + uint32(i), uint32(i), uint32(len(packet)), uint32(len(packet))} {
			file = order.AppendUint32(file, v)
		}
		file = append(file, packet...)
	}
	return file, append(starts, len(file))
}

// A record whose length is damaged costs itself, or the one behind it, and is counted.
func TestPcapResync(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		const packets = 40
		file, starts := manyPackets(order, packets)
		for _, at := range []int{0, 1, 17, packets - 3, packets - 1} {
			for _, length := range []uint32{0, 1, 5, 16, 77, 1000, 65535, 1 << 17, 1 << 24, 1 << 31} {
				if length == uint32(starts[at+1]-starts[at]-pcapRecord) {
					continue
				}
				lengths := order.AppendUint32(order.AppendUint32(nil, length), max(length, 1))
				bad := bytes.Clone(file)
				copy(bad[starts[at]+8:], lengths)
				_, report, err := logtest.ReadFlows(logtest.WriteFile(t, "log.pcap", bad), flowlog.Options{}, flow.All, 2)
				require.NoError(t, err)
				in := report.Inputs[0]
				place := fmt.Sprintf("%v, record %d of length %d", order, at, length)
				require.GreaterOrEqual(t, in.Rows, int64(packets-2), place)
				require.Positive(t, in.BadRows+in.Other, place)
			}
		}
		// A hole of any size, over the end of a window too.
		big, starts := manyPackets(order, 30000)
		for _, hole := range []int{3, 40, 5000, 2_000_000} {
			from := starts[100] + 9
			bad := append(bytes.Clone(big[:from]), big[from+hole:]...)
			_, report, err := logtest.ReadFlows(logtest.WriteFile(t, "log.pcap", bad), flowlog.Options{}, flow.All, 2)
			require.NoError(t, err)
			whole := 0
			for i := range starts[:len(starts)-1] {
				if starts[i+1] <= from || starts[i] >= from+hole {
					whole++
				}
			}
			in := report.Inputs[0]
			require.InDelta(t, whole, in.Rows, 1, "a hole of %d bytes", hole)
			require.Positive(t, in.BadRows, "a hole of %d bytes", hole)
		}
	}
}

// What isn't a capture any more from some place on is counted, once.
func TestPcapRest(t *testing.T) {
	file, _ := manyPackets(binary.LittleEndian, 50)
	for _, rest := range []string{"\x00", strings.Repeat("\x00", 100), strings.Repeat("\x00", 3<<20), strings.Repeat("rubbish ", 300000)} {
		got, report, err := logtest.ReadFlows(logtest.WriteFile(t, "log.pcap", append(bytes.Clone(file), rest...)), flowlog.Options{}, flow.All, 1)
		require.NoError(t, err)
		require.Equal(t, 50, strings.Count(got, "\n"))
		require.EqualValues(t, 1, report.Inputs[0].BadRows)
	}
}
