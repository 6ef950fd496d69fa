package parquetlog

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/schema"
	"github.com/stretchr/testify/require"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"
)

// Random tables, laid out at random by arrow's writer, are read as what was put
// into them, whatever the types, encodings, nulls, page sizes and row groups.
func TestParquetHeldToTables(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			d := &tableDice{rand.New(rand.NewPCG(seed, 2))}
			rows := d.IntN(3000)
			if d.IntN(16) == 0 {
				rows += 2 * flow.BatchRows
			}
			table := d.table(rows + 1)
			groups, props, told := d.layout(rows+1, table.columns)
			path := logtest.WriteFile(t, "log", writeParquet(t, table.columns, groups, props...))
			flows, report, err := readLog(t, flowlog.Options{}, flow.All, 1+d.IntN(3), path)
			require.NotNil(t, report, err)
			in := report.Inputs[0]
			if table.bad <= int64(len(table.flows)) {
				require.NoError(t, err, told)
			}
			for i := range min(len(flows), len(table.flows)) {
				if table.flows[i] != flows[i] {
					require.Equal(t, table.flows[i], flows[i], "flow %d; %s", i, told)
				}
			}
			require.Equal(t, len(table.flows), len(flows), told)
			require.Equal(t, [2]int64{table.other, table.bad}, [2]int64{in.Other, in.BadRows}, "%v %s", report.Bad, told)
			unknown := int64(0)
			for _, n := range in.Unknown {
				unknown += n
			}
			require.Equal(t, table.unknown, unknown, "%v %s", report.Doubts, told)
			if table.bad > int64(len(flows)) {
				require.ErrorContains(t, err, "can't be read")
			}
			if table.bad > 0 {
				require.EqualValues(t, table.firstBad, report.Bad[0].Line, report.Bad)
			}
		})
	}
}

// randomTable is a table of flows, and what a plain reader makes of it.
type randomTable struct {
	columns  []testColumn
	flows    []readFlow
	other    int64
	bad      int64
	firstBad int
	unknown  int64 // values that can't be read
}

// tableCell is a value of a table, and what stands for it in a flow.
type tableCell struct {
	value  any
	number int64
	text   string
	reason string // why the row can't be read
	bad    bool   // the value can't be read, and the row is kept without it
}

type tableDice struct{ *rand.Rand }

func pick[T any](d *tableDice, from ...T) T { return from[d.IntN(len(from))] }

// table makes a table: one kind of value a column, some null, few bad.
func (d *tableDice) table(rows int) randomTable {
	makers := []struct {
		column testColumn
		make   func() tableCell
		null   string
	}{d.timeColumn(), d.addressColumn("src_ip"), d.addressColumn("dst_ip"), d.countColumn("src_port", 65536), d.countColumn("dst_port", 65536),
		d.countColumn("protocol", 256), d.countColumn("bytes", 1<<40), d.countColumn("src_bytes", 1<<40), d.durationColumn(), d.nameColumn()}
	const destination, name = 2, 9
	var t randomTable
	cells := make([][]tableCell, len(makers))
	for i, m := range makers {
		m.column.null = d.IntN(2) == 0
		rate := pick(d, 0, 0, 3, 30, 500)
		runs := d.IntN(2) == 0
		var c tableCell
		for range rows {
			if !runs || d.IntN(20) == 0 || c.value == nil {
				if c = m.make(); m.column.null && d.IntN(1000) < rate {
					c = tableCell{reason: m.null}
				}
			}
			cells[i] = append(cells[i], c)
			m.column.values = append(m.column.values, c.value)
		}
		t.columns = append(t.columns, m.column)
	}
	for row := range rows {
		var reason string
		for i := range makers {
			switch got := cells[i][row].reason; {
			case i == destination && got == flowlog.NoAddress && cells[name][row].text != "": // the name is the destination
			case got == flowlog.NoAddress, reason == "":
				reason = got
			}
			if reason == flowlog.NoAddress {
				break
			}
		}
		at := func(i int) tableCell { return cells[i][row] }
		switch reason {
		case flowlog.NoAddress:
			t.other++
		case "":
			for i := range makers {
				if at(i).bad {
					t.unknown++
				}
			}
			dst, called := at(destination).text, at(name).text
			if at(destination).reason != "" {
				dst, called = called, ""
			}
			t.flows = append(t.flows, readFlow{Time: at(0).number, Src: at(1).text, Dst: dst, SrcPort: uint16(at(3).number), Port: uint16(at(4).number),
				Proto: uint8(at(5).number), Bytes: at(6).number, SrcBytes: at(7).number, Duration: at(8).number, Name: called})
		default:
			if t.bad++; t.firstBad == 0 {
				t.firstBad = row + 1
			}
		}
	}
	return t
}

type columnMaker = struct {
	column testColumn
	make   func() tableCell
	null   string
}

// timeColumn holds times of 2020 to 2023, in seconds so that every type holds
// them, or in its own unit.
func (d *tableDice) timeColumn() columnMaker {
	const base = 1_577_836_800
	seconds := func() int64 { return base + d.Int64N(3*365*86400) }
	var kind parquet.Type
	var logical schema.LogicalType
	var value func() (any, int64)
	scaled := func(unit int64) func() (any, int64) {
		return func() (any, int64) {
			v := seconds()*(1e9/unit) + d.Int64N(1e9/unit)
			return v, v * unit
		}
	}
	stamp := func(unit schema.TimeUnitType) schema.LogicalType {
		return schema.NewTimestampLogicalType(d.IntN(2) == 0, unit)
	}
	switch d.IntN(9) {
	case 0:
		kind, logical, value = parquet.Types.Int64, stamp(schema.TimeUnitMillis), scaled(1e6)
	case 1:
		kind, logical, value = parquet.Types.Int64, stamp(schema.TimeUnitMicros), scaled(1e3)
	case 2:
		kind, logical, value = parquet.Types.Int64, stamp(schema.TimeUnitNanos), scaled(1)
	case 3:
		kind, value = parquet.Types.Int64, scaled(pick[int64](d, 1, 1e3, 1e6, 1e9))
	case 4:
		kind, value = parquet.Types.Int32, func() (any, int64) { s := seconds(); return int32(s), s * 1e9 }
	case 5:
		kind, value = parquet.Types.Double, func() (any, int64) {
			s := seconds()
			return float64(s) + 0.5, s*1e9 + 5e8
		}
	case 6:
		kind, value = parquet.Types.Int96, func() (any, int64) {
			s := seconds()
			var v parquet.Int96
			binary.LittleEndian.PutUint64(v[:], uint64(s%86400*1e9))
			binary.LittleEndian.PutUint32(v[8:], uint32(2440588+s/86400))
			return v, s * 1e9
		}
	case 7:
		kind, logical, value = parquet.Types.ByteArray, schema.StringLogicalType{}, func() (any, int64) {
			s := seconds()
			return time.Unix(s, 0).UTC().Format("2006-01-02 15:04:05"), s * 1e9
		}
	default:
		kind, value = parquet.Types.ByteArray, func() (any, int64) {
			s := seconds()
			return strconv.FormatInt(s, 10), s * 1e9
		}
	}
	rate := pick(d, 0, 0, 20)
	return columnMaker{testColumn{name: "timestamp", kind: kind, logical: logical}, func() tableCell {
		if kind == parquet.Types.ByteArray && d.IntN(1000) < rate {
			return tableCell{value: "yesterday", reason: flowlog.BadTime}
		}
		v, ns := value()
		return tableCell{value: v, number: ns}
	}, flowlog.BadTime}
}

// addressColumn holds few or many addresses.
func (d *tableDice) addressColumn(name string) columnMaker {
	hosts := pick(d, 1, 2, 30, 1000, 1_000_000)
	kind, width := parquet.Types.ByteArray, 0
	switch d.IntN(6) {
	case 0:
		kind, width = parquet.Types.FixedLenByteArray, 16
	case 1:
		kind, width = parquet.Types.FixedLenByteArray, 4
	case 2:
		kind = parquet.Types.Int32
	}
	six := d.IntN(2) == 0 && kind != parquet.Types.Int32 && width != 4
	rate := pick(d, 0, 0, 20)
	return columnMaker{testColumn{name: name, kind: kind, width: width}, func() tableCell {
		n := uint32(d.IntN(hosts)) * 2654435761
		b := binary.BigEndian.AppendUint32(nil, n)
		addr := netip.AddrFrom4([4]byte(b))
		if six && n%3 == 0 {
			addr = netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 15: b[3], 14: b[2], 13: b[1], 12: b[0]})
		}
		wide := addr.As16()
		switch {
		case kind == parquet.Types.Int32:
			return tableCell{value: int32(n), text: addr.String()}
		case width == 4:
			return tableCell{value: string(b), text: addr.String()}
		case width == 16:
			return tableCell{value: string(wide[:]), text: addr.String()}
		}
		switch at := d.IntN(1000); {
		case at < rate/2:
			return tableCell{value: pick(d, "", "-"), reason: flowlog.NoAddress}
		case at < rate:
			return tableCell{value: pick(d, "10.1.2", "a host", "1.2.3.4.5.6.7.8.9.10.11.12"), reason: flowlog.BadAddress}
		}
		return tableCell{value: addr.String(), text: addr.String()}
	}, flowlog.NoAddress}
}

// countColumn holds numbers below most.
func (d *tableDice) countColumn(name string, most int64) columnMaker {
	spread := pick(d, 1, 20, most)
	rate := pick(d, 0, 0, 20)
	logical := schema.LogicalType(nil)
	kind := pick(d, parquet.Types.Int32, parquet.Types.Int64, parquet.Types.Float, parquet.Types.Double, parquet.Types.ByteArray)
	switch kind {
	case parquet.Types.Float:
		spread = min(spread, 1<<24)
	case parquet.Types.Int32:
		spread = min(spread, 1<<31)
		if d.IntN(2) == 0 {
			logical = schema.NewIntLogicalType(32, false)
			spread = min(2*spread, most)
		}
	}
	return columnMaker{testColumn{name: name, kind: kind, logical: logical}, func() tableCell {
		n := d.Int64N(spread)
		c := tableCell{number: n}
		bad := d.IntN(1000) < rate
		c.bad = bad
		switch kind {
		case parquet.Types.Int32:
			if c.value = int32(n); bad && logical == nil {
				c.value = int32(-1)
			} else {
				c.bad = false
			}
		case parquet.Types.Int64:
			if c.value = n; bad {
				c.value = -n - 1
			}
		case parquet.Types.Float:
			if c.value = float32(n); bad {
				c.value = float32(-1)
			}
		case parquet.Types.Double:
			if c.value = float64(n); bad {
				c.value = float64(-1)
			}
		default:
			if c.value = strconv.FormatInt(n, 10); bad {
				c.value = "1x"
			}
		}
		if c.bad {
			c.number = 0
		}
		return c
	}, ""}
}

func (d *tableDice) durationColumn() columnMaker {
	kind := pick(d, parquet.Types.Int32, parquet.Types.Double)
	return columnMaker{testColumn{name: "duration", kind: kind}, func() tableCell {
		n := d.Int64N(1000)
		if kind == parquet.Types.Int32 {
			return tableCell{value: int32(n), number: n * 1e9}
		}
		return tableCell{value: float64(n) + 0.25, number: n*1e9 + 25e7}
	}, ""}
}

func (d *tableDice) nameColumn() columnMaker {
	return columnMaker{testColumn{name: "hostname", kind: parquet.Types.ByteArray}, func() tableCell {
		s := fmt.Sprintf("host-%d.example.org", d.IntN(50))
		return tableCell{value: s, text: s}
	}, ""}
}

// layout is how a table is written: row groups and the writer's settings, and
// the same as text.
func (d *tableDice) layout(rows int, columns []testColumn) (groups []int, props []parquet.WriterProperty, told string) {
	for left := rows; left > 0; {
		n := d.IntN(rows + 2)
		groups = append(groups, n)
		left -= n
	}
	version, codec := d.IntN(2), pick(d, compress.Codecs.Uncompressed, compress.Codecs.Snappy, compress.Codecs.Zstd, compress.Codecs.Gzip, compress.Codecs.Brotli)
	page, batch, dict := pick[int64](d, 300, 3000, 20000, 1<<20), pick[int64](d, 7, 100, 1024), pick[int64](d, 100, 5000, 1<<20)
	props = []parquet.WriterProperty{parquet.WithCompression(codec), parquet.WithDataPageSize(page), parquet.WithBatchSize(batch),
		parquet.WithDictionaryPageSizeLimit(dict), parquet.WithDataPageVersion(pick(d, parquet.DataPageV1, parquet.DataPageV2))}
	told = fmt.Sprintf("groups %v version %d codec %v page %d batch %d dictionary %d", groups, version, codec, page, batch, dict)
	for _, c := range columns {
		inDict := d.IntN(2) == 0
		props = append(props, parquet.WithDictionaryFor(c.name, inDict))
		encoding := parquet.Encodings.Plain
		switch {
		case inDict:
		case c.kind == parquet.Types.Int32 || c.kind == parquet.Types.Int64:
			encoding = pick(d, parquet.Encodings.Plain, parquet.Encodings.DeltaBinaryPacked)
		case c.kind == parquet.Types.ByteArray:
			encoding = pick(d, parquet.Encodings.Plain, parquet.Encodings.DeltaLengthByteArray, parquet.Encodings.DeltaByteArray)
		}
		if !inDict {
			props = append(props, parquet.WithEncodingFor(c.name, encoding))
		}
		told += fmt.Sprintf("\n%s %v in a dictionary: %v, null: %v, else %v", c.name, c.kind, inDict, c.null, encoding)
	}
	return groups, props, told
}
