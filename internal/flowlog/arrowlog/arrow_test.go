package arrowlog

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"
	"beacon/internal/flowlog/write"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/stretchr/testify/require"
)

// someFlows is a batch of n flows in all columns, with addresses of both kinds.
func someFlows(n int) (*flow.Batch, *flow.Hosts) {
	hosts := flow.NewHosts(nil)
	c := flow.NewColumns(flow.All)
	for i := range n {
		c.Time[i] = (logtest.SampleTime*1e6 + int64(i)*250_001) * 1000
		c.Src[i] = hosts.Intern4(0x0a000005 + uint32(i%7))
		c.Dst[i] = hosts.Intern4(0xc0000207 + uint32(i%5))
		if i%3 == 1 {
			c.Dst[i] = hosts.Intern([]testAddr{"2001:db8::7", "fd00::5"}[i%2].addr())
		}
		c.SrcPort[i], c.Port[i], c.Proto[i] = uint16(50000+i), 443, 6
		c.Bytes[i], c.SrcBytes[i], c.Duration[i] = int64(1)<<40+int64(i), int64(i), int64(i)*1_500_000_001
		if name, ok := hosts.InternName([]byte([]string{"", "example.org", "a.example"}[i%3])); ok {
			c.Name[i] = flow.Alias(name)
		}
	}
	return c.Batch(n), hosts
}

// written is flows as a log of a format.
func written(t testing.TB, format string, batches int, b *flow.Batch, hosts *flow.Hosts) []byte {
	var out bytes.Buffer
	f, err := write.FormatOf(format)
	require.NoError(t, err)
	w, err := f.New(&out, hosts)
	require.NoError(t, err)
	for range batches {
		require.NoError(t, w.Write(b))
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}

// arrowSamples is a file as beacon writes it, a stream with dictionaries, nulls
// and naive times, and a file of epochs and binary addresses.
func arrowSamples(t testing.TB) (file, stream, epoch []byte) {
	b, hosts := someFlows(6)
	file = written(t, "arrow", 2, b, hosts)

	texts := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	stream = arrowTable(t, false, []arrow.Field{
		{Name: "Start", Type: &arrow.TimestampType{Unit: arrow.Millisecond}, Nullable: true},
		{Name: "sa", Type: texts, Nullable: true},
		{Name: "da", Type: texts, Nullable: true},
		{Name: "bytes", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "td", Type: &arrow.DurationType{Unit: arrow.Microsecond}, Nullable: true},
		{Name: "pr", Type: arrow.BinaryTypes.String, Nullable: true},
	}, func(r *array.RecordBuilder) {
		for i := range 8 {
			r.Field(0).(*array.TimestampBuilder).Append(arrow.Timestamp(logtest.SampleTime*1000 + i))
			for f, text := range []string{"10.0.0.5", "192.0.2.7"} {
				if i == 4+f {
					text = []string{"-", "no address"}[f]
				}
				require.NoError(t, r.Field(1+f).(*array.BinaryDictionaryBuilder).AppendString(text))
			}
			r.Field(3).(*array.Float64Builder).Append(float64(100 * i))
			r.Field(4).(*array.DurationBuilder).Append(arrow.Duration(i))
			r.Field(5).(*array.StringBuilder).Append([]string{"TCP", "17"}[i%2])
		}
		for i, f := range r.Fields() { // a row of nulls, and one with a single null
			f.AppendNull()
			if i != 0 {
				f.AppendEmptyValue()
			} else {
				f.AppendNull()
			}
		}
	})
	epoch = arrowTable(t, true, []arrow.Field{
		{Name: "dst", Type: arrow.PrimitiveTypes.Uint32},
		{Name: "src", Type: &arrow.FixedSizeBinaryType{ByteWidth: 16}},
		{Name: "end", Type: arrow.BinaryTypes.LargeString},
		{Name: "ts", Type: arrow.PrimitiveTypes.Int64},
		{Name: "dport", Type: arrow.PrimitiveTypes.Int32},
	}, func(r *array.RecordBuilder) {
		for i := range 3 {
			r.Field(0).(*array.Uint32Builder).Append(0xc0000207)
			r.Field(1).(*array.FixedSizeBinaryBuilder).Append(slices.Concat(make([]byte, 10), []byte{255, 255}, []byte{10, 0, 0, 5}))
			r.Field(2).(*array.LargeStringBuilder).Append(fmt.Sprintf("2020-06-21 00:00:0%d.5", i))
			r.Field(3).(*array.Int64Builder).Append(logtest.SampleTime*1000 + int64(i)*1000)
			r.Field(4).(*array.Int32Builder).Append([]int32{443, 70000, -1}[i])
		}
	})
	return file, stream, epoch
}

// arrowTable is one record batch as a file or as a stream.
func arrowTable(t testing.TB, asFile bool, fields []arrow.Field, fill func(*array.RecordBuilder), options ...ipc.Option) []byte {
	schema := arrow.NewSchema(fields, nil)
	build := array.NewRecordBuilder(memory.NewGoAllocator(), schema)
	fill(build)
	record := build.NewRecord()
	var out bytes.Buffer
	options = append(options, ipc.WithSchema(schema))
	var w interface {
		Write(arrow.Record) error
		Close() error
	} = ipc.NewWriter(&out, options...)
	if asFile {
		var err error
		w, err = ipc.NewFileWriter(&place{Buffer: &out}, options...)
		require.NoError(t, err)
	}
	require.NoError(t, w.Write(record))
	require.NoError(t, w.Close())
	return out.Bytes()
}

// timesTable is an arrowTable of flows from 10.0.0.5 to 203.0.113.9 at a time, an int64 or a float32.
func timesTable(t testing.TB, asFile bool, rows int, time any, options ...ipc.Option) []byte {
	var kind arrow.DataType = arrow.PrimitiveTypes.Int64
	if _, ok := time.(float32); ok {
		kind = arrow.PrimitiveTypes.Float32
	}
	fields := []arrow.Field{{Name: "ts", Type: kind}, {Name: "src_ip", Type: arrow.BinaryTypes.String}, {Name: "dst_ip", Type: arrow.BinaryTypes.String}}
	return arrowTable(t, asFile, fields, func(r *array.RecordBuilder) {
		for range rows {
			switch b := r.Field(0).(type) {
			case *array.Int64Builder:
				b.Append(time.(int64))
			case *array.Float32Builder:
				b.Append(time.(float32))
			}
			r.Field(1).(*array.StringBuilder).Append("10.0.0.5")
			r.Field(2).(*array.StringBuilder).Append("203.0.113.9")
		}
	}, options...)
}

// place is a buffer that knows how far it is written, which is all the seeking
// that the library does.
type place struct{ *bytes.Buffer }

func (p *place) Seek(int64, int) (int64, error) { return int64(p.Len()), nil }

// TestArrowSamples holds the samples to what the tests put together.
func TestArrowSamples(t *testing.T) {
	file, stream, epoch := arrowSamples(t)
	logtest.CheckSamples(t, map[string][]byte{"arrow/file.arrow": file, "arrow/dictionary.arrows": stream, "arrow/epoch.arrow": epoch})
}

// What the writers write is read as what was given to them, to the microsecond.
func TestWrittenIsRead(t *testing.T) {
	flowlog.ShowPanics = true
	b, hosts := someFlows(100)
	var want strings.Builder
	for range 3 {
		for i := range b.Len() {
			fmt.Fprintf(&want, "%d\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", b.Time[i], hosts.Addr(b.Src[i]), hosts.Addr(b.Dst[i]), b.SrcPort[i], b.Port[i],
				b.Proto[i], b.Bytes[i], b.SrcBytes[i], b.Duration[i], hosts.Aliased(b.Name[i]))
		}
	}
	path := logtest.WriteFile(t, "log.arrow", written(t, "arrow", 3, b, hosts))
	got, _, err := logtest.ReadFlows(path, flowlog.Options{}, flow.All, 2)
	require.NoError(t, err)
	require.Equal(t, want.String(), got)

	// Without flows there is still a table.
	path = logtest.WriteFile(t, "empty.arrow", written(t, "arrow", 0, nil, hosts))
	got, report, err := logtest.ReadFlows(path, flowlog.Options{}, flow.All, 2)
	require.NoError(t, err)
	require.Empty(t, got)
	require.EqualValues(t, 0, report.Inputs[0].Rows+report.Inputs[0].Other+report.Inputs[0].BadRows)
}

// A table that is cut anywhere is read as far as it goes, and said to be cut:
// only a stream that ends between two batches can't be told from a whole one.
func TestArrowCut(t *testing.T) {
	file, stream, _ := arrowSamples(t)
	for _, whole := range [][]byte{file, stream} {
		want, _, err := logtest.ReadFlows(logtest.WriteFile(t, "whole", whole), flowlog.Options{}, flow.All, 1)
		require.NoError(t, err)
		isFile := bytes.HasPrefix(whole, []byte(fileMagic))
		told := 0
		for n := 16; n < len(whole); n += 31 {
			got, _, err := logtest.ReadFlows(logtest.WriteFile(t, "cut", whole[:n]), flowlog.Options{Format: "arrow"}, flow.All, 1)
			require.True(t, strings.HasPrefix(want, got), "%d bytes", n)
			if err != nil {
				told++
			} else {
				require.True(t, !isFile || got == want, "%d of %d bytes pass for a whole file", n, len(whole))
			}
		}
		require.Greater(t, told, 10)
	}
}

// A length that lies is an error, and costs no memory.
func TestArrowLies(t *testing.T) {
	_, stream, _ := arrowSamples(t)
	size := binary.LittleEndian.Uint32(stream[4:])
	long := bytes.Clone(stream)
	binary.LittleEndian.PutUint32(long[4:], maxMeta)
	_, _, err := logtest.ReadFlows(logtest.WriteFile(t, "meta", long), flowlog.Options{Format: "arrow"}, flow.All, 1)
	require.ErrorContains(t, err, errCut.Error())
	binary.LittleEndian.PutUint32(long[4:], maxMeta+8)
	_, _, err = logtest.ReadFlows(logtest.WriteFile(t, "meta", long), flowlog.Options{Format: "arrow"}, flow.All, 1)
	require.ErrorContains(t, err, errMessage.Error())

	// Wherever the body's length of the second message stands, it is made huge.
	meta := stream[8+size+8:]
	_, body, err := parseMessage(meta)
	require.NoError(t, err)
	at := bytes.Index(meta, binary.LittleEndian.AppendUint64(nil, uint64(body)))
	require.Positive(t, at)
	for lie, want := range map[uint64]string{1 << 30: errCut.Error(), 1 << 40: errSize.Error(), 1 << 63: errMessage.Error()} {
		binary.LittleEndian.PutUint64(meta[at:], lie)
		_, _, err = logtest.ReadFlows(logtest.WriteFile(t, "body", stream), flowlog.Options{}, flow.All, 1)
		require.ErrorContains(t, err, want)
	}

	// A buffer of a few bytes that claims to unpack to gigabytes.
	zipped := timesTable(t, false, 1000, int64(logtest.SampleTime), ipc.WithZstd())
	_, report, err := logtest.ReadFlows(logtest.WriteFile(t, "zipped", zipped), flowlog.Options{}, flow.All, 1)
	require.NoError(t, err)
	require.EqualValues(t, 1000, report.Inputs[0].Rows)
	at = bytes.LastIndex(zipped, slices.Concat(binary.LittleEndian.AppendUint64(nil, 11000), []byte{0x28, 0xb5, 0x2f, 0xfd}))
	require.Positive(t, at)
	binary.LittleEndian.PutUint64(zipped[at:], 1<<36)
	_, _, err = logtest.ReadFlows(logtest.WriteFile(t, "bomb", zipped), flowlog.Options{}, flow.All, 1)
	require.ErrorContains(t, err, errUnpack.Error())
}

// A byte that is changed anywhere is never more than an error.
func TestArrowCorrupt(t *testing.T) {
	flowlog.ShowPanics = false
	defer func() { flowlog.ShowPanics = true }()
	file, stream, epoch := arrowSamples(t)
	for _, whole := range [][]byte{file, stream, epoch} {
		failed := 0
		for at := 0; at < len(whole); at += 5 {
			bad := bytes.Clone(whole)
			bad[at] ^= 0x81
			if _, _, err := logtest.ReadFlows(logtest.WriteFile(t, "bad", bad), flowlog.Options{Format: "arrow"}, flow.All, 1); err != nil {
				failed++
			}
		}
		require.Greater(t, failed, 20)
	}
}

// A table whose columns can't be what they are called says which.
func TestArrowTypes(t *testing.T) {
	table := arrowTable(t, false, []arrow.Field{{Name: "ts", Type: arrow.PrimitiveTypes.Int64}, {Name: "src", Type: arrow.FixedWidthTypes.Boolean}, {Name: "dst", Type: arrow.BinaryTypes.String}},
		func(r *array.RecordBuilder) {})
	_, _, err := logtest.ReadFlows(logtest.WriteFile(t, "log", table), flowlog.Options{}, flow.All, 1)
	require.ErrorContains(t, err, "column src has type bool, which can't be read as src_ip")
	table = arrowTable(t, false, []arrow.Field{{Name: "time", Type: arrow.FixedWidthTypes.Time64us}, {Name: "src", Type: arrow.BinaryTypes.String}, {Name: "dst", Type: arrow.BinaryTypes.String}},
		func(r *array.RecordBuilder) {})
	_, _, err = logtest.ReadFlows(logtest.WriteFile(t, "log", table), flowlog.Options{}, flow.All, 1)
	require.ErrorContains(t, err, "column time holds times of day, without the day")
}

type testAddr string

func (a testAddr) addr() netip.Addr { return netip.MustParseAddr(string(a)) }

// A file may have its schema in the footer only, as apache-arrow for JavaScript writes it.
func TestArrowSchemaAtEnd(t *testing.T) {
	whole := timesTable(t, true, 1, int64(1592701323))
	schema := len(fileMagic) + 8 + int(binary.LittleEndian.Uint32(whole[len(fileMagic)+4:]))
	at, root := footerAt(whole)
	place, batches := root.vector(3, 24)
	require.Equal(t, 1, batches)
	binary.LittleEndian.PutUint64(whole[at+place:], uint64(len(fileMagic)))
	bare := slices.Concat(whole[:len(fileMagic)], whole[schema:])
	flows, _, err := logtest.ReadFlows(logtest.WriteFile(t, "log", bare), flowlog.Options{}, flow.Base, 1)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(flows, "1592701323000000000\t10.0.0.5\t203.0.113.9\t"), flows)

	_, stored, err := readObject(bare, flowlog.Options{}, flow.Base, 0)
	require.NoError(t, err)
	require.Equal(t, flows, stored)

	_, _, err = logtest.ReadFlows(logtest.WriteFile(t, "log", bare[:len(bare)-4]), flowlog.Options{}, flow.Base, 1)
	require.ErrorIs(t, err, errFooter)
	_, _, err = logtest.ReadFlows(logtest.WriteFile(t, "log.gz", logtest.Zip(t, bare)), flowlog.Options{}, flow.Base, 1)
	require.ErrorContains(t, err, "has its schema at its end only")
}
