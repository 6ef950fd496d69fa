package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/flow"
	"beacon/internal/netset"
)

var update = flag.Bool("update", false, "write the goldens anew")

// hostile is names that want to be more than text.
var hostile = []string{
	`=cmd|'/C calc'!A0`, `+1+1`, `-2`, `@SUM(A1)`, `<script>alert(1)</script>`, `"><img src=x onerror=alert(2)>`,
	"a\tb\nc\rd", "\x1b[31mred\x1b[0m", "</script><script>alert(3)//", `it's "quoted", isn't it`, "\u202etxt.exe", "bad\xffutf8", " =1",
}

const noon = 1592740800 * 1_000_000_000 // 2020-06-21 12:00 UTC

// sample is findings of each shape, the first with hostile names.
func sample() *beacon.Findings {
	q := beacon.Query{
		Rules: beacon.EveryMinute, Bucket: time.Minute, Cycle: time.Hour, Slots: 60,
		Order: beacon.ByLog, Want: flow.Bytes | flow.Port | flow.Name, Internal: netset.Default(),
	}
	t := beacon.Totals{
		Flows: 1234567, Bad: 12, Excluded: 3, Outbound: 54321, Addresses: 5497, InternalHosts: 523,
		First: noon - 12*3600e9 + 5e8, Last: noon + (5*24-12)*3600e9 - 1,
	}
	fs := &beacon.Findings{Query: q, Totals: t, Near: []beacon.Near{
		{Destination: netip.MustParseAddr("192.0.2.7"), Slots: 59}, {Destination: netip.MustParseAddr("192.0.2.8"), Slots: 57}, {Destination: netip.MustParseAddr("2001:db8::9"), Slots: 55},
	}, Warnings: []beacon.Warning{{Text: "the log <b>lies</b>", Hint: "don't --believe \"it\""}}}
	minute := func(k int) bool {
		m := k % 1440
		return m >= 492 && m < 553 || m >= 678 && m < 739 || m >= 858 && m < 919
	}
	fs.List = append(fs.List,
		finding("80.155.115.153", hostile, 26, func(k int) int64 {
			if minute(k) {
				return int64(25 + k%50)
			}
			return 0
		}),
		finding("5.183.60.54", nil, 3, func(k int) int64 { return int64(k*7919%21 + 1) }),
		finding("8.8.8.8", []string{"dns.google"}, 1, func(k int) int64 { return int64(max(0, 60-abs(k%1440-780)/8)) }),
		finding("2001:db8::1:2", nil, 2, func(k int) int64 {
			if k%61 == 0 {
				return 1
			}
			return 0
		}),
	)
	for i := range fs.List {
		f := &fs.List[i]
		f.Complete(&q, t)
		beacon.JudgeShape(f, t, &q)
	}
	beacon.SortFindings(fs.List)
	fs.Sources = beacon.AllSources(fs.List, q.Order)
	return fs
}

func abs(n int) int { return max(n, -n) }

// finding is a finding over five days with so many calls in each minute.
func finding(dst string, names []string, sources int, calls func(minute int) int64) beacon.Finding {
	f := beacon.Finding{
		Destination: netip.MustParseAddr(dst), Slots: 60, Names: names,
		Ports:  []beacon.PortCount{{Port: 443, Flows: 900}, {Port: 80, Flows: 4}},
		Series: beacon.Series{Bucket: time.Minute},
	}
	start := int64(noon/60e9) - 720
	for k := range 5 * 1440 {
		if n := calls(k); n > 0 {
			f.Series.Counts = append(f.Series.Counts, beacon.Count{Index: start + int64(k), Calls: n})
		}
	}
	total := int64(0)
	for _, c := range f.Series.Counts {
		total += c.Calls
	}
	for i := range sources {
		f.Sources = append(f.Sources, beacon.Source{
			Addr:  netip.AddrFrom4([4]byte{10, 18, byte(i * 37), byte(i + 1)}),
			First: noon + int64(i)*1_500_000_001, Last: noon + 86400e9 + int64(i),
			Flows: total / int64(sources), Bytes: int64(1000 * (i + 1)), Position: uint64(i * 100),
		})
	}
	return f
}

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
				got, err := ByEnding("evidence" + strings.ToUpper(ending))
				require.NoError(t, err)
				require.Equal(t, o, got)
			}
			var once, twice, none bytes.Buffer
			require.NoError(t, Write(&once, o.Name, sample(), Meta{}))
			require.NoError(t, Write(&twice, o.Name, sample(), Meta{}))
			require.Equal(t, once.Bytes(), twice.Bytes())
			require.NoError(t, Write(&none, o.Name, &beacon.Findings{}, Meta{}))
			golden(t, o.Name+".golden", once.Bytes())
			golden(t, o.Name+".none.golden", none.Bytes())
			require.ErrorIs(t, Write(fullDisk{}, o.Name, sample(), Meta{}), errFull)
		})
	}
	_, err := Find("xml")
	require.ErrorContains(t, err, `no output "xml": it is one of csv, evidence-csv, json`)
	_, err = ByEnding("evidence.doc")
	require.ErrorContains(t, err, ".parquet")
}

var errFull = errors.New("the disk is full")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	if bytes.Equal(want, got) {
		return
	}
	require.Equal(t, string(want), string(got))
}

func TestJSONIsWhatItSays(t *testing.T) {
	var array bytes.Buffer
	require.NoError(t, Write(&array, "json", sample(), Meta{}))
	var list []map[string]any
	require.NoError(t, json.Unmarshal(array.Bytes(), &list))
	require.Len(t, list, 4)
	assert.Equal(t, "80.155.115.153", list[0]["destination"])
	assert.Equal(t, "bursts", list[0]["shape"])
	assert.Equal(t, "destination", list[0]["scope"])
	first := list[0]["sources"].([]any)[1].(map[string]any)
	assert.Equal(t, "2020-06-21T12:00:01.500000001Z", first["first"])

	var lines bytes.Buffer
	require.NoError(t, Write(&lines, "ndjson", sample(), Meta{}))
	for i, line := range strings.Split(strings.TrimSuffix(lines.String(), "\n"), "\n") {
		var one map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &one))
		require.Equal(t, list[i], one)
	}
}

// TestCellsRunNoFormula reads the evidence table back: each cell of text is the
// text, and none begins as a formula.
func TestCellsRunNoFormula(t *testing.T) {
	fs := sample()
	for i := range hostile { // names are joined in a cell: each has to be the first once
		fs.List[0].Names = append([]string{hostile[i]}, hostile...)
		var out bytes.Buffer
		require.NoError(t, Write(&out, "evidence-csv", fs, Meta{}))
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
		require.Contains(t, name, strings.TrimLeft(plain(hostile[i]), " "))
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

// TestParquetHoldsTheTable reads the Parquet evidence back and compares it, value
// by value, with the table.
func TestParquetHoldsTheTable(t *testing.T) {
	fs := sample()
	var out bytes.Buffer
	require.NoError(t, Write(&out, "parquet", fs, Meta{}))
	r, err := file.NewParquetReader(bytes.NewReader(out.Bytes()))
	require.NoError(t, err)
	defer r.Close()
	version := r.MetaData().KeyValueMetadata().FindValue("beacon.schema")
	require.Equal(t, "1", *version)
	rows := evidenceRows(fs)
	require.Equal(t, 1, r.NumRowGroups())
	require.EqualValues(t, len(rows), r.NumRows())
	for i, c := range evidenceColumns {
		require.Equal(t, c.name, r.MetaData().Schema.Column(i).Name())
		chunk, err := r.RowGroup(0).Column(i)
		require.NoError(t, err)
		switch chunk := chunk.(type) {
		case *file.Int64ColumnChunkReader:
			got := make([]int64, len(rows))
			_, n, err := chunk.ReadBatch(int64(len(rows)), got, nil, nil)
			require.NoError(t, err)
			require.Equal(t, len(rows), n)
			value := c.count
			if value == nil {
				value = c.time
			}
			require.Equal(t, values(rows, value), got, c.name)
		case *file.Float64ColumnChunkReader:
			got := make([]float64, len(rows))
			_, _, err := chunk.ReadBatch(int64(len(rows)), got, nil, nil)
			require.NoError(t, err)
			require.Equal(t, values(rows, c.real), got, c.name)
		default:
			require.NotNil(t, c.text, c.name)
		}
	}
}

func TestIntelLinesHaveFourColumns(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, Write(&out, "zeek-intel", sample(), Meta{}))
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	require.Len(t, lines, 5)
	for _, line := range lines[1:] {
		require.Len(t, strings.Split(line, "\t"), 4)
	}
}
