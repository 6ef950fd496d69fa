package flowlog

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"beacon/internal/flow"

	"github.com/stretchr/testify/require"
)

// jsonRow is what a record is read as: its flow or why it is none.
func jsonRow(p *jsonParser, text []byte, slow bool) string {
	w := p.w
	w.n = 0
	w.begin(0, 0)
	p.text = append(append(make([]byte, 0, len(text)+blockPad), text...), make([]byte, blockPad)...)
	if slow {
		p.top = jsonNode{}
		p.plain = true
		defer func() { p.plain = false }()
	}
	if err := p.record(0, len(text)); err != nil {
		return err.Error()
	}
	if w.n == 0 {
		return fmt.Sprintf("other %d bad %v", w.part.other, w.part.reasons)
	}
	name := "."
	if w.Name != nil {
		name = w.Names.Name(w.Name[0])
	}
	return fmt.Sprint(w.Time[0], w.Hosts.Addr(w.Src[0]), w.Hosts.Addr(w.Dst[0]), columnCell(w.SrcPort, 0), columnCell(w.Port, 0), columnCell(w.Proto, 0), columnCell(w.Bytes, 0), columnCell(w.SrcBytes, 0), columnCell(w.Duration, 0), name)
}

// randomRecord is a JSON object with the keys of a layout, and others, in any
// order, some twice, nested or dotted, with or without blanks.
func randomRecord(r *rand.Rand, fields []jsonField) []byte {
	blank := func() string { return []string{"", "", "", " ", "\t", "  "}[r.IntN(6)] }
	value := func(as role) string {
		good := map[role]string{startTime: "1592697602.25", endTime: "1592697603.5", source: `"10.0.0.5"`, destination: `"192.0.2.7"`, sourcePort: "50000",
			destinationPort: "443", protocol: `"tcp"`, recordKind: `"conn"`, duration: "1.5", hostName: `"example.org"`}[as]
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
		add([]string{"uid", "service", "a.b", "flow", "note", `esc\"aped`, "long" + strings.Repeat("x", 70)}[r.IntN(7)], value(roleCount))
	}
	if r.IntN(3) > 0 {
		r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	}
	return []byte("{" + blank() + strings.Join(parts, blank()+","+blank()) + blank() + "}")
}

func testJSONParser(t testing.TB, layout jsonLayout, columns flow.Column) *jsonParser {
	opt := &Options{Columns: columns | flow.Base}
	require.NoError(t, layout.prepare(nil, opt))
	w := &Worker{Columns: flow.NewColumns(columns), Hosts: flow.NewHosts(nil), Names: flow.NewNames(), opt: opt}
	return newJSONParser(&layout, w, nil)
}

func jsonLayouts() []jsonLayout {
	zeek := zeekJSON
	stream := zeekJSON
	stream.fields = append(slices.Clone(zeek.fields), jsonField{path: "_path", role: recordKind})
	stream.kinds = []string{"conn"}
	ranked := jsonLayout{fields: []jsonField{{path: "event.start", role: startTime}, {path: "@timestamp", role: startTime, rank: 1}, {path: "event.end", role: endTime},
		{path: "source.ip", role: source}, {path: "destination.ip", role: destination}, {path: "network.bytes", role: byteCount}, {path: "source.bytes", role: sourcePart},
		{path: "destination.bytes", role: destinationPart}, {path: "url.domain", role: hostName, rank: 1}, {path: "sni", role: hostName}}, zeroTime: true}
	return []jsonLayout{zeek, stream, ranked}
}

// The fast walk and fastjson read any JSON record alike, and one that is broken
// never as a flow that it is not.
func TestJSONFastIsSlow(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, layout := range jsonLayouts() {
		for _, columns := range []flow.Column{flow.Base, flow.Base | flow.Port | flow.Bytes, flow.All} {
			p := testJSONParser(t, layout, columns)
			flows, fast := 0, 0
			for range 3000 {
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
			require.Greater(t, flows, 300)
			require.Greater(t, fast, 700)
		}
	}
}

// A record that was cut off at any byte is bad, or it is the flow that it was:
// the cut came after all that is read of it. No byte that is changed makes it
// panic.
func TestJSONBroken(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, layout := range jsonLayouts() {
		p := testJSONParser(t, layout, flow.All)
		for range 100 {
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

func BenchmarkJSON(b *testing.B) {
	var text bytes.Buffer
	for i := range 200_000 {
		fmt.Fprintf(&text, `{"ts":%d.%06d,"uid":"Cx3bf12iVwo5m7Gkd%d","id.orig_h":"10.0.%d.%d","id.orig_p":%d,"id.resp_h":"192.0.%d.%d","id.resp_p":443,"proto":"tcp","service":"ssl","duration":1196.975041,"orig_bytes":%d,"resp_bytes":1200,"conn_state":"SF","local_orig":false,"local_resp":true,"missed_bytes":0,"history":"ShADadFf","orig_pkts":194,"orig_ip_bytes":7760,"resp_pkts":191,"resp_ip_bytes":8404}`+"\n",
			1592697602+i/100, i%1000000, i, i%7, i%250, 1024+i%60000, i%5, i%200, i%9999)
	}
	benchmarkRead(b, "conn.log", text.Bytes())
}

func BenchmarkZeek(b *testing.B) {
	var text bytes.Buffer
	text.WriteString("#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\tmissed_bytes\thistory\n")
	for i := range 400_000 {
		fmt.Fprintf(&text, "%d.%06d\tCx3bf12iVwo5m7Gkd%d\t10.0.%d.%d\t%d\t192.0.%d.%d\t443\ttcp\tssl\t1196.975041\t%d\t1200\tSF\t-\t0\tShADadFf\n",
			1592697602+i/100, i%1000000, i, i%7, i%250, 1024+i%60000, i%5, i%200, i%9999)
	}
	benchmarkRead(b, "conn.log", text.Bytes())
}

func benchmarkRead(b *testing.B, name string, text []byte) {
	path := writeFile(b, name, text)
	for _, c := range []struct {
		name    string
		columns flow.Column
	}{{"base", flow.Base}, {"bytes", flow.Base | flow.Port | flow.Bytes}, {"all", flow.All}} {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/%d", c.name, workers), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				l, err := Open([]string{path}, nil, Options{})
				require.NoError(b, err)
				defer l.Close()
				hosts, names := flow.NewHosts(nil), flow.NewNames()
				for b.Loop() {
					_, err := l.Read(context.Background(), Pass{Workers: workers, Columns: c.columns, Hosts: hosts, Names: names, Sink: func() Sink { return noSink{} }})
					require.NoError(b, err)
				}
			})
		}
	}
}

type noSink struct{}

func (noSink) Begin(int)               {}
func (noSink) Batch(*flow.Batch) error { return nil }
