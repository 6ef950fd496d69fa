package clickhouse

import (
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/flow"
	"beacon/internal/netset"
)

var update = flag.Bool("update", false, "write the goldens anew")

// golden compares a text with a file of testdata.
func golden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), text)
}

// described is the columns of a schema: a name and a type a line.
func described(definition string) []schema.Column {
	var columns []schema.Column
	for line := range strings.Lines(definition) {
		if name, typ, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			columns = append(columns, schema.Column{Name: name, Typ: typ})
		}
	}
	return columns
}

// The schemas that others write flows in, as far as we read them.
const (
	akvorado = `
		TimeReceived DateTime
		SamplingRate UInt64
		ExporterAddress LowCardinality(IPv6)
		SrcAddr IPv6
		DstAddr IPv6
		SrcAS UInt32
		DstAS UInt32
		EType UInt32
		Proto UInt32
		SrcPort UInt16
		DstPort UInt16
		Bytes UInt64
		Packets UInt64
		ForwardingStatus UInt32`
	goflow2 = `
		date Date
		time_inserted_ns DateTime64(9)
		time_received_ns DateTime64(9)
		time_flow_start_ns DateTime64(9)
		sequence_num UInt32
		sampling_rate UInt64
		sampler_address FixedString(16)
		src_addr FixedString(16)
		dst_addr FixedString(16)
		src_as UInt32
		dst_as UInt32
		etype UInt32
		proto UInt32
		src_port UInt32
		dst_port UInt32
		bytes UInt64
		packets UInt64`
	rita = `
		import_time DateTime
		ts DateTime64(6)
		hash FixedString(16)
		src IPv6
		dst IPv6
		src_nuid UUID
		src_port UInt16
		dst_port UInt16
		proto LowCardinality(String)
		duration Float64
		src_bytes Int64
		dst_bytes Int64`
	texts = `
		stime Nullable(DateTime64(3, 'UTC'))
		sa LowCardinality(Nullable(String))
		da IPv4
		dport Nullable(Int32)
		orig_bytes Nullable(UInt64)
		resp_bytes Nullable(UInt64)
		host Nullable(String)`
)

func TestGoldenSQL(t *testing.T) {
	old, recent := schema.Version{Major: 18, Minor: 16}, schema.Version{Major: 25, Minor: 3}
	ours := func(v schema.Version) string {
		_, list, _ := strings.Cut(createTable("db", "t", v), "(\n")
		list, _, _ = strings.Cut(list, "\n)")
		for _, codec := range []string{" CODEC(DoubleDelta, ZSTD(1))", " CODEC(ZSTD(1))"} {
			list = strings.ReplaceAll(list, codec, "")
		}
		return strings.ReplaceAll(list, ",\n", "\n")
	}
	for name, c := range map[string]struct {
		schema string
		schema.Version
		change func(*beacon.Query)
	}{
		"ours-18.16":     {ours(old), old, nil},
		"ours-25.3":      {ours(recent), recent, nil},
		"akvorado":       {akvorado, recent, nil},
		"goflow2":        {goflow2, recent, nil},
		"rita":           {rita, recent, func(q *beacon.Query) { q.Span = true }},
		"texts-and-null": {texts, recent, func(q *beacon.Query) { q.Want |= flow.Name }},
		"texts-20.1":     {texts, schema.Version{Major: 20, Minor: 1}, nil},
		"options": {ours(recent), recent, func(q *beacon.Query) {
			q.Internal, q.Exclude = networks(t, "2001:db8::/32", "::/3", "10.0.0.0/8", "11.0.0.0/8", "10.1.0.0/16"), networks(t, "8.8.8.8")
			q.Bucket, q.Cycle, q.Slots, q.Only = 10*time.Minute, 24*time.Hour, 144, []netset.Host{netset.MustHost("1.1.1.1")}
			q.From, q.To = day(0)+1500, day(1)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			table, err := schema.NewTable("`db`.`t`", described(c.schema), nil, c.Version)
			require.NoError(t, err)
			if table.Time.Numeric() {
				table.Time.Unit = int64(time.Microsecond)
			}
			q := everyMinute()
			if c.change != nil {
				c.change(&q)
			}
			internal := q.Internal
			if internal == nil {
				internal = networks(t, "10.0.0.0/8") // the default networks would fill pages
			}
			x := &question{Table: table, Version: c.Version, query: &q, internal: internal}
			golden(t, name+".sql", strings.Join(x.texts(), "\n\n")+"\n")
		})
	}
	for _, v := range []schema.Version{old, recent} {
		golden(t, "create-"+v.String()+".sql", createTable("db", "odd`name", v)+"\n")
	}
}

func TestQuoting(t *testing.T) {
	require.Equal(t, "`a\\`b\\\\c`", schema.Ident("a`b\\c"))
	require.Equal(t, `'it\'s \\ \n'`, schema.Text("it's \\ \n"))
	p := twoShards(t)
	for _, odd := range []string{"a`b", `c\d`, "e'f", "g\nh", "i -- j", "k`; DROP TABLE x; --", "l\x00m", "é"} {
		e := p[0].engine(t, "none")
		var back string
		require.NoError(t, e.Driver.QueryRow(t.Context(), "SELECT "+schema.Text(odd)).Scan(&back))
		require.Equal(t, odd, back)
		rows, err := e.Driver.Query(t.Context(), "SELECT 1 AS "+schema.Ident(odd))
		require.NoError(t, err)
		require.Equal(t, []string{odd}, rows.Columns())
		rows.Close()
	}
}

// TestRanges holds the conditions of a set to the set itself, at the edges of
// its networks.
func TestRanges(t *testing.T) {
	for _, list := range [][]string{
		{"10.0.0.0/8"}, {"10.0.0.0/8", "11.0.0.0/8", "10.2.0.0/16"}, {"::/0"}, {"::/1", "1.2.3.4"}, {"0.0.0.0/0"},
		{"0.0.0.0/0", "::/0"}, {"ffff::/16", "255.255.255.255", "::"}, {"fd00::/8", "::fffe:0:0/96", "0.0.0.0/1"},
	} {
		set := networks(t, list...)
		ranges := schema.RangesOf(set)
		in := func(a netip.Addr) bool {
			a = netip.AddrFrom16(a.As16())
			for _, r := range ranges {
				if r.First.Compare(a) <= 0 && a.Compare(r.Last) <= 0 {
					return true
				}
			}
			return false
		}
		for _, r := range append(ranges, schema.Mapped, schema.RangesOf(netset.Default())[0]) {
			for _, a := range []netip.Addr{r.First, r.First.Prev(), r.Last, r.Last.Next()} {
				if a.IsValid() {
					require.Equal(t, set.Contains(a), in(a), "%s in %s", a, list)
				}
			}
		}
		for i := range len(ranges) - 1 {
			require.Negative(t, ranges[i].Last.Compare(ranges[i+1].First), "%s", list)
		}
	}
	require.Empty(t, schema.RangesOf(new(netset.Set)))
	require.Empty(t, schema.RangesOf(nil))
}
