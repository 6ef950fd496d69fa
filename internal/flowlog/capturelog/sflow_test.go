package capturelog

import (
	"bytes"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/stretchr/testify/require"
)

// sflowBlock is a type, a length and what has it: a sample, or a record of one.
func sflowBlock(kind int, body ...[]byte) []byte {
	b := joined(body...)
	return joined(be32(kind), be32(len(b)), b)
}

func sflowDatagram(agent string, samples ...[]byte) []byte {
	addr := addrBytes(agent)
	return joined(be32(5), be32(1+len(addr)/16), addr, be32(0), be32(1), be32(1000), be32(len(samples)), joined(samples...))
}

// sampledHeader is the record of a packet's header, of which some bytes were stripped.
func sampledHeader(protocol, stripped int, header []byte) []byte {
	padding := make([]byte, -len(header)&3)
	return sflowBlock(1, be32(protocol), be32(len(header)+stripped), be32(stripped), be32(len(header)), header, padding)
}

func flowSample(rate int, records ...[]byte) []byte {
	return sflowBlock(1, be32(1), be32(1), be32(rate), make([]byte, 16), be32(len(records)), joined(records...))
}

func sflowSample() []byte {
	ports := joined(be32(50000), be32(443), be32(2), be32(0))
	sampled4 := sflowBlock(3, be32(1200), be32(6), addrBytes("10.0.0.5"), addrBytes("192.0.2.8"), ports)
	sampled6 := sflowBlock(4, be32(1300), be32(17), addrBytes("fd00::5"), addrBytes("2001:db8::8"), ports)
	expanded := sflowBlock(3, be32(1), be32(0), be32(1), be32(512), make([]byte, 24), be32(1), sampledHeader(11, 0, innerWeb))
	other := sflowBlock(1001, make([]byte, 16))
	arp := ethernet(0x0806, make([]byte, 28))
	var frames []frame
	for i, message := range [][]byte{
		sflowDatagram("172.16.0.1", flowSample(1000, sampledHeader(1, 4, innerFrame)), flowSample(1000, other, sampledHeader(12, 0, innerDNS6))),
		sflowDatagram("2001:db8::1", expanded, sflowBlock(2, make([]byte, 40)), flowSample(1000, sampled4), flowSample(1000, other, sampled6)),
		sflowDatagram("172.16.0.1", flowSample(1000, sampledHeader(1, 0, arp)), flowSample(1000, sampledHeader(99, 0, arp))),
		sflowDatagram("172.16.0.1", flowSample(1000, sampledHeader(1, 4, innerFrame), sampled4), flowSample(1000, sampledHeader(1, 50, innerFrame[:20]))),
		sflowDatagram("172.16.0.1", flowSample(1000, sampled4))[:60],
		sflowDatagram("172.16.0.1", flowSample(1000, sampledHeader(1, 4, ethernet(0x0800, tunnelled()["VXLAN"])))),
	} {
		frames = append(frames, frame{logtest.SampleTime + i, 0, ethernet(0x0800, ipv4("172.16.0.1", "172.16.0.2", 17, 0, udp(40000, 6343, message))), 0})
	}
	return pcapFile(little, pcapMicros, 1, frames...)
}

// A datagram that is cut anywhere, or has a byte changed, is never more than a bad one,
// and the flows before the cut stand.
func TestSFlowHostile(t *testing.T) {
	file := sflowSample()
	read := func(data []byte) (string, *flowlog.Report, error) {
		return logtest.ReadFlows(logtest.WriteFile(t, "log", data), flowlog.Options{Format: "sflow-pcap"}, flow.All, 1)
	}
	step := 5
	if testing.Short() {
		step = 51
	}
	for at := 24; at < len(file); at += step {
		for _, v := range []byte{0, 0x7f, 0xff} {
			bad := bytes.Clone(file)
			bad[at] = v
			if _, report, err := read(bad); err == nil {
				in := report.Inputs[0]
				require.LessOrEqual(t, in.Rows+in.Other+in.BadRows, int64(20), "byte %d", at)
			} else {
				require.NotContains(t, err.Error(), "not what it seems", "byte %d", at)
			}
		}
	}
	for _, bad := range [][]byte{nil, be32(5), joined(be32(5), be32(3), make([]byte, 40)), joined(be32(5), be32(1), make([]byte, 16), be32(1<<30)),
		joined(be32(5), be32(1), make([]byte, 16), be32(1), be32(1), be32(9))} {
		require.False(t, isSFlow(bad), "%x", bad)
	}
}

// Sampling rates beyond a few are one in the note.
func TestSFlowRates(t *testing.T) {
	var samples [][]byte
	for rate := range 20 {
		samples = append(samples, flowSample(rate+1, sampledHeader(11, 0, innerWeb)))
	}
	packet := ethernet(0x0800, ipv4("172.16.0.1", "172.16.0.2", 17, 0, udp(40000, 6343, sflowDatagram("172.16.0.1", samples...))))
	_, report, err := logtest.ReadFlows(logtest.WriteFile(t, "log", pcapFile(little, pcapMicros, 1, frame{logtest.SampleTime, 0, packet, 0})), flowlog.Options{}, flow.All, 1)
	require.NoError(t, err)
	require.EqualValues(t, 20, report.Rows())
	require.Equal(t, []string{"flows that are packets sampled by sFlow, one of every 1, 2, 3, 4, 5, 6, 7, 8, others: 20"}, flowlog.NoteTexts(report.Inputs[0].Notes))
}
