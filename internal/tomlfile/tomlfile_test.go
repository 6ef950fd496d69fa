package tomlfile_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/tomlfile"
)

const text = "\ufeff# rules\na = 1\n\n[[known]]\nport = 5\n'x y'.\"b\" = 2\n\n[[known]]\n# here\nport = 6\n[t.u]\nv = {w = 3}\n"

func TestLine(t *testing.T) {
	f, err := tomlfile.Parse("f", []byte(text))
	require.NoError(t, err)
	for key, want := range map[string]int{
		"a": 2, "known": 4, "known 0": 4, "known 0 port": 5, "known 1": 8, "known 1 port": 10, "known 1 absent": 8,
		"t u": 11, "t u v": 12, "t u v w": 12, "absent": 0,
	} {
		assert.Equal(t, want, f.Line(strings.Fields(key)...), key)
	}
	assert.Equal(t, 6, f.Line("known", "0", "x y", "b"))
	require.EqualError(t, f.Errorf([]string{"known", "1", "port"}, "", "is %d", 6), "f:10: port: is 6")
}

// What people mistype is named, with what to write instead.
func TestMistakes(t *testing.T) {
	for text, want := range map[string][2]string{
		"a = 1\nb = = 2":               {`f:2: not TOML: not a value: "b = = 2"`, "name = 5"},
		"a = 1\n\na = 2":               {"f:3: a: stands here a second time", ""},
		"internal = 10.0.0.0/8":        {`f:1: not TOML: a text without quotation marks: "internal = 10.0.0.0/8"`, `internal = "10.0.0.0/8"`},
		"all = True":                   {"a text without quotation marks", `all = "True"`},
		"tz = \"Europe/Berlin\nx=1":    {"f:1: not TOML: its quotation marks", `name = "text"`},
		"a = \"C:\\logs\"":             {`f:1: not TOML: its quotation marks or the \ in them`, `\\`},
		"a = [\"x\" \"y\"]":            {"f:1: not TOML: its brackets", `["one", "two"]`},
		"a = 99999999999999999999":     {"f:1: not TOML: not a value", "name = 5"},
		"a =":                          {"f:1: not TOML: no value after the =", "name = 5"},
		"timestamp,src_ip":             {"f:1: not TOML: no value", "name = 5"},
		"[[known]":                     {"f:1: not TOML: a table's name", "[[known]]"},
		"\xff\xfe":                     {"f: not TOML: not text in UTF-8", ""},
		"x" + strings.Repeat("-", 999): {"-...", ""},
	} {
		_, err := tomlfile.Parse("f", []byte(text))
		var wrong *tomlfile.Error
		require.ErrorAs(t, err, &wrong, text)
		assert.Contains(t, wrong.Error(), want[0])
		assert.Contains(t, wrong.Hint(), want[1], text)
		assert.NotContains(t, wrong.Error(), "toml:")
		assert.Less(t, len(wrong.Error()), 150)
	}
}

func TestTexts(t *testing.T) {
	for text, want := range map[string][]string{
		"a = 'x'": {"x"}, "a = ['x', 'y']": {"x", "y"}, "a = []": nil, "a = ''": nil, "a = ['']": nil, "a = 1": nil, "a = [['x']]": nil, "a = {b = 1}": nil,
	} {
		f, err := tomlfile.Parse("f", []byte(text))
		require.NoError(t, err)
		got, ok := tomlfile.Texts(f.Values["a"])
		assert.Equal(t, want, got, text)
		assert.Equal(t, want != nil, ok, text)
	}
	f, err := tomlfile.Parse("f", []byte("a = [1, 'x', true, 2.5, 2026-11-27, 2026-11-27T08:00:00Z]\nb = [[1]]\nc = {d = 1}"))
	require.NoError(t, err)
	got, ok := tomlfile.Scalars(f.Values["a"])
	assert.True(t, ok)
	assert.Equal(t, []string{"1", "x", "true", "2.5", "2026-11-27", "2026-11-27T08:00:00Z"}, got)
	for _, key := range []string{"b", "c"} {
		_, ok := tomlfile.Scalars(f.Values[key])
		assert.False(t, ok, key)
	}
}

// FuzzParse reads any text: it is read, or refused with a place in our own words.
func FuzzParse(f *testing.F) {
	f.Add([]byte(text))
	f.Add([]byte("a.b = 1\n[a]\nb = 2\n[[a]]\n"))
	f.Add([]byte("[[a]]\n[a.b]\nc = \"\"\"x\ny\"\"\"\n[[a]]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := tomlfile.Parse("f", text)
		if err != nil {
			require.True(t, strings.HasPrefix(err.Error(), "f:"), err)
			return
		}
		for key := range file.Values {
			require.Positive(t, file.Line(key), "%q", key)
		}
	})
}
