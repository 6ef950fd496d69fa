package wrap

import (
	"bufio"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"beacon/internal/flowlog"

	"github.com/stretchr/testify/require"
	"github.com/valyala/fastjson"
)

func newReader(text string) *bufio.Reader { return bufio.NewReader(strings.NewReader(text)) }

func elements(t *testing.T, text string, path []string, keep string) (list []string) {
	for e, err := range newValues(iotest.OneByteReader(strings.NewReader(text)), path, keep).all {
		require.NoError(t, err)
		list = append(list, e.key+string(e.text))
	}
	return list
}

func TestValues(t *testing.T) {
	require.Equal(t, []string{`{"a":"}\"]"}`, `{"b": [1, 2]}`, "junk", `{"c":1}`}, elements(t, "[{\"a\":\"}\\\"]\"},\n{\"b\": [1,\n2]}]junk\n{\"c\":1}", nil, ""))
	doc := `{"took":1,"x":{"hits":[9]},"hits":{"total":{"value":2},"hits":[{"_source":{}}, 7 ,"s"],"more":null}}`
	require.Equal(t, []string{`{"_source":{}}`, "7", `"s"`}, elements(t, doc, []string{"hits", "hits"}, ""))
	require.Equal(t, []string{`{"_source":{}}`, "7", `"s"`, `{"_source":{}}`, "7", `"s"`}, elements(t, doc+"\n"+doc, []string{"hits", "hits"}, ""))
	table := `{"tables":[{"columns":[{"name":"a"}],"rows":[[1],[2]]},{"rows":[],"columns":[]}]}`
	require.Equal(t, []string{`columns[{"name":"a"}]`, "[1]", "[2]", "columns[]"}, elements(t, table, []string{"tables", "*", "rows"}, "columns"))
	require.Equal(t, []string{`{"a":1}`, `{"b":`}, elements(t, `{"events":[{"a":1},{"b":`, []string{"events"}, "")) // cut off
	require.Empty(t, elements(t, `{"events":{"a":1}}`, []string{"events"}, ""))
}

func TestUTF16(t *testing.T) {
	for _, w := range []string{"\xff\xfea\x00\x3d\xd8\x00\xde\n\x00", "\xfe\xff\x00a\xd8\x3d\xde\x00\x00\n"} {
		r := &utf16Reader{little: w[0] == 0xff}
		r.r = newReader(w)
		text, err := io.ReadAll(iotest.OneByteReader(r))
		require.NoError(t, err)
		require.Equal(t, "a\U0001F600\n", string(text))
	}
}

func TestBrokenTable(t *testing.T) {
	require.EqualValues(t, ';', brokenTable([]byte("a;b;c\n1;\"x\ny\";3\n")))
	for _, text := range []string{"a,b,c\n1,2,3\n", "a,b,c\n1,\"x\n", "a,b,c\n1,5\" x,3\n4,6\" y,7\n", "a,b,c\n\"x\ny\",2\n", "{\"a\":1}\n", "", "Jun 1 \"x\ny\" z\n"} {
		require.Zero(t, brokenTable([]byte(text)), text)
	}
	for text, want := range map[string]string{"1,\"x\r\n\"\"y\",3\n4,5\n": "1,\"x  \"\"y\",3\n4,5\n", "a \"b\nc\" d\n": "a \"b\nc\" d\n"} {
		got, err := io.ReadAll(iotest.OneByteReader(&lineBreaks{r: newReader(text), cells: cells{separator: ',', start: true}}))
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
}

// A record of CloudWatch Insights in which a field has no name or no value is none.
func TestPickFields(t *testing.T) {
	for text, want := range map[string]string{
		`[{"field":"a","value":"1"},{"field":"b","value":2}]`: `{"a":"1","b":2}`,
		`[{"feld":"a","value":"1"}]`:                          "",
		`[{"field":null,"value":"1"}]`:                        "",
		`[{"field":"a"}]`:                                     "",
		`[7]`:                                                 "",
		`[]`:                                                  "",
		`{}`:                                                  "",
	} {
		got, ok := pickFields(nil, element{}, fastjson.MustParse(text))
		require.Equal(t, want, string(got), text)
		require.Equal(t, want != "", ok, text)
	}
}

// A log without any wrapping has none taken off.
func TestNothingToTakeOff(t *testing.T) {
	for _, text := range []string{`{"timestamp":"2020-06-21T00:00:02Z","src_ip":"10.0.0.5"}`, "a,b,c\n1,2,3\n", "", "\xff", "[", "{", `{"result":1}`, `{"hits":{"hits":[]}}`, `{"events":[1]}`} {
		for _, w := range flowlog.Wrappings() {
			require.Nil(t, w.Sniff(flowlog.Head(text)), "%s: %q", w.Name, text)
		}
	}
}
