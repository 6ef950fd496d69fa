package machine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/report"
	"beacon/internal/report/reporttest"
)

// TestEveryOutputHasEveryFinding runs every output on findings of every kind: each of
// their destinations stands in it, or, of csv, each of their sources. By default an
// output holds the verdicts that it registers, and --verdict replaces them.
func TestEveryOutputHasEveryFinding(t *testing.T) {
	fs := kinds()
	for _, o := range Outputs() {
		for _, verdicts := range [][]beacon.Verdict{nil, {beacon.VerdictBeacon, beacon.VerdictWeak}, {beacon.VerdictInsufficient}, beacon.Verdicts()} {
			var out bytes.Buffer
			require.NoError(t, Write(&out, o.Name, fs, report.Meta{}, verdicts...))
			text := readable(t, o.Name, out.Bytes())
			if verdicts == nil {
				verdicts = o.Verdicts
			}
			held := fs.Select(verdicts)
			if verdicts == nil {
				held = fs
			}
			for i := range fs.List {
				f := &fs.List[i]
				wanted := false
				for k := range held.List {
					wanted = wanted || held.List[k].Rank == f.Rank
				}
				hosts := destinationAddresses(f)
				if o.Name == "csv" {
					hosts = sourceAddresses(f)
				}
				for _, host := range hosts {
					require.Equal(t, wanted, hasWord(text, host), "%s with %v: %s of finding %d\n%s", o.Name, verdicts, host, f.Rank, text)
				}
				if f.Schedule != nil && wanted && o.Name != "csv" {
					require.Contains(t, text, f.Destinations[0].Names[0], "%s: a name", o.Name)
				}
			}
		}
	}
}

// hasWord reports whether a text holds an address that is no part of another.
func hasWord(text, address string) bool {
	part := func(r rune) bool { return !strings.ContainsRune("0123456789abcdef.:", r) }
	for _, word := range strings.FieldsFunc(text, part) {
		if strings.Trim(word, ":.") == address {
			return true
		}
	}
	return false
}

// readable returns an output as text: of Parquet, the cells of its columns.
func readable(t *testing.T, name string, out []byte) string {
	if name != "parquet" {
		return string(out)
	}
	r, err := file.NewParquetReader(bytes.NewReader(out))
	require.NoError(t, err)
	defer r.Close()
	var b strings.Builder
	for i := 0; i < r.MetaData().Schema.NumColumns() && r.NumRowGroups() > 0; i++ {
		chunk, err := r.RowGroup(0).Column(i)
		require.NoError(t, err)
		if chunk, ok := chunk.(*file.ByteArrayColumnChunkReader); ok {
			cells, levels := make([]parquet.ByteArray, r.NumRows()), make([]int16, r.NumRows())
			_, n, err := chunk.ReadBatch(r.NumRows(), cells, levels, nil)
			require.NoError(t, err)
			for _, c := range cells[:n] {
				fmt.Fprintln(&b, string(c))
			}
		}
	}
	return b.String()
}

var testMeta = report.Meta{Version: "v1", Options: map[string]any{"rule": []string{"rhythm"}, "fdr": "0.01", "span": true},
	Files: []report.File{{Name: "a.csv", Size: 12, Hash: "xxh64:0123456789abcdef"}, {Name: "clickhouse://db/t", Size: -1}}}

// TestJSONKeepsToItsSchema validates what json and ndjson write: the array as a whole and
// each of its lines. An object that isn't documented fails.
func TestJSONKeepsToItsSchema(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(JSONSchema()))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	require.NoError(t, c.AddResource("beacon.json", doc))
	schema, err := c.Compile("beacon.json")
	require.NoError(t, err)
	for _, fs := range []*beacon.Findings{{}, reporttest.Sample(), kinds(), reporttest.Keeping(10)} {
		var array, lines bytes.Buffer
		require.NoError(t, Write(&array, "json", fs, testMeta))
		list, err := jsonschema.UnmarshalJSON(&array)
		require.NoError(t, err)
		require.NoError(t, schema.Validate(list))
		require.NoError(t, Write(&lines, "ndjson", fs, testMeta))
		n := 0
		for line := range strings.Lines(lines.String()) {
			one, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
			require.NoError(t, err)
			require.NoError(t, schema.Validate(one))
			require.Equal(t, list.([]any)[n], one)
			n++
		}
		require.Len(t, list, 1+len(fs.List))
		require.Equal(t, n, 1+len(fs.List))
	}
	require.Error(t, schema.Validate(map[string]any{"scope": "run", "schema": json.Number("2")}))
	require.Error(t, schema.Validate(map[string]any{"scope": "destination"}))
}

// TestFieldsOfTheIssue holds the names that other programs rely on.
func TestFieldsOfTheIssue(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, Write(&out, "json", kinds(), testMeta))
	var list []map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &list))
	has := func(object any, names string) {
		for _, name := range strings.Fields(names) {
			require.Contains(t, object, name)
		}
	}
	require.Equal(t, "run", list[0]["scope"])
	has(list[0], "schema scope version options inputs flows first last warnings")
	has(list[0]["inputs"].([]any)[0], "name size hash")
	for _, f := range list[1:] {
		has(f, "schema scope rank verdict destinations sources port protocol flows calls bytes first last reasons")
		has(f["destinations"].([]any)[0], "ip names kind flows bytes share")
		has(f["sources"].([]any)[0], "ip first last flows bytes")
		has(f["reasons"].([]any)[0], "code text value")
		if f["scope"] == "destination" {
			has(f, "destination shape slots evidence")
		} else {
			has(f, "test period_s period_range_s jitter jitter_range miss miss_range clock changes p q needs_calls size_regularity rita")
		}
	}
	require.Nil(t, list[6]["port"], "the port varies")
	require.EqualValues(t, 8443, list[3]["port"])
	require.Len(t, list[5]["destinations"], 10)
}

// TestREADMEHasTheFields holds the table in the README of package report to the types that
// are written; -update writes it anew.
func TestREADMEHasTheFields(t *testing.T) {
	const begin, path = "<!-- fields -->\n", "../README.md"
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	head, _, ok := strings.Cut(string(text), begin)
	require.True(t, ok)
	whole := head + begin + FieldTable()
	if reporttest.Updating() {
		require.NoError(t, os.WriteFile(path, []byte(whole), 0o600))
		return
	}
	require.Equal(t, whole, string(text), "run the test with -update")
}

// TestSTIXRefersToItsOwn holds the bundle together: every id is of its type and there
// once, every reference leads to an object of the bundle.
func TestSTIXRefersToItsOwn(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, Write(&out, "stix", kinds(), testMeta, beacon.Verdicts()...))
	var bundle struct {
		Objects []map[string]any `json:"objects"`
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &bundle))
	ids, count := map[string]bool{}, map[string]int{}
	for _, o := range bundle.Objects {
		id := o["id"].(string)
		require.Regexp(t, "^"+o["type"].(string)+"--[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", id)
		require.False(t, ids[id], id)
		ids[id] = true
		count[o["type"].(string)]++
	}
	for _, o := range bundle.Objects {
		for key, value := range o {
			switch {
			case strings.HasSuffix(key, "_ref"):
				require.True(t, ids[value.(string)], key)
			case strings.HasSuffix(key, "_refs"):
				require.NotEmpty(t, value)
				for _, id := range value.([]any) {
					require.True(t, ids[id.(string)], key)
				}
			}
		}
	}
	n := len(kinds().List)
	require.Equal(t, []int{n, n, n, 1, 1}, []int{count["indicator"], count["observed-data"], count["sighting"], count["report"], count["identity"]})
	require.Positive(t, count["attack-pattern"])
	require.Positive(t, count["autonomous-system"])
	// The example of the specification (STIX 2.1, 2.9): an id is made of the value alone.
	o, err := observable("ipv4-addr", stixObject{"value": "198.51.100.3"})
	require.NoError(t, err)
	require.Equal(t, "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4", o.id())
}

// TestCEFEscapes holds the events to a line each, with the characters of the format
// escaped.
func TestCEFEscapes(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, Write(&out, "cef", kinds(), testMeta, beacon.Verdicts()...))
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	require.Len(t, lines, len(kinds().List))
	for _, line := range lines {
		require.Regexp(t, `^CEF:0\|beacon\|beacon\|v1\|(destination|schedule)\|[^|]*\|\d\|externalId=`, line)
	}
	require.Contains(t, lines[2], `cs3=c2-1.example.com evil|"name"\=<b> cs3Label=names`)
	require.Contains(t, lines[5], "c6a3=2001:db8:4::7 c6a3Label=Destination IPv6 Address")
}

// TestIPRepIsMadeOfEntriesAndComments holds the list to what Suricata reads.
func TestIPRepIsMadeOfEntriesAndComments(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, Write(&out, "suricata-iprep", kinds(), testMeta, beacon.Verdicts()...))
	for line := range strings.Lines(out.String()) {
		require.Less(t, len(line), 8192)
		require.Regexp(t, `^(# .*|[0-9a-f.:]+,1,([1-9]|[1-9]\d|1[01]\d|12[0-7]))\n$`, line)
	}
}
