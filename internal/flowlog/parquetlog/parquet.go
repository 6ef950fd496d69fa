// Package parquetlog reads Apache Parquet files.
package parquetlog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/metadata"
	"github.com/apache/arrow/go/v15/parquet/schema"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/claims"
	"beacon/internal/flowlog/clocks"
	"beacon/internal/flowlog/timeparts"
	"beacon/internal/sorting"
)

// Parquet is a table in columns, cut into row groups, with a footer that says
// where everything is.
//
// Note: parquet-go/parquet-go v0.32.0 instead of the page decoder here (column, pages,
// runs and thrift, about 1,060 lines), with dictionaries interned once a row group, takes
// 1.06, 1.02 and 1.10 times the processor time of detect on the scale-1 office log with
// snappy, zstd and plain addresses (medians of 9 pairs of whole processes), and 91, 93 and
// 68 MiB instead of 66, 66 and 63. It believes the sizes in page headers: one of the 1,200
// damaged files of TestParquetCorrupt has it make room for 4.1 GB. Of the 60 tables of
// TestParquetHeldToTables it refuses 7 (DELTA_BYTE_ARRAY pages that begin with a prefix, as
// arrow's Go and old Java writers make them) and gives other numbers for 4 (INT32 in
// DELTA_BINARY_PACKED, by arrow's Go writer).

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "parquet",
		Needs:   "columns for time, source, destination: by name, or by --map",
		Gives:   "ports, protocol, bytes, duration, name",
		Doc:     "Apache Parquet with a column for each of time, source and destination, as pandas, DuckDB, Spark and AWS write it",
		Example: `duckdb -c "copy flows to 'flows.parquet'"`,
		Rank:    0,
		Sniff: func(head flowlog.Head) bool {
			return bytes.HasPrefix(head, parquetMagic) || bytes.HasPrefix(head, parquetEncrypted)
		},
		Open: openParquet,
	})
}

var (
	parquetMagic     = []byte("PAR1")
	parquetEncrypted = []byte("PARE")
)

// maxFooter is the largest footer that is read, in bytes: one of 4,000 row
// groups of 40 columns is about 20 MB.
const maxFooter = 256 << 20

// parquetFile reads a Parquet input, a row group a part.
type parquetFile struct {
	in      *flowlog.Input
	opt     *flowlog.Options
	zone    *time.Location
	columns []*parquetColumn                  // those that are read, by role: parts of the times without one, a start time before the end time
	names   []string                          // of the columns that may have a role
	roles   []flowlog.Role                    // theirs
	parts   timeparts.Parts                   // of the start times
	times   map[flowlog.Role]*timeparts.Found // of times that are joined of several columns; nil where the start times aren't
	notes   []flowlog.Note                    // of each flow
	groups  []*rowGroup                       // those with rows
	next    int
	tables  sync.Pool // *parquetTable
}

// parquetColumn holds what is known of a column before it is read.
type parquetColumn struct {
	name     string // dotted where it lies in a group
	role     flowlog.Role
	index    int // among the file's columns
	number   int // from 1, among those that names are matched of
	physical parquet.Type
	logical  schema.LogicalType
	width    int  // bytes of a value, 0 where they vary
	maxLevel int  // definition level of a value that is there; 0 where none can be null
	unsigned bool // of an integer

	isDecimal bool
	scale     int // digits behind the point, of a decimal

	// Of a time.
	unit  int64         // ns in one, of a number
	local bool          // in the zone of the options
	clock *clocks.Clock // of a text
}

// rowGroup is a part of a Parquet file.
type rowGroup struct {
	file   *parquetFile
	rows   int64
	chunks []parquetChunk // by parquetFile.columns
	out    bool           // every time in it lies out of bounds
}

// parquetChunk is where the pages of a column in a row group are.
type parquetChunk struct {
	offset, size int64
	codec        compress.Compression
}

func openParquet(in *flowlog.Input, opt *flowlog.Options) (_ flowlog.Reader, err error) {
	defer func() {
		if p := recover(); p != nil { // arrow's decoder of footers
			err = errors.New("corrupt, or of a newer kind than can be read: its footer")
		}
	}()
	from, size, closer, err := in.Random()
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	md, err := readFooter(from, size)
	if err != nil {
		return nil, err
	}
	if by := md.GetCreatedBy(); by != "" {
		opt.NoteVersion("written by " + by)
	}
	f := &parquetFile{in: in, opt: opt, zone: opt.Location()}
	if err := f.pick(md.Schema, opt); err != nil {
		return nil, err
	}
	if err := checkGroups(md); err != nil {
		return nil, err
	}
	for i := range md.RowGroups {
		if err := f.locate(md.RowGroup(i), size); err != nil {
			return nil, fmt.Errorf("row group %d: %w", i+1, err)
		}
	}
	if err := f.join(from, opt); err != nil {
		return nil, err
	}
	for _, c := range f.columns {
		if (c.role == flowlog.StartTime || c.role == flowlog.EndTime) && f.times[c.role] == nil {
			if err := f.setUnit(c, from); err != nil {
				return nil, err
			}
		}
	}
	t, err := f.table()
	if err != nil {
		return nil, err
	}
	f.tables.Put(t)
	if opt.Bounded() {
		f.bound(md, opt)
	}
	return f, nil
}

// readFooter reads what a file says about itself.
func readFooter(from io.ReaderAt, size int64) (*metadata.FileMetaData, error) {
	var tail [8]byte
	if size < int64(len(parquetMagic)+len(tail)) {
		return nil, errors.New("cut off: a Parquet file without its footer")
	}
	if _, err := from.ReadAt(tail[:], size-8); err != nil && err != io.EOF {
		return nil, flowlog.WithoutPath(err)
	}
	if bytes.Equal(tail[4:], parquetEncrypted) {
		return nil, errEncrypted()
	}
	if !bytes.Equal(tail[4:], parquetMagic) {
		return nil, errors.New("cut off: a Parquet file without its footer")
	}
	n := int64(binary.LittleEndian.Uint32(tail[:]))
	if n > size-12 || n > maxFooter {
		return nil, errFooter
	}
	footer := make([]byte, n)
	if _, err := from.ReadAt(footer, size-8-n); err != nil && err != io.EOF {
		return nil, flowlog.WithoutPath(err)
	}
	if err := checkFooter(footer); err != nil {
		return nil, err
	}
	md, err := metadata.NewFileMetaData(footer, nil)
	if err != nil {
		return nil, errFooter
	}
	if md.IsSetEncryptionAlgorithm() {
		return nil, errEncrypted()
	}
	return md, nil
}

func errEncrypted() error {
	return &flowlog.InputError{Err: errors.New("an encrypted Parquet file"), Hint: "write it again without encryption"}
}

// pick finds the columns to read. A column in a group is known by its dotted
// name; one in a list is none of a flow's.
func (f *parquetFile) pick(s *schema.Schema, opt *flowlog.Options) error {
	var all []*parquetColumn
	var names, lists []string
	for i := range s.NumColumns() {
		col := s.Column(i)
		if col.MaxRepetitionLevel() > 0 {
			lists = append(lists, strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(col.Path(), ".element"), ".item"), ".list"))
			continue
		}
		c := &parquetColumn{name: col.Path(), index: i, physical: col.PhysicalType(), logical: col.LogicalType(), maxLevel: int(col.MaxDefinitionLevel())}
		c.width = map[parquet.Type]int{parquet.Types.Int32: 4, parquet.Types.Int64: 8, parquet.Types.Int96: 12, parquet.Types.Float: 4, parquet.Types.Double: 8}[c.physical]
		if c.physical == parquet.Types.FixedLenByteArray {
			c.width = col.TypeLength()
		}
		if integer, ok := c.logical.(*schema.IntLogicalType); ok {
			c.unsigned = !integer.IsSigned()
		}
		if decimal, ok := c.logical.(*schema.DecimalLogicalType); ok && c.holdsDecimal() && 0 <= decimal.Scale() && decimal.Scale() <= maxScale {
			c.isDecimal, c.scale = true, int(decimal.Scale())
		}
		all = append(all, c)
		names = append(names, c.name)
		c.number = len(all)
	}
	roles, err := flowlog.MatchColumns(names, opt)
	if err := f.checkLists(lists, roles, opt, err); err != nil {
		return err
	}
	for i, c := range all {
		if c.role = roles[i]; c.role != flowlog.Ignored {
			f.columns = append(f.columns, c)
		}
	}
	f.pickParts(all, names, roles)
	sorting.Stable(f.columns, func(a, b *parquetColumn) int { return int(a.role) - int(b.role) })
	return nil
}

// locate adds a row group to the file's parts.
func (f *parquetFile) locate(rg *metadata.RowGroupMetaData, size int64) error {
	g := &rowGroup{file: f, rows: rg.NumRows()}
	if g.rows == 0 {
		return nil
	}
	for _, c := range f.columns {
		col, err := rg.ColumnChunk(c.index)
		if err != nil {
			return err
		}
		chunk := parquetChunk{offset: chunkOffset(col), size: col.TotalCompressedSize(), codec: col.Compression()}
		switch _, known := decompress[chunk.codec]; {
		case col.CryptoMetadata() != nil:
			return errEncrypted()
		case col.FilePath() != "":
			return fmt.Errorf("column %s lies in another file, %s", c.name, col.FilePath())
		case chunk.offset < 0 || chunk.size < 0 || chunk.offset > size || chunk.size > size-chunk.offset:
			return fmt.Errorf("corrupt: column %s lies outside the file", c.name)
		case !known && chunk.codec != compress.Codecs.Uncompressed:
			return &flowlog.InputError{Err: fmt.Errorf("column %s is compressed with %v, which can't be read", c.name, chunk.codec),
				Hint: fmt.Sprintf(`write it again: duckdb -c "copy (from '%s') to 'new.parquet' (codec zstd)"`, f.in.Name)}
		}
		g.chunks = append(g.chunks, chunk)
	}
	f.groups = append(f.groups, g)
	return nil
}

func (f *parquetFile) Next() (flowlog.Part, error) {
	if f.next == len(f.groups) {
		return nil, io.EOF
	}
	f.next++
	return f.groups[f.next-1], nil
}

func (f *parquetFile) Close() error { return nil }

// Read opens the input for itself: a part may be read after its reader was
// closed.
func (g *rowGroup) Read(w *flowlog.Worker) error {
	if g.out {
		return nil
	}
	from, _, closer, err := g.file.in.Random()
	if err != nil {
		return err
	}
	defer closer.Close()
	t, _ := g.file.tables.Get().(*parquetTable)
	if t == nil {
		if t, err = g.file.table(); err != nil {
			return err
		}
	}
	var claim claims.Claim
	defer claim.Release()
	t.w = w
	for i, c := range t.columns {
		c.open(from, g.chunks[i], g.rows, &claim)
	}
	for left := g.rows; left > 0; {
		n := int(min(left, flow.BatchRows))
		left -= int64(n)
		w.Zero(0, n)
		t.troubles = t.troubles[:0]
		for _, c := range t.columns {
			if err := c.fill(n); err != nil {
				return err
			}
		}
		t.troubles = t.names.Settle(w, n, g.file.addressed(), t.troubles)
		if n, err = w.Settle(n, t.troubles); err != nil {
			return err
		}
		for _, note := range g.file.notes {
			w.Note(int64(n), note)
		}
		if err := w.Emit(n); err != nil {
			return err
		}
	}
	for _, c := range t.columns {
		if err := c.end(); err != nil {
			return err
		}
	}
	t.w = nil
	g.file.tables.Put(t)
	return nil
}

// addressed tells whether a column has the addresses of destinations.
func (f *parquetFile) addressed() bool {
	return slices.ContainsFunc(f.columns, func(c *parquetColumn) bool { return c.role == flowlog.Destination })
}

func (c *parquetColumn) levelWidth() uint { return uint(bits.Len(uint(c.maxLevel))) }

func (c *parquetColumn) holdsAddresses() bool {
	switch c.physical {
	case parquet.Types.ByteArray, parquet.Types.Int32, parquet.Types.Int64:
		return true
	}
	return c.physical == parquet.Types.FixedLenByteArray && (c.width == 4 || c.width == 16 || c.isDecimal)
}

func (c *parquetColumn) holdsNumbers() bool {
	switch c.physical {
	case parquet.Types.Int32, parquet.Types.Int64, parquet.Types.Float, parquet.Types.Double, parquet.Types.ByteArray:
		return true
	}
	return c.isDecimal
}

// maxScale is the greatest number of digits behind the point of a decimal: those of one
// of 256 bits.
const maxScale = 76

// holdsDecimal tells whether a decimal can be stored in the column's physical type.
func (c *parquetColumn) holdsDecimal() bool {
	switch c.physical {
	case parquet.Types.Int32, parquet.Types.Int64, parquet.Types.ByteArray, parquet.Types.FixedLenByteArray:
		return true
	}
	return false
}

// unfit says that a column's type can't be what its name says.
func (c *parquetColumn) unfit(what string) error {
	kind := c.physical.String()
	if c.logical != nil && !c.logical.IsNone() {
		kind = c.logical.String()
	}
	return &flowlog.InputError{Err: fmt.Errorf("column %s is of type %s, which holds no %s", c.name, strings.ToLower(kind), what),
		Hint: fmt.Sprintf("say which column it is: --map %s=COLUMN", flowlog.RoleName(c.role))}
}
