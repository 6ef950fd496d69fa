package capturelog

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"beacon/internal/flowlog/logtest"

	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/stretchr/testify/require"
)

// ngRandom returns a pcapng file of several sections in either byte order, whose packets are
// of all kinds.
func ngRandom(r *rand.Rand) (file []byte) {
	orders := []binary.AppendByteOrder{little, big}
	for range 1 + r.IntN(3) {
		order := orders[r.IntN(2)]
		file = append(file, ngSection(order)...)
		resolutions := []byte{0, 0, 3, 6, 9, 12, 0x80 | 10, 0x80 | 20}
		var units []uint64
		for range 1 + r.IntN(3) {
			resolution := resolutions[r.IntN(len(resolutions))]
			units = append(units, map[bool]uint64{true: 1e6, false: ngUnits(resolution)}[resolution == 0])
			var options []byte
			if r.IntN(2) == 0 {
				options = joined(ngOption(order, 2, []byte("eth0\x00")), ngOption(order, ngTimeOffset, order.AppendUint64(nil, uint64(r.IntN(9)))))
			}
			if resolution != 0 {
				options = joined(options, ngOption(order, ngResolution, []byte{resolution}))
			}
			if r.IntN(2) == 0 {
				options = append(options, 0, 0, 0, 0)
			}
			most := []uint32{0, 20, 65535}[r.IntN(3)]
			links := []uint16{0, 1, 101, 113, 276}
			file = append(file, ngBlock(order, ngInterfaceBlock, joined(order.AppendUint16(nil, links[r.IntN(len(links))]), []byte{0, 0}, order.AppendUint32(nil, most), options))...)
		}
		for range r.IntN(30) {
			face := r.IntN(len(units))
			at := logtest.SampleTime*units[face] + r.Uint64N(units[face])
			data := bytes.Repeat([]byte{byte(r.Uint32())}, 1+r.IntN(90))
			file = append(file, ngAny(r.IntN(6), order, face, at, data)...)
		}
	}
	return file
}

// ngAny returns a block of one of six kinds.
func ngAny(kind int, order binary.AppendByteOrder, face int, at uint64, data []byte) []byte {
	captured, wire := order.AppendUint32(nil, uint32(len(data))), order.AppendUint32(nil, uint32(len(data)+7))
	times := order.AppendUint32(order.AppendUint32(nil, uint32(at>>32)), uint32(at))
	padded := append(data, make([]byte, (4-len(data)%4)%4)...)
	switch kind {
	case 0:
		return ngBlock(order, ngOldPacketBlock, joined(order.AppendUint16(nil, uint16(face)), []byte{0, 1}, times, captured, wire, padded))
	case 1:
		return ngSimple(order, data)
	case 2:
		return ngBlock(order, ngStatsBlock, joined(order.AppendUint32(nil, uint32(face)), times))
	case 3:
		return ngBlock(order, ngCustomBlock, data)
	}
	return ngBlock(order, ngPacketBlock, joined(order.AppendUint32(nil, uint32(face)), times, captured, wire, padded, ngOption(order, 1, []byte("note")), []byte{0, 0, 0, 0}))
}

func ngOption(order binary.AppendByteOrder, kind uint16, value []byte) []byte {
	return joined(order.AppendUint16(order.AppendUint16(nil, kind), uint16(len(value))), value, make([]byte, (4-len(value)%4)%4))
}

// ngText returns the packets of a file by ngReader.
func ngText(file []byte) string {
	c, err := newCapture(bytes.NewReader(file), window)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for {
		data, info, err := c.read()
		if err != nil {
			if bad := c.damaged(); bad > 0 || err != io.EOF {
				fmt.Fprintln(&b, bad, err)
			}
			return b.String()
		}
		if !info.timed {
			info.time = -1
		}
		fmt.Fprintf(&b, "%d %d %d %x\n", info.time, info.wire, info.link, data)
	}
}

// TestNgReader holds the reader of pcapng to gopacket's.
func TestNgReader(t *testing.T) {
	for seed := range uint64(300) {
		file := ngRandom(rand.New(rand.NewPCG(seed, 1)))
		r, err := pcapgo.NewNgReader(bytes.NewReader(file), pcapgo.NgReaderOptions{WantMixedLinkType: true})
		require.NoError(t, err)
		var want strings.Builder
		for {
			data, info, err := r.ZeroCopyReadPacketData()
			if err == io.EOF {
				break
			}
			require.NoError(t, err)
			at := int64(-1)
			if !info.Timestamp.IsZero() {
				at = info.Timestamp.UnixNano()
				face, err := r.Interface(info.InterfaceIndex)
				require.NoError(t, err)
				if face.TimestampResolution.Binary() { // pcapgo v1.7.7 takes 2^-20 s for a whole number of ns
					units := uint64(info.Timestamp.Nanosecond()) / (1e9 >> face.TimestampResolution.Exponent())
					at = info.Timestamp.Unix()*1e9 + int64(units*1e9>>face.TimestampResolution.Exponent())
				}
			}
			fmt.Fprintf(&want, "%d %d %d %x\n", at, info.Length, info.AncillaryData[0].(layers.LinkType), data)
		}
		require.Equal(t, want.String(), ngText(file), seed)
	}
}

// TestNgOdd reads files that few programs write.
func TestNgOdd(t *testing.T) {
	packet := ngPacket(little, 0, 5000, []byte{1, 2})
	face := func(options ...[]byte) []byte {
		return ngBlock(little, ngInterfaceBlock, joined([]byte{1, 0, 0, 0, 0, 0, 0, 0}, joined(options...)))
	}
	version := func(major, minor byte) []byte {
		b := ngSection(little)
		b[12], b[14] = major, minor
		return b
	}
	large := ngBlock(little, ngCustomBlock, make([]byte, 2<<20))
	liar := bytes.Clone(large)
	liar[len(liar)-1]++
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"version 1.2":               {joined(version(1, 2), face(), packet), "5000000 2 1 0102\n"},
		"version 2.0":               {joined(version(2, 0), face(), packet), "0 corrupt: a section of version 2.0 of pcapng\n"},
		"whole seconds":             {joined(ngSection(little), face(ngOption(little, ngResolution, []byte{0})), packet), "5000000000000 2 1 0102\n"},
		"offset before 1970":        {joined(ngSection(little), face(ngOption(little, ngTimeOffset, little.AppendUint64(nil, 1<<64-1))), packet), "-1 2 1 0102\n"},
		"offset too far":            {joined(ngSection(little), face(ngOption(little, ngTimeOffset, little.AppendUint64(nil, 1<<63-1))), packet), "-1 2 1 0102\n"},
		"units too small":           {joined(ngSection(little), face(ngOption(little, ngResolution, []byte{20})), packet), "-1 2 1 0102\n"},
		"binary units too small":    {joined(ngSection(little), face(ngOption(little, ngResolution, []byte{0x80 | 64})), packet), "-1 2 1 0102\n"},
		"option past the end":       {joined(ngSection(little), face([]byte{2, 0, 9, 0}), packet), "-1 2 1 0102\n1 EOF\n"},
		"end of options has a size": {joined(ngSection(little), face([]byte{0, 0, 4, 0, 1, 2, 3, 4}), packet), "-1 2 1 0102\n1 EOF\n"},
		"no interface":              {joined(ngSection(little), packet, ngSimple(little, []byte{7})), "2 EOF\n"},
		"old packet, no interface":  {joined(ngSection(little), face(), ngAny(0, little, 1, 5000, []byte{1, 2})), "1 EOF\n"},
		"old packet, too long":      {joined(ngSection(little), face(), ngBlock(little, ngOldPacketBlock, joined(make([]byte, 12), []byte{5, 0, 0, 0}, make([]byte, 8)))), "1 EOF\n"},
		"a large block":             {joined(ngSection(little), face(), large, packet), "5000000 2 1 0102\n"},
		"a large block that lies":   {joined(ngSection(little), face(), liar, packet), "5000000 2 1 0102\n1 EOF\n"},
		"a large block, cut off":    {joined(ngSection(little), face(), large[:len(large)-2]), "0 " + errCut.Error() + "\n"},
		"a simple packet, cut short": {joined(ngSection(little), face(), ngBlock(little, ngSimpleBlock, []byte{99, 0, 0, 0, 7, 8, 9, 10})),
			"-1 99 1 0708090a\n"},
		"no byte order": {joined([]byte("\n\r\r\n\x1c\x00\x00\x00abcd"), make([]byte, 20)), "corrupt: it begins with 0a0d0d0a, which no pcap file does"},
	} {
		require.Equal(t, c.want, ngText(c.file), name)
	}
}

// FuzzPcapng reads any bytes as a pcapng file: to an end, and twice the same.
func FuzzPcapng(f *testing.F) {
	for seed := range uint64(4) {
		f.Add(ngRandom(rand.New(rand.NewPCG(seed, 2))))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		text := ngText(file)
		require.Equal(t, text, ngText(file))
		require.LessOrEqual(t, len(text), 3*len(file)+200*(1+len(file)/16))
	})
}
