package machine

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/report"
	"beacon/internal/report/reporttest"
	"beacon/internal/words"
)

// TestOutputs holds every registered output to a golden and to its own rules: a
// name, a doc line, an ending of its own, errors of the writer handed on, and
// the same bytes twice.
func TestOutputs(t *testing.T) {
	seen := map[string]bool{}
	for _, o := range Outputs() {
		t.Run(o.Name, func(t *testing.T) {
			require.False(t, seen[o.Name], "two outputs of one name")
			seen[o.Name] = true
			require.NotEmpty(t, o.Doc)
			require.NotContains(t, o.Doc, "\n")
			for _, ending := range o.Endings {
				require.False(t, seen[ending], "two outputs of one ending")
				seen[ending] = true
				require.Same(t, o, ByEnding("evidence"+strings.ToUpper(ending)))
			}
			var once, twice, none bytes.Buffer
			require.NoError(t, Write(&once, o.Name, reporttest.Sample(), report.Meta{}))
			onDisk := reporttest.Sample()
			onDisk.Memory = 1
			require.NoError(t, Write(&twice, o.Name, onDisk, report.Meta{}))
			require.Equal(t, once.Bytes(), twice.Bytes())
			require.NoError(t, Write(&none, o.Name, &beacon.Findings{}, report.Meta{}))
			reporttest.Golden(t, o.Name+".golden", once.Bytes())
			var every bytes.Buffer
			require.NoError(t, Write(&every, o.Name, kinds(), report.Meta{}, beacon.Verdicts()...))
			reporttest.Golden(t, o.Name+".kinds.golden", every.Bytes())
			onDisk, twice = kinds(), bytes.Buffer{}
			onDisk.Memory = 1
			require.NoError(t, Write(&twice, o.Name, onDisk, report.Meta{}, beacon.Verdicts()...))
			require.Equal(t, every.Bytes(), twice.Bytes())
			reporttest.Golden(t, o.Name+".none.golden", none.Bytes())
			require.ErrorIs(t, Write(reporttest.FullDisk{}, o.Name, reporttest.Sample(), report.Meta{}), reporttest.ErrFull)
		})
	}
	_, err := Find("xml")
	require.ErrorContains(t, err, `no output "xml": it is one of cef, csv, evidence-csv, json`)
	_, err = Evidence("evidence.doc")
	require.ErrorContains(t, err, ".parquet")
	table, err := Evidence("evidence.csv")
	require.NoError(t, err)
	require.Equal(t, "evidence-csv", table.Name)
	require.True(t, table.Suits("x.csv") && table.Suits("x") && table.Suits("x.doc"))
	require.False(t, table.Suits("x.json"))
}

// TestCellsRunNoFormula reads the evidence table back: each cell of text is the
// text, and none begins as a formula.
func TestCellsRunNoFormula(t *testing.T) {
	fs := reporttest.Sample()
	for i := range reporttest.Hostile { // names are joined in a cell: each has to be the first once
		fs.List[0].Destinations[0].Names = append([]string{reporttest.Hostile[i]}, reporttest.Hostile...)
		var out bytes.Buffer
		require.NoError(t, Write(&out, "evidence-csv", fs, report.Meta{}))
		records, err := csv.NewReader(&out).ReadAll()
		require.NoError(t, err)
		require.Len(t, records, 1+26+3+2+1)
		for _, r := range records[1:] {
			require.Len(t, r, len(evidenceColumns))
			for k, value := range r {
				if evidenceColumns[k].text != nil {
					require.NotRegexp(t, `^[ "]*[=+\-@|%\t\r]`, value)
				}
				require.NotContains(t, value, "\n")
			}
		}
		name := records[1][indexOf(t, records[0], "names")]
		require.Contains(t, name, strings.TrimLeft(words.Plain(reporttest.Hostile[i]), " "))
	}
}

func indexOf(t *testing.T, head []string, name string) int {
	for i, h := range head {
		if h == name {
			return i
		}
	}
	require.Fail(t, "no column "+name)
	return -1
}

// TestParquetHoldsTheTable reads the Parquet evidence back and compares it, value by
// value, with the table, in one row group and in several.
func TestParquetHoldsTheTable(t *testing.T) {
	fs := kinds()
	rows := slices.Collect(evidenceRows(fs))
	for _, most := range []int{groupRows, len(rows), 5} {
		var out bytes.Buffer
		w := bufio.NewWriter(&out)
		require.NoError(t, writeGroups(w, fs, report.Meta{Version: "1"}, most))
		require.NoError(t, w.Flush())
		r, err := file.NewParquetReader(bytes.NewReader(out.Bytes()))
		require.NoError(t, err)
		defer r.Close()
		require.Equal(t, "3", *r.MetaData().KeyValueMetadata().FindValue("beacon.schema"))
		require.Contains(t, *r.MetaData().KeyValueMetadata().FindValue("beacon.run"), `"scope":"run","version":"1"`)
		require.EqualValues(t, len(rows), r.NumRows())
		require.Equal(t, (len(rows)+most-1)/most, r.NumRowGroups())
		group := 0
		for some := range slices.Chunk(rows, most) {
			require.EqualValues(t, len(some), r.RowGroup(group).NumRows())
			requireGroup(t, some, r.RowGroup(group))
			group++
		}
	}
}

func requireGroup(t *testing.T, rows []evidenceRow, group *file.RowGroupReader) {
	for i := range evidenceColumns {
		c := &evidenceColumns[i]
		chunk, err := group.Column(i)
		require.NoError(t, err)
		require.Equal(t, c.name, chunk.Descriptor().Name())
		levels := make([]int16, len(rows))
		if !c.nullable() {
			levels = nil
		}
		switch chunk := chunk.(type) {
		case *file.Int64ColumnChunkReader:
			got := make([]int64, len(rows))
			_, n, err := chunk.ReadBatch(int64(len(rows)), got, levels, nil)
			require.NoError(t, err)
			value := c.count
			if value == nil {
				value = c.time
			}
			require.Equal(t, values(c, rows, value), got[:n], c.name)
		case *file.Float64ColumnChunkReader:
			got := make([]float64, len(rows))
			_, n, err := chunk.ReadBatch(int64(len(rows)), got, levels, nil)
			require.NoError(t, err)
			require.Equal(t, values(c, rows, c.real), got[:n], c.name)
		case *file.ByteArrayColumnChunkReader:
			got := make([]parquet.ByteArray, len(rows))
			_, n, err := chunk.ReadBatch(int64(len(rows)), got, levels, nil)
			require.NoError(t, err)
			for k, text := range values(c, rows, c.text) {
				require.Equal(t, words.Plain(text), string(got[:n][k]), c.name)
			}
		}
		require.Equal(t, c.levels(rows), levels, c.name)
	}
}

func TestIntelLinesHaveFourColumns(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, Write(&out, "zeek-intel", reporttest.Sample(), report.Meta{}))
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	require.Len(t, lines, 5)
	for _, line := range lines[1:] {
		require.Len(t, strings.Split(line, "\t"), 4)
	}
}
