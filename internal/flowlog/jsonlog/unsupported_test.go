package jsonlog

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/flowlog"
)

func TestColumnArrays(t *testing.T) {
	for text, want := range map[string]bool{
		`{"time":["a","b"],"src":["c","d"],"dst":["e",null]}`:                        true,
		" {\n \"time\": [1, 2], \"src\": [\"c\", \"d\"], \"dst\": [3, 4], \"n\": 1}": true,
		`{"time":[` + strings.Repeat("1,", 1000):                                     true, // cut off
		`{"time":["a"],"src":["c"],"dst":["e"]}`:                                     false,
		`{"time":["a","b"],"src":["c","d"],"dst":["e"]}`:                             false,
		`{"tags":["a","b"],"time":1,"src":"c"}`:                                      false,
		`{"fields":["a","b","c"],"rows":[["d","e","f"]]}`:                            false,
		`{"time":[{"a":1},{"b":2}]}`:                                                 false,
		`{"time":"[a"}`:                                                              false, `{}`: false, `{`: false, ``: false, `[1,2]`: false,
	} {
		require.Equal(t, want, hasColumnArrays([]byte(text)), text)
	}
}

func TestTablesOfJSON(t *testing.T) {
	for text, is := range map[string]func(flowlog.Head) bool{
		`{"time":{"0":1583409600000,"1":1583409601000},"src":{"0":"10.0.0.5","1":"10.0.0.5"}}`: isByIndex,
		"{\n \"0\": {\n  \"time\": 1,\n  \"src\": \"}\"\n },\n \"1\": {\"time\": 2}}":          isByIndex,
		`{"columns":["time","src"],"index":[0,1],"data":[[1,"10.0.0.5"],[2,"10.0.0.5"]]}`:      isSplit,
		`[["2020-03-05 12:00:00","10.0.0.5","203.0.113.9",443]]`:                               hasRecordArrays,
		`[1583409600.5, "10.0.0.5", "203.0.113.9"]` + "\n":                                     hasRecordArrays,
	} {
		for _, other := range []func(flowlog.Head) bool{isByIndex, isSplit, hasRecordArrays} {
			require.Equal(t, reflect.ValueOf(is).Pointer() == reflect.ValueOf(other).Pointer(), other([]byte(text)), text)
		}
	}
	for _, text := range []string{`{"time":{"$date":1},"src":"10.0.0.5"}`, `{"0":"10.0.0.5","1":"203.0.113.9"}`, `[{"time":1}]`, `{"columns":[{"name":"time"}],"rows":[["d","e","f"]]}`, "[2020-03-05T12:00:00] a\n"} {
		require.False(t, isByIndex([]byte(text)) || isSplit([]byte(text)) || hasRecordArrays([]byte(text)), text)
	}
}
