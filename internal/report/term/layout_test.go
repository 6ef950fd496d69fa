package term

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestFitDropsTheLeastImportant(t *testing.T) {
	columns := []column{{head: "verdict"}, {head: "destination"}, {head: "name", keep: 3, most: 12}, {head: "calls", keep: 2, right: true}, {head: "last", keep: 1}, {head: "empty", keep: 9}}
	rows := [][]string{
		{"beacon", "203.0.113.7:443", "c2.example", "1,234", "2020-06-21", ""},
		{"weak", "192.0.2.1", "a-name-that-is-too-long.example", "9", "2020-06-22", ""},
	}
	for width, want := range map[int][]string{
		100: {"beacon   203.0.113.7:443  c2.example  1,234  2020-06-21", "weak     192.0.2.1                        9  2020-06-22"},
		50:  {"beacon   203.0.113.7:443  c2.example  1,234", "weak     192.0.2.1                        9"},
		40:  {"beacon   203.0.113.7:443  c2.example", "weak     192.0.2.1"},
		30:  {"beacon   203.0.113.7:443", "weak     192.0.2.1"},
		10:  {"beacon   203.0.113.7:443", "weak     192.0.2.1"},
	} {
		kept, widths := fit(columns, rows, width)
		for i, row := range rows {
			assert.Equal(t, want[i], joined(columns, kept, widths, row), "width %d", width)
		}
	}
}

func TestWrappedBreaksBetweenWords(t *testing.T) {
	assert.Equal(t, []string{" one two", "   three", "   fourteen-letters", "   x"}, wrapped(" one two  three fourteen-letters x", 8))
	assert.Empty(t, wrapped("  ", 8))
	for width := range 30 {
		for _, line := range wrapped("the quick brown fox jumps over it", width) {
			assert.LessOrEqual(t, len(line), max(width, len("  quick")))
		}
	}
}

func TestWholeCutsNothing(t *testing.T) {
	parts := []string{"first reason", "second", "third"}
	assert.Equal(t, "first reason; second", whole(parts, "; ", 22))
	assert.Equal(t, "first reason; second; third", whole(parts, "; ", 100))
	assert.Empty(t, whole(parts, "; ", 11))
}
