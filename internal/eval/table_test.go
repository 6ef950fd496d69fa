package eval

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTableMarkdown(t *testing.T) {
	table := Table{Title: "Two", Note: "How to read it.", Head: []string{"rule", "σ"}}
	table.Add("a|b", ".98")
	table.Add("longer name", "1")
	var b strings.Builder
	require.NoError(t, table.Markdown(&b))
	assert.Equal(t, strings.Join([]string{
		"### Two",
		"",
		"How to read it.",
		"",
		"| rule        | σ   |",
		"|-------------|-----|",
		`| a\|b        | .98 |`,
		"| longer name | 1   |",
		"",
		"",
	}, "\n"), b.String())
}

func TestRate(t *testing.T) {
	for _, c := range []struct {
		hits, n int
		want    string
	}{
		{0, 0, "-"}, {0, 10, "0"}, {10, 10, "1"}, {1, 2, ".50"}, {98, 100, ".98"},
		{1, 500, ".002"}, {499, 500, ".998"}, {1, 10_000, ".0001"}, {9_999, 10_000, ".9999"},
	} {
		assert.Equal(t, c.want, rate(c.hits, c.n), c)
	}
}
