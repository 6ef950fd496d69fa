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

	"github.com/stretchr/testify/require"
)

// paddedText is a text with the room behind it that parsers want.
func paddedText(text []byte) []byte {
	return append(append(make([]byte, 0, len(text)+flowlog.BlockPad), text...), make([]byte, flowlog.BlockPad)...)
}

// readRows is what a worker read: each flow, and what it counted.
func readRows(w *flowlog.Worker) string {
	var b strings.Builder
	for i := range w.Filled {
		fmt.Fprintln(&b, w.Time[i], w.Hosts.Addr(w.Src[i]), w.Hosts.Host(w.Dst[i]))
	}
	c := w.Counts()
	fmt.Fprintln(&b, c.Lines, c.Other, c.Bad, c.Reasons)
	return b.String()
}

// connLayout is the layout of a conn.log by itself.
func connLayout() jsonLayout {
	l := zeekJSON
	l.fields = slices.Clone(l.fields)
	l.only("conn")
	return l
}

// connParser is a parser of a conn.log that begins with a text; nil where that shows no time.
func connParser(text []byte) *jsonParser {
	l := connLayout()
	if l.prepare(newSample(text), &flowlog.Options{Columns: flow.Base}) != nil {
		return nil
	}
	w := flowlog.NewWorker(flowlog.Pass{Hosts: flow.NewHosts(nil)}, nil)
	w.Reset()
	return newJSONParser(&l, w, nil)
}

// checkPlan holds lines that are read together to the same lines one by one.
func checkPlan(t testing.TB, text []byte) {
	one, all := connParser(text), connParser(text)
	if one == nil {
		return
	}
	for line := range bytes.Lines(text) {
		one.text = paddedText(line)
		start := blankEnd(line, 0)
		if end := lineEnd(line, start, len(line)); start < end {
			require.NoError(t, one.record(start, end))
		}
		one.w.Lines(1)
	}
	require.NoError(t, all.parseLines(all.w, paddedText(text)[:len(text)]))
	require.Equal(t, readRows(one.w), readRows(all.w), "%s", text)
}

// planForms are records that have a plan, and some that have none.
var planForms = []string{
	`{"ts":1592697602.25,"uid":"C1","id.orig_h":"10.0.0.5","id.orig_p":5000,"id.resp_h":"192.0.2.7","id.resp_p":443}`,
	`{"ts":"2020-06-21T00:00:02.5Z","a":true,"id.resp_h":"2001:db8::1","id.orig_h":"10.0.0.6","x":{}}`,
	`{"id.orig_h":"fe80::1","note":"a \"quoted\", b","id.resp_h":"192.0.2.8","a key of more than sixteen bytes":-1,"ts":1592697603,"x":1}`,
	`{"_write_ts":"x","ts":1592697602.25,"id":{"orig_h":"10.0.0.5","resp_h":"192.0.2.7"}}`,
	`{ "ts": 1592697602.25, "id.orig_h": "10.0.0.5", "id.resp_h": "192.0.2.7" }`,
	`{"ts":1592697602.25,"id.orig_h":"10.0.0.5","id.resp_h":"example.org"}`,
	`{"ts":1592697602.25,"id.orig_h":"-","id.resp_h":"192.0.2.7"}`,
}

// planTokens are what a mutation puts into a line.
var planTokens = []string{`"`, `\"`, `\\`, `,`, `}`, `{`, `:`, ` `, `null`, `-`, `"ts":1,`, `"id.orig_h":"10.9.9.9",`, `"id.resp_h":"10.8.8.8"`, `[1,"2"]`, "\r", "\x00", `"a":"b",`, `0`, `\u0031`}

// mutated is a line with some bytes cut out, put in or taken from another line.
func mutated(r *rand.Rand, line, other string) string {
	for range 1 + r.IntN(3) {
		at := r.IntN(len(line) + 1)
		to := min(len(line), at+r.IntN(12))
		switch r.IntN(4) {
		case 0:
			line = line[:at] + line[to:]
		case 1:
			line = line[:at] + planTokens[r.IntN(len(planTokens))] + line[at:]
		case 2:
			line = line[:at] + planTokens[r.IntN(len(planTokens))] + line[to:]
		default:
			line = line[:at] + other[min(at, len(other)):]
		}
	}
	return line
}

// Lines that are read by a plan are the flows that they are by themselves, whatever stands
// between them.
func TestPlan(t *testing.T) {
	logs := 800
	if testing.Short() {
		logs = 80
	}
	r := rand.New(rand.NewPCG(5, 6))
	for range logs {
		var text bytes.Buffer
		form := planForms[r.IntN(len(planForms))]
		for range r.IntN(40) {
			line := form
			switch r.IntN(8) {
			case 0:
				line = mutated(r, line, planForms[r.IntN(len(planForms))])
			case 1:
				form = planForms[r.IntN(len(planForms))]
			case 2:
				line = strings.Replace(line, "10.0.0.5", fmt.Sprintf("10.%d.0.1", r.IntN(256)), 1)
			case 3:
				line += []string{"\r", " ", "\n", ""}[r.IntN(4)]
			}
			text.WriteString(line + "\n")
		}
		if r.IntN(4) == 0 && text.Len() > 0 {
			text.Truncate(text.Len() - 1 - r.IntN(text.Len()))
		}
		checkPlan(t, text.Bytes())
	}
}

// The plan is taken: all lines but the first are read by it. Where each line is written in
// its own way, it is given up.
func TestPlanTaken(t *testing.T) {
	for i, form := range planForms[:3] {
		text := bytes.Repeat([]byte(form+"\n"), 500)
		p := connParser(text)
		p.text = paddedText(text)
		p.text[len(text)] = '\n'
		require.True(t, p.plannable())
		p.replan(0, len(form))
		require.NotEmpty(t, p.plan, "form %d", i)
		_, read := p.scan(new(planScan), 0, planLines)
		require.Equal(t, planLines, read, "form %d", i)
	}
	p := connParser([]byte(planForms[0]))
	p.text = paddedText([]byte(planForms[0]))
	for range patience {
		p.replan(0, len(planForms[0]))
		require.NotNil(t, p.plan)
	}
	p.replan(0, len(planForms[0]))
	require.Nil(t, p.plan)
	p.gained = planGain * 2
	p.failed = patience
	p.replan(0, len(planForms[0]))
	require.NotNil(t, p.plan)
}

func FuzzPlan(f *testing.F) {
	for _, form := range planForms {
		f.Add([]byte(strings.Repeat(form+"\n", 3)))
		f.Add([]byte(form + "\n" + planForms[0] + "\r\n\n" + form[:len(form)-2]))
	}
	f.Fuzz(func(t *testing.T, text []byte) { checkPlan(t, text) })
}
