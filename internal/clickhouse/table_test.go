package clickhouse

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/write"
	"beacon/internal/inspect"
	"beacon/internal/words"
)

// TestInspect holds the inspection of a table to that of the log that was loaded into it.
func TestInspect(t *testing.T) {
	p := twoShards(t)
	for name, log := range map[string]string{"mixed": mixedLog(t), "office": officeLog(t, 3)} {
		table := "inspected_" + name
		e := p[0].engine(t, table, "cluster=two")
		_, err := e.Load(t.Context(), openLog(t, noOptions, log), LoadOptions{Workers: 2})
		require.NoError(t, err)
		for name, change := range map[string]func(*InspectOptions){
			"":         func(*InspectOptions) {},
			"internal": func(o *InspectOptions) { o.Internal = networks(t, "10.0.0.0/8", "fd00::/8", "120.0.0.0/8") },
			"bounds":   func(o *InspectOptions) { o.From, o.To = day(1)+1, day(2)+int64(5*time.Hour) },
			"nothing":  func(o *InspectOptions) { o.From, o.To = day(90), day(91) },
		} {
			t.Run(table+" "+name, func(t *testing.T) {
				opt := InspectOptions{Latest: time.Now().UnixNano()}
				change(&opt)
				want, err := inspect.Inspect(t.Context(), openLog(t, flowlog.Options{From: opt.From, To: opt.To}, log), inspect.Options{Internal: opt.Internal})
				require.NoError(t, err)
				found, err := e.Inspect(t.Context(), opt)
				require.NoError(t, err)
				require.EqualValues(t, -1, found.Late)
				require.Equal(t, "clickhouse", found.Totals.Format)
				if name != "nothing" {
					require.Contains(t, found.Networks.Command, "clickhouse://default@"+p[0].host()+"/default/"+table)
				}
				for _, i := range []*inspect.Inspection{want, found} {
					i.Inputs, i.Late, i.Totals.Format, i.Networks.Command = nil, 0, "", ""
				}
				require.Equal(t, want, found)
			})
		}
	}
	t.Run("what can't be read", func(t *testing.T) {
		p[0].exec(t, "CREATE TABLE inspected_dirty (event_type String, ts String, src String, dst String, seen UInt8) ENGINE = Memory")
		for _, row := range []string{"'conn', '2024-03-04 00:00:01', '10.9.0.5', '198.51.100.77', 1", "'conn', 'soon', '10.9.0.5', '198.51.100.77', 1",
			"'conn', '2024-03-04 00:00:01', '10.9.0.5', 'nobody', 1", "'ssl', '2024-03-04 00:00:01', '10.9.0.5', '198.51.100.77', 1"} {
			p[0].exec(t, "INSERT INTO inspected_dirty SELECT "+row)
		}
		found, err := p[0].engine(t, "inspected_dirty").Inspect(t.Context(), InspectOptions{Latest: time.Now().UnixNano()})
		require.NoError(t, err)
		require.Equal(t, inspect.Totals{Format: "clickhouse", Rows: 1, Other: 1, Bad: 2, Unknown: map[string]int64{},
			Reasons: map[string]int64{"unreadable time": 1, "unreadable address": 1},
			Notes:   []string{"rows with event_type = 'conn' are flows; for others: --where"}}, found.Totals)
		require.Equal(t, []inspect.Column{{Name: "event_type"}, {Name: "ts", Role: "timestamp"}, {Name: "src", Role: "src_ip"}, {Name: "dst", Role: "dst_ip"}, {Name: "seen"}}, found.Inputs[0].Columns)
		var text bytes.Buffer
		require.NoError(t, found.WriteText(&text, words.Zone{}))
		require.Contains(t, text.String(), "a table keeps none")
	})
}

// TestShow holds the flows of a table that a selection matches to those of a log.
func TestShow(t *testing.T) {
	p := twoShards(t)
	log := filepath.Join(t.TempDir(), "log.parquet") // the lines of a text would be written as they stand
	file, err := os.Create(log)
	require.NoError(t, err)
	_, err = write.Convert(t.Context(), openLog(t, noOptions, mixedLog(t)), write.Options{Format: "parquet", Memory: 64 << 20}, file)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	e := p[0].engine(t, "picked", "cluster=two")
	_, err = e.Load(t.Context(), openLog(t, noOptions, log), LoadOptions{Workers: 2})
	require.NoError(t, err)
	rows := 0
	for _, text := range []string{"203.0.113.1", "2001:db8::1", "10.0.0.0/29", "fe80::/10", "10.0.0.2,203.0.113.2:443", "203.0.113.2,10.0.0.2", ":5353", "203.0.113.1+fd00::1", "9.9.9.9", "c2.example.com", "*.example.com", "10.0.0.1,.example.com:443"} {
		for _, format := range []string{"csv", "parquet", "zeek"} {
			t.Run(text+" "+format, func(t *testing.T) {
				selection, err := write.ParseSelection(text)
				require.NoError(t, err)
				selection.Know(map[netip.Addr][]string{netip.MustParseAddr("203.0.113.3"): {"c2.example.com"}}, nil)
				var want, got bytes.Buffer
				_, _, err = write.Show(t.Context(), openLog(t, noOptions, log), selection, format, &want)
				require.NoError(t, err)
				picker, err := write.NewPicker(selection, format, &got)
				require.NoError(t, err)
				require.NoError(t, e.Flows(t.Context(), 0, 0, selection, picker))
				require.NoError(t, picker.Close())
				require.True(t, bytes.Equal(want.Bytes(), got.Bytes()), "%.1000s\n%.1000s", &want, &got)
				rows += bytes.Count(got.Bytes(), []byte("\n"))
			})
		}
	}
	require.Greater(t, rows, 1000, "the selections match nothing")
}
