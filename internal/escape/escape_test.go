package escape

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"plain, ünïcode, 日本\n\tx": "plain, ünïcode, 日本\n\tx",
		"\x1b[31mred\x1b[0m":      `\x1b[31mred\x1b[0m`,
		"\x1b]0;title\a":          `\x1b]0;title\x07`,
		"over\rwritten\b\x7f":     `over\x0dwritten\x08\x7f`,
		"\u009b31m\u0085":         `\u009b31m\u0085`,
		"\u202egnp.exe\u202c":     `\u202egnp.exe\u202c`,
		"\u2066a\u2069\u061c":     `\u2066a\u2069\u061c`,
		"\u2028\u2029":            `\u2028\u2029`,
		"\xff\x9b31m\xe2\x80":     `\xff\x9b31m\xe2\x80`,
		"\U000e0041\u200d":        `\U000e0041\u200d`,
		"\x00":                    `\x00`,
		"\ufffd":                  "\ufffd",
	} {
		require.Equal(t, want, Text(in))
	}
	require.Equal(t, `a\nb\tc\x1b`, Line("a\nb\tc\x1b"))
}

func TestPasswords(t *testing.T) {
	for in, want := range map[string]string{
		"clickhouse://me:secret@host/db/t":       "clickhouse://me:***@host/db/t",
		"ClickHouse://me:se:cr@et@host/db/t":     "ClickHouse://me:***@host/db/t",
		"CLICKHOUSE://:secret@host":              "CLICKHOUSE://:***@host",
		"s3://key:sec/ret@host/x and more":       "s3://key:***@host/x and more",
		"clickhouse://me@host/db?PassWord=a&x=1": "clickhouse://me@host/db?PassWord=***&x=1",
		"clickhouse://me@host:9000/db/t":         "clickhouse://me@host:9000/db/t",
		"clickhouse:/me:secret@host/db/pages/x":  "clickhouse:/me:***@host/db/pages/x",
		"S3:me:secret@host/db":                   "S3:me:***@host/db",
		"clickhouse://me:se cret@host/db/t":      "clickhouse://me:***@host/db/t",
		"clickhouse://host:9000/db of me@host":   "clickhouse://host:9000/db of me@host",
		"clickhouse:/host/db?password=secret":    "clickhouse:/host/db?password=***",
		"no url: a@b":                            "no url: a@b",
		"tcp:me:se@cret@host:9000/db":            "tcp:me:***@host:9000/db",
		"reading Postgres:me:secret@host":        "reading Postgres:me:***@host",
		"flows.csv:12: a name is me@host":        "flows.csv:12: a name is me@host",
		"12:30:05 a:b@c":                         "12:30:05 a:b@c",
	} {
		require.Equal(t, want, Passwords(in))
	}
}

// FuzzWriter holds the writer to Text, however the text is cut into writes, and
// JSON to the JSON that went in.
func FuzzWriter(f *testing.F) {
	f.Add([]byte("a\x1b[0mü\xff\u202e日\U000e0041\u0085"), uint8(3))
	f.Fuzz(func(t *testing.T, text []byte, step uint8) {
		write := func(w interface{ Write([]byte) (int, error) }, b []byte) {
			for size := int(step)%7 + 1; len(b) > 0; {
				n := min(size, len(b))
				wrote, err := w.Write(b[:n])
				require.NoError(t, err)
				require.Equal(t, n, wrote)
				b = b[n:]
			}
		}
		var out bytes.Buffer
		w := NewWriter(&out, false)
		write(w, text)
		require.NoError(t, w.Flush())
		require.Equal(t, Text(string(text)), out.String())
		require.True(t, utf8.Valid(out.Bytes()))
		require.False(t, strings.ContainsFunc(out.String(), func(r rune) bool { return Obeyed(r) && r != '\n' && r != '\t' }))

		encoded, err := json.Marshal(string(text))
		require.NoError(t, err)
		safe := JSON(encoded)
		require.False(t, strings.ContainsFunc(string(safe), Obeyed))
		var before, after string
		require.NoError(t, json.Unmarshal(encoded, &before))
		require.NoError(t, json.Unmarshal(safe, &after))
		require.Equal(t, before, after)
	})
}

func TestWriterColors(t *testing.T) {
	for _, step := range []int{1, 2, 3, 100} {
		var out bytes.Buffer
		w := NewWriter(&out, true)
		for b := []byte("\x1b[1;31mred\x1b[0m \x1b[2J\x1b]0;t\a\x1b[31\x1b"); len(b) > 0; {
			n := min(step, len(b))
			w.Write(b[:n])
			b = b[n:]
		}
		require.NoError(t, w.Flush())
		require.Equal(t, "\x1b[1;31mred\x1b[0m "+`\x1b[2J\x1b]0;t\x07\x1b[31\x1b`, out.String(), "in steps of %d", step)
	}
}

func TestFormula(t *testing.T) {
	for in, want := range map[string]string{
		"=cmd|x": "'=cmd|x", "@sum(1)": "'@sum(1)", "+1+2": "'+1+2", "-2+3": "'-2+3", "\tx": "'\tx",
		"-1.5": "-1.5", "+3e2": "+3e2", "a=b": "a=b", "": "", "10.0.0.1": "10.0.0.1",
	} {
		require.Equal(t, want, Formula(in))
	}
}
