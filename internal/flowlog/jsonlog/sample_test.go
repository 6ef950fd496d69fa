package jsonlog

import (
	"bytes"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/flowlog"
)

// plainSample is a sample as eachValue alone takes it apart, a line a record.
func plainSample(head []byte) string {
	var b strings.Builder
	for record := range jsonRecords(head) {
		eachValue(record, func(path string, text []byte) { fmt.Fprintf(&b, "%s=%s ", path, text) })
		b.WriteByte('\n')
	}
	return b.String()
}

// jsonRecords returns the whole objects of the beginning of a JSON log.
func jsonRecords(head flowlog.Head) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		text := head[head.Start():]
		for at := 0; ; {
			start, end := nextObject(text, at)
			if end < 0 || text[start] == '{' && !yield(text[start:end]) {
				return
			}
			at = end
		}
	}
}

func sampleText(head []byte) string {
	var b strings.Builder
	s := newSample(head)
	for i := range s.records {
		s.each(i, func(path string, text []byte) { fmt.Fprintf(&b, "%s=%s ", path, text) })
		b.WriteByte('\n')
	}
	s.release()
	return b.String()
}

// TestSample holds the fast taking apart of a log's beginning to the plain one, for
// records that were made up and damaged.
func TestSample(t *testing.T) {
	for _, record := range []string{
		`{}`, `{ }`, `{"a":1}`, `{"a":null,"b":true,"c":false}`, `{"a":{"b":{"c":"x"}},"a.b":2}`, `{"a":[],"b":["x",1],"c":[[1]],"d":[{"e":2}],"f":[null]}`,
		`{"a":[ ],"b":[1 , 2 ]}`, `{"a" : "x" , "b":-1.5e+7}`, `{"a":"\"q\"","b":1}`, `{"a\"":1}`, `{"a":1,"a":2}`, `{"a":nan,"b":-inf}`, `{"a":1,}`, `{"a":tru}`,
		`{"a":"x""b":1}`, `{"a":1 2}`, `{"a":+5}`, `{"a":e}`, `{"a":-}`, `{"a":+}`, `{"a":[-]}`, `{"a":-e}`, `{"a":["x" "y"]}`, `{"a":[1,]}`, `{"a":["x",{"b":1}]}`, strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40),
	} {
		for _, text := range []string{record, record + "\n" + record, `{"a":1,"z":2}` + "\n" + record + "\n" + `{"a":3,"z":4}`,
			strings.Repeat(record+"\n", 3), record + strings.ReplaceAll(record, "1", "[]") + strings.ReplaceAll(record, "1", "[2]") + strings.ReplaceAll(record, "1", "null")} {
			require.Equal(t, plainSample([]byte(text)), sampleText([]byte(text)), text)
		}
	}
	paths, err := filepath.Glob("../testdata/*/*")
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(1, 2))
	records := 0
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(text[:min(len(text), 200)], []byte(`{"`)) || len(text) > 1<<17 {
			continue
		}
		for range 40 {
			want := plainSample(text)
			require.Equal(t, want, sampleText(text), path)
			records += strings.Count(want, "\n")
			text = bytes.Clone(text)
			for range 3 {
				text[random.IntN(len(text))] = `{}[]":,\ntrue0-e `[random.IntN(17)]
			}
		}
	}
	require.Greater(t, records, 1000)
}

// FuzzSample holds records that are written like others, with some bytes replaced, to the
// plain taking apart.
func FuzzSample(f *testing.F) {
	for _, form := range planForms {
		f.Add([]byte(form), []byte(form), 5, []byte(`"`))
		f.Add([]byte(`{"a":[1,"x"],"b":{"c":null,"d":true}}`), []byte(form), 6, []byte(`[]`))
	}
	f.Fuzz(func(t *testing.T, one, other []byte, at int, with []byte) {
		changed := bytes.Clone(one)
		if len(one) > 0 && at >= 0 {
			copy(changed[at%len(one):], with)
		}
		text := bytes.Join([][]byte{one, other, one, changed, one, other, changed}, []byte("\n"))
		require.Equal(t, plainSample(text), sampleText(text), "%s", text)
	})
}

// A record that is written like one of those before is not walked over again.
func TestSampleForms(t *testing.T) {
	text := bytes.Repeat([]byte(strings.Join(planForms[:3], "\n")+"\n"), 3)
	s := newSample(text)
	w := sampler{sample: new(sample), shape: new(shape), text: text}
	require.Len(t, s.records, 9)
	w.begin(0)
	require.True(t, w.object(""))
	w.end()
	w.learn(0)
	require.Positive(t, w.again(bytes.LastIndex(text, []byte(planForms[0]))))
	require.Negative(t, w.again(bytes.LastIndex(text, []byte(planForms[1]))))
}

// TestSampleShapes sees the same shape in records of the same keys, whatever lies between.
func TestSampleShapes(t *testing.T) {
	s := newSample([]byte(`{"a":1,"b":"x"}{"a":1}{"a":2,"b":"y"}{"a":2,"c":null}`))
	require.Len(t, s.shapes, 2)
	require.Equal(t, []int{0, 1}, []int{s.shapes[0].first, s.shapes[1].first})
	require.Same(t, s.records[0].shape, s.records[2].shape)
	require.Same(t, s.records[1].shape, s.records[3].shape)
	head := []byte(`{"a":1}`)
	require.Same(t, sampleOf(head), sampleOf(head))
	require.NotSame(t, sampleOf(head), sampleOf(bytes.Clone(head)))
}
