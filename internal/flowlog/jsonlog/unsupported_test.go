package jsonlog

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
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
