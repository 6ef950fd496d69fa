package jsonlog

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/stretchr/testify/require"
)

// jsonRow is what a record is read as: its flow or why it is none.
func jsonRow(p *jsonParser, text []byte, slow bool) string {
	w := p.w
	w.Reset()
	p.text = append(append(make([]byte, 0, len(text)+flowlog.BlockPad), text...), make([]byte, flowlog.BlockPad)...)
	if slow {
		p.top = jsonNode{}
		p.plain = true
		defer func() { p.plain = false }()
	}
	if err := p.record(0, len(text)); err != nil {
		return err.Error()
	}
	if w.Filled == 0 {
		return fmt.Sprintf("other %d bad %v", w.Counts().Other, w.Counts().Reasons)
	}
	name := "."
	if w.Name != nil {
		name = w.Hosts.NameOf(w.Dst[0], w.Name[0])
	}
	return fmt.Sprint(w.Time[0], w.Hosts.Addr(w.Src[0]), w.Hosts.Addr(w.Dst[0]), logtest.ColumnCell(w.SrcPort, 0), logtest.ColumnCell(w.Port, 0), logtest.ColumnCell(w.Proto, 0), logtest.ColumnCell(w.Bytes, 0), logtest.ColumnCell(w.SrcBytes, 0), logtest.ColumnCell(w.Duration, 0), name)
}

// randomRecord is a JSON object with the keys of a layout, and others, in any
// order, some twice, nested or dotted, with or without blanks.
func randomRecord(r *rand.Rand, fields []jsonField) []byte {
	blank := func() string { return []string{"", "", "", " ", "\t", "  "}[r.IntN(6)] }
	value := func(as flowlog.Role) string {
		good := map[flowlog.Role]string{flowlog.StartTime: "1592697602.25", flowlog.EndTime: "1592697603.5", flowlog.Source: `"10.0.0.5"`, flowlog.Destination: `"192.0.2.7"`, flowlog.SourcePort: "50000",
			flowlog.DestinationPort: "443", flowlog.Protocol: `"tcp"`, flowlog.RecordKind: `"conn"`, flowlog.Duration: "1.5", flowlog.HostName: `"example.org"`}[as]
		if good == "" {
			good = fmt.Sprint(r.IntN(1000))
		}
		if r.IntN(5) > 0 {
			return good
		}
		return []string{"null", `""`, `"-"`, `"2001:db8::1"`, `"2020-06-21T00:00:02Z"`, "0", "-1", "1e3", "true", `"a\"b"`, `"\u0031"`, "[1,2]", `{"a":"}"}`, "99999", `"dns"`, `"1592697602892"`}[r.IntN(16)]
	}
	var parts []string
	add := func(path string, v string) {
		keys := strings.Split(path, ".")
		for i := len(keys) - 1; i > 0; i-- {
			if r.IntN(2) == 0 { // nested
				v = "{" + blank() + `"` + keys[i] + `"` + blank() + ":" + blank() + v + blank() + "}"
				keys = keys[:i]
			} else {
				keys[i-1] += "." + keys[i]
			}
		}
		parts = append(parts, `"`+keys[0]+`"`+blank()+":"+blank()+v)
	}
	for _, f := range fields {
		for range []int{0, 1, 1, 1, 1, 1, 1, 2}[r.IntN(8)] {
			add(f.path, value(f.role))
		}
	}
	for range r.IntN(4) {
		add([]string{"uid", "service", "a.b", "flow", "note", `esc\"aped`, "long" + strings.Repeat("x", 70)}[r.IntN(7)], value(flowlog.RoleCount))
	}
	if r.IntN(3) > 0 {
		r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	}
	return []byte("{" + blank() + strings.Join(parts, blank()+","+blank()) + blank() + "}")
}

func testJSONParser(t testing.TB, layout jsonLayout, columns flow.Column) *jsonParser {
	opt := &flowlog.Options{Columns: columns | flow.Base}
	require.NoError(t, layout.prepare(new(sample), opt))
	w := flowlog.NewWorker(flowlog.Pass{Columns: columns, Hosts: flow.NewHosts(nil)}, nil)
	return newJSONParser(&layout, w, nil)
}

func jsonLayouts() []jsonLayout {
	zeek := zeekJSON
	stream := zeekJSON
	stream.fields = append(slices.Clone(zeek.fields), jsonField{path: "_path", role: flowlog.RecordKind})
	stream.kinds = []string{"conn"}
	ranked := jsonLayout{fields: []jsonField{{path: "event.start", role: flowlog.StartTime}, {path: "@timestamp", role: flowlog.StartTime, rank: 1}, {path: "event.end", role: flowlog.EndTime},
		{path: "source.ip", role: flowlog.Source}, {path: "destination.ip", role: flowlog.Destination}, {path: "network.bytes", role: flowlog.ByteCount}, {path: "source.bytes", role: flowlog.SourcePart},
		{path: "destination.bytes", role: flowlog.DestinationPart}, {path: "url.domain", role: flowlog.HostName, rank: 1}, {path: "sni", role: flowlog.HostName}}, zeroTime: true}
	return []jsonLayout{zeek, stream, ranked}
}

// The fast walk and fastjson read any JSON record alike, and one that is broken
// never as a flow that it is not.
func TestJSONFastIsSlow(t *testing.T) {
	records := 3000
	if testing.Short() {
		records = 300
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, layout := range jsonLayouts() {
		for _, columns := range []flow.Column{flow.Base, flow.Base | flow.Port | flow.Bytes, flow.All} {
			p := testJSONParser(t, layout, columns)
			flows, fast := 0, 0
			for range records {
				text := randomRecord(r, layout.fields)
				want := jsonRow(p, text, true)
				got := jsonRow(p, text, false)
				require.Equal(t, want, got, "%s", text)
				if !strings.HasPrefix(got, "other") {
					flows++
				}
				if !p.wasSlow {
					fast++
				}
			}
			require.Greater(t, flows, records/10)
			require.Greater(t, fast, records*7/30)
		}
	}
}

// A record that was cut off at any byte is bad, or it is the flow that it was:
// the cut came after all that is read of it. No byte that is changed makes it
// panic.
func TestJSONBroken(t *testing.T) {
	records := 100
	if testing.Short() {
		records = 10
	}
	r := rand.New(rand.NewPCG(3, 4))
	for _, layout := range jsonLayouts() {
		p := testJSONParser(t, layout, flow.All)
		for range records {
			text := randomRecord(r, layout.fields)
			whole := jsonRow(p, text, true)
			for n := 1; n < len(text); n++ {
				want := []string{jsonRow(p, text[:n], true), whole}
				require.Contains(t, want, jsonRow(p, text[:n], false), "%s", text[:n])
			}
			for range 50 {
				broken := bytes.Clone(text)
				broken[r.IntN(len(broken))] = byte(r.IntN(256))
				jsonRow(p, broken, false)
			}
		}
	}
}
