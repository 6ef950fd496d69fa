package parquetlog

import (
	"cmp"
	"errors"
	"fmt"

	"beacon/internal/sorting"

	"github.com/apache/arrow/go/v15/parquet/metadata"
	"github.com/apache/arrow/go/v15/parquet/schema"
)

// A footer has no checksum. What it says more than once is compared: a count that was
// damaged would drop rows in silence.

// checkGroups compares the row groups with the schema, with each other, and with the
// number of rows of the whole file. Every column counts, also those that aren't read.
func checkGroups(md *metadata.FileMetaData) error {
	rows := int64(0)
	var spans []span
	for i := range md.RowGroups {
		group := md.RowGroup(i)
		if group.NumColumns() != md.Schema.NumColumns() {
			return fmt.Errorf("corrupt: row group %d has %d columns where the file has %d", i+1, group.NumColumns(), md.Schema.NumColumns())
		}
		if group.NumRows() < 0 {
			return fmt.Errorf("corrupt: row group %d has %d rows", i+1, group.NumRows())
		}
		rows += group.NumRows()
		for k := range group.NumColumns() {
			s, err := checkChunk(group, md.Schema.Column(k), k)
			if err != nil {
				return fmt.Errorf("row group %d: %w", i+1, err)
			}
			spans = append(spans, s)
		}
	}
	if rows != md.NumRows {
		return fmt.Errorf("corrupt: its row groups have %d rows, the file %d", rows, md.NumRows)
	}
	return checkSpans(spans)
}

// span is where the pages of a column in a row group stand in the file.
type span struct{ from, to int64 }

func checkChunk(group *metadata.RowGroupMetaData, c *schema.Column, k int) (s span, err error) {
	chunk, err := group.ColumnChunk(k)
	if err != nil {
		return s, err
	}
	if c.MaxRepetitionLevel() == 0 && chunk.NumValues() != group.NumRows() {
		return s, fmt.Errorf("corrupt: column %s has %d values for %d rows", c.Path(), chunk.NumValues(), group.NumRows())
	}
	if chunk.FilePath() == "" && group.NumRows() > 0 {
		s.from = chunkOffset(chunk)
		s.to = s.from + chunk.TotalCompressedSize()
	}
	return s, nil
}

// chunkOffset returns where the pages of a column in a row group begin.
func chunkOffset(chunk *metadata.ColumnChunkMetaData) int64 {
	at := chunk.DataPageOffset()
	if dict := chunk.DictionaryPageOffset(); chunk.HasDictionaryPage() && dict > 0 && dict < at {
		return dict
	}
	return at
}

// checkSpans finds out whether two columns claim the same bytes.
func checkSpans(spans []span) error {
	sorting.Func(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	end := int64(0)
	for _, s := range spans {
		if s.from < end && s.to > s.from {
			return errors.New("corrupt: two of its columns lie in the same place")
		}
		end = max(end, s.to)
	}
	return nil
}
