package parquetlog

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/pierrec/lz4/v4"
	"github.com/stretchr/testify/require"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"
)

// smallLogs are small files of every layout: codecs, encodings, page versions,
// with nulls and without.
func smallLogs(t testing.TB) [][]byte {
	var logs [][]byte
	for i, codec := range []compress.Compression{compress.Codecs.Uncompressed, compress.Codecs.Snappy, compress.Codecs.Gzip, compress.Codecs.Zstd, compress.Codecs.Brotli} {
		log := plainLog(60)
		for k := range log {
			log[k].null = i%2 == 0
		}
		if i%2 == 0 {
			log[1].values[5], log[4].values[7] = nil, nil
		}
		version := parquet.DataPageV1
		if i > 2 {
			version = parquet.DataPageV2
		}
		props := []parquet.WriterProperty{parquet.WithCompression(codec), parquet.WithDataPageVersion(version), parquet.WithDataPageSize(200), parquet.WithBatchSize(20)}
		logs = append(logs, writeParquet(t, log, []int{40}, props...))
		props = append(props, parquet.WithDictionaryDefault(false), parquet.WithEncodingFor("timestamp", parquet.Encodings.DeltaBinaryPacked),
			parquet.WithEncodingFor("src_ip", parquet.Encodings.DeltaByteArray), parquet.WithEncodingFor("dst_ip", parquet.Encodings.DeltaLengthByteArray))
		logs = append(logs, writeParquet(t, log, nil, props...))
	}
	return logs
}

// readCorrupt reads what may be no Parquet at all: it ends, within its memory,
// with flows that the file can hold or an error.
func readCorrupt(t *testing.T, path string, content []byte) {
	require.NoError(t, os.WriteFile(path, content, 0o600))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	flows, report, err := readLog(t, flowlog.Options{Format: "parquet", From: 1, To: math.MaxInt64}, flow.All, 1, path)
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(3*maxPage))
	if err == nil {
		in := report.Inputs[0]
		require.LessOrEqual(t, in.Other+in.BadRows, int64(60))
		require.LessOrEqual(t, len(flows), 60)
	}
}

func TestParquetCorrupt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	changes, cuts := 120, 20
	if testing.Short() {
		changes, cuts = 12, 2
	}
	d := rand.New(rand.NewPCG(1, 1))
	for _, good := range smallLogs(t) {
		require.NoError(t, os.WriteFile(path, good, 0o600))
		flows, _, err := readLog(t, flowlog.Options{}, flow.All, 1, path)
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(flows), 59)
		for range changes {
			bad := append([]byte(nil), good...)
			for range 1 + d.IntN(3) {
				at := d.IntN(len(bad))
				switch d.IntN(3) {
				case 0:
					bad[at] ^= 1 << d.IntN(8)
				case 1:
					bad[at] = byte(d.Uint32())
				default:
					copy(bad[at:], "\xff\xff\xff\xff\x7f")
				}
			}
			readCorrupt(t, path, bad)
		}
		for range cuts {
			cut := d.IntN(len(good) - 8) // what lies before the footer's length
			readCorrupt(t, path, append(good[:cut:cut], good[len(good)-8:]...))
		}
	}
}

// FuzzParquet is TestParquetCorrupt with the fuzzer's own ideas.
func FuzzParquet(f *testing.F) {
	for _, log := range smallLogs(f) {
		f.Add(log)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		_, report, err := readLog(t, flowlog.Options{Format: "parquet"}, flow.All, 1, logtest.WriteFile(t, "log", content))
		require.True(t, err != nil || report != nil)
	})
}

// A schema whose group claims two thousand million children is refused before
// room is made for them.
func TestParquetFooterClaims(t *testing.T) {
	claim := func(children uint64) []byte {
		footer := []byte{0x15, 2, 0x19, 0x1c} // version 1; a list of one struct:
		footer = append(footer, 0x48, 1, 's') // its name,
		footer = append(footer, 0x15)         // its number of children
		footer = binary.AppendUvarint(footer, children*2)
		return append(footer, 0, 0x16, 0, 0x19, 0x0c, 0)
	}
	require.NoError(t, checkFooter(claim(0)))
	require.ErrorIs(t, checkFooter(claim(1<<30)), errFooter)
	require.ErrorIs(t, checkFooter(claim(0)[:9]), errFooter)
	require.ErrorIs(t, checkFooter([]byte{0x29, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x0f}), errFooter, "a list longer than the footer")
	deep := []byte{}
	for range 100 {
		deep = append(deep, 0x1c)
	}
	require.ErrorIs(t, checkFooter(deep), errFooter, "structs in structs")
}

// Decompressors fill what they are given and no more.
func TestParquetDecompress(t *testing.T) {
	text := make([]byte, 10000)
	for i := range text {
		text[i] = byte(i / 50)
	}
	packed := map[compress.Compression][]byte{}
	for _, c := range []compress.Compression{compress.Codecs.Snappy, compress.Codecs.Gzip, compress.Codecs.Zstd, compress.Codecs.Brotli} {
		codec, err := compress.GetCodec(c)
		require.NoError(t, err)
		packed[c] = codec.Encode(make([]byte, codec.CompressBound(int64(len(text)))), text)
	}
	block := make([]byte, lz4.CompressBlockBound(len(text)))
	n, err := lz4.CompressBlock(text, block, nil)
	require.NoError(t, err)
	packed[codecLZ4Raw] = block[:n]
	require.Len(t, packed, len(decompress))
	for c, src := range packed {
		room := make([]byte, len(text)+100)
		n, err := decompress[c](room[:len(text)], src)
		require.NoError(t, err, c)
		require.Equal(t, text, room[:n], c)
		require.Equal(t, make([]byte, 100), room[len(text):], c)

		n, err = decompress[c](room[:len(text)-1], src)
		require.True(t, err != nil || n != len(text)-1, "%v: more than its header says", c)
		n, err = decompress[c](room, src)
		require.True(t, err != nil || n == len(text), "%v: less than its header says", c)
		n, err = decompress[c](room[:len(text)], src[:len(src)/2])
		require.True(t, err != nil || n < len(text), "%v: cut off", c)
	}
}

// Values of encodings that arrow's writer doesn't know, and of widths that few
// files have.
func TestParquetByteStreamSplit(t *testing.T) {
	c := newColumn(&parquetTable{}, &parquetColumn{physical: parquet.Types.Int32, width: 4}, nil, "", func() []int64 { return nil }, nil)
	out, err := c.relay(&page{pageHeader: pageHeader{encoding: encodingByteStreamSplit, values: 2}, data: []byte("aAbBcCdD")})
	require.NoError(t, err)
	require.Equal(t, "abcdABCD", string(out))
}

// Packed values of every width are held to a reader of single bits.
func TestParquetRuns(t *testing.T) {
	d := rand.New(rand.NewPCG(3, 3))
	for width := uint(1); width <= 20; width++ {
		table := make([]uint32, 1<<width)
		for i := range table {
			table[i] = uint32(i) * 2654435761
		}
		var data []byte
		var want []uint32
		for range 20 {
			if d.IntN(2) == 0 {
				n, v := 1+d.IntN(100), d.Uint32N(1<<width)
				data = binary.AppendUvarint(data, uint64(n)<<1)
				for k := range (width + 7) / 8 {
					data = append(data, byte(v>>(8*k)))
				}
				for range n {
					want = append(want, table[v])
				}
				continue
			}
			groups := 1 + d.IntN(10)
			data = binary.AppendUvarint(data, uint64(groups)<<1|1)
			bytes := make([]byte, groups*int(width))
			for i := range bytes {
				bytes[i] = byte(d.Uint32())
			}
			for i := range groups * 8 {
				var v uint32
				for k := range int(width) {
					at := i*int(width) + k
					v |= uint32(bytes[at/8]>>(at%8)&1) << k
				}
				want = append(want, table[v])
			}
			data = append(data, bytes...)
		}
		var r runs
		require.NoError(t, r.open(append(data, make([]byte, pagePad)...)[:len(data)], width))
		var got []uint32
		for len(got) < len(want) {
			out := make([]uint32, min(1+d.IntN(50), len(want)-len(got)))
			require.NoError(t, gather(&r, table, out))
			got = append(got, out...)
		}
		require.Equal(t, want, got)
		require.ErrorIs(t, gather(&r, table, make([]uint32, 1)), errShortPage)
		require.NoError(t, r.open(append(data, make([]byte, pagePad)...)[:len(data)], width))
		require.ErrorIs(t, gather(&r, table[:1], make([]uint32, len(want))), errIndex)
	}
}
