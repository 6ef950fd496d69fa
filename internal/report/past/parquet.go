package past

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/file"

	"beacon/internal/beacon"
)

// table holds the columns that are read of an evidence table: of each row a text, a count
// or a real number, all nil where it is null.
type table struct {
	rows    int
	columns map[string][]any
}

// readParquet reads an evidence table: a row for each finding, destination and source.
func readParquet(text []byte) (list []beacon.Earlier, err error) {
	defer func() {
		if r := recover(); r != nil { // the library panics on damaged pages
			err = fmt.Errorf("the parquet file is damaged")
		}
	}()
	in, err := file.NewParquetReader(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("the parquet file is damaged")
	}
	defer in.Close()
	version := in.MetaData().KeyValueMetadata().FindValue("beacon.schema")
	if version == nil {
		return nil, ErrNone
	}
	number, err := strconv.Atoi(*version)
	if err != nil {
		return nil, ErrNone
	}
	if err := checkSchema(number); err != nil {
		return nil, err
	}
	t := &table{columns: map[string][]any{}}
	for g := range in.NumRowGroups() {
		group := in.RowGroup(g)
		if rows := group.NumRows(); rows < 0 || rows > maxRows-int64(t.rows) {
			return nil, fmt.Errorf("the parquet file says that it has more than %d rows", maxRows)
		}
		t.rows += int(group.NumRows())
		for c := range in.MetaData().Schema.NumColumns() {
			name := in.MetaData().Schema.Column(c).Name()
			chunk, err := group.Column(c)
			if err != nil {
				return nil, fmt.Errorf("the parquet file is damaged in column %s", name)
			}
			t.columns[name] = append(t.columns[name], cells(chunk, int(group.NumRows()))...)
		}
	}
	return t.findings(), nil
}

// maxRows is how many rows of findings and sources are read: 16 million, which take some
// gigabytes. What a file says about its size may be wrong.
const maxRows = 1 << 24

// cellsAtOnce is how many cells are read at once.
const cellsAtOnce = 4096

// cells returns the values of a column's chunk.
func cells(chunk file.ColumnChunkReader, rows int) []any {
	levels := make([]int16, min(rows, cellsAtOnce))
	all := make([]any, 0, len(levels))
	add := func(n int64, at func(i int) any) bool {
		optional, next := chunk.Descriptor().MaxDefinitionLevel() > 0, 0
		for i := range int(n) {
			if optional && levels[i] == 0 {
				all = append(all, nil)
				continue
			}
			all = append(all, at(next))
			next++
		}
		return n > 0 && len(all) < rows
	}
	for more := rows > 0; more; {
		left := int64(min(rows-len(all), cellsAtOnce))
		switch r := chunk.(type) {
		case *file.Int64ColumnChunkReader:
			v := make([]int64, left)
			n, _, _ := r.ReadBatch(left, v, levels, nil)
			more = add(n, func(i int) any { return v[i] })
		case *file.Float64ColumnChunkReader:
			v := make([]float64, left)
			n, _, _ := r.ReadBatch(left, v, levels, nil)
			more = add(n, func(i int) any { return v[i] })
		case *file.ByteArrayColumnChunkReader:
			v := make([]parquet.ByteArray, left)
			n, _, _ := r.ReadBatch(left, v, levels, nil)
			more = add(n, func(i int) any { return string(v[i]) })
		default:
			return nil
		}
	}
	return all
}

// value returns a cell, the zero value where it is null or of another type.
func value[T any](t *table, column string, row int) (v T) {
	if cells := t.columns[column]; row < len(cells) {
		v, _ = cells[row].(T)
	}
	return v
}

func (t *table) findings() (list []beacon.Earlier) {
	at := map[int64]int{} // of a rank, its place in list
	for row := range t.rows {
		rank := value[int64](t, "rank", row)
		i, ok := at[rank]
		if !ok {
			i = len(list)
			at[rank] = i
			list = append(list, beacon.Earlier{Rank: int(rank), Scope: beacon.Scope(value[string](t, "scope", row)), Verdict: beacon.Verdict(value[string](t, "verdict", row)),
				Port: uint16(value[int64](t, "port", row)), Period: period(value[float64](t, "period_s", row)), FirstSeen: value[int64](t, "first", row)})
			if seen := value[int64](t, "first_seen", row); seen != 0 {
				list[i].FirstSeen = seen
			}
		}
		e := &list[i]
		e.Destinations = appendHosts(e.Destinations, value[string](t, "destination", row))
		e.Aliases = appendHosts(e.Aliases, strings.Fields(value[string](t, "names", row)+" "+value[string](t, "addresses", row))...)
		e.Sources = appendHosts(appendHosts(e.Sources, value[string](t, "source", row)), strings.Fields(value[string](t, "source_further_ips", row))...)
	}
	return list
}
