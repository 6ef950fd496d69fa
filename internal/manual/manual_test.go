package manual

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFill(t *testing.T) {
	require.Equal(t, "one two\nthree\nfour\n\n  kept as it is\n\nfive", Fill("one two three\nfour\n\n  kept as it is\n\nfive", 8))
	require.Equal(t, "  name  a b\n        c\n", Hang("  name  ", "a b c", 11))
}

func sample() *cobra.Command {
	cmd := &cobra.Command{Use: "tool FILE [flags]", Short: "Do a thing", Long: "tool does it.\n\n  .like 'this'\\", Example: "  tool -x", Run: func(*cobra.Command, []string) {}}
	f := cmd.Flags()
	f.IntP("count", "c", 5, "a `number` of things")
	f.String("alpha", "", "the first")
	f.Bool("zeta", false, "the last")
	return cmd
}

// Flags stand below their headings; those of no group come last.
func TestHelpGroups(t *testing.T) {
	groups := []Group{{"Input", []string{"count"}}, {"Empty", []string{"absent"}}, {"Output", []string{"alpha"}}, {"Advanced", []string{"beta"}}}
	assert.Contains(t, Help(sample(), groups, 80), "\nFlags:\n", "two groups are too few")
	cmd := sample()
	cmd.Flags().Bool("beta", false, "the second letter")
	text := Help(cmd, groups, 80)
	var headings []string
	for line := range strings.Lines(text) {
		if strings.HasSuffix(line, "flags:\n") {
			headings = append(headings, strings.TrimSpace(line))
		}
	}
	assert.Equal(t, []string{"Input flags:", "Output flags:", "Advanced flags:", "Other flags:"}, headings)
	assert.Less(t, strings.Index(text, "--alpha"), strings.Index(text, "--zeta"))
	assert.Contains(t, Help(sample(), nil, 80), "\nFlags:\n")
}

// What would be a request of roff, or be changed by it, is escaped.
func TestMan(t *testing.T) {
	var b strings.Builder
	require.NoError(t, Page{Date: "2026-01-02", Version: "v1"}.Man(&b, sample()))
	text := b.String()
	assert.Contains(t, text, ".TH \"TOOL\" \"1\" \"2026-01-02\" \"beacon v1\"")
	assert.Contains(t, text, ".nf\n  .like \\(aqthis\\(aq\\e\n.fi")
	assert.Contains(t, text, "\\fB\\-c\\fR, \\fB\\-\\-count\\fR \\fInumber\\fR\na number of things (default 5)")
	assert.Equal(t, `\&.TH`, roff(".TH"))
}

func TestTopics(t *testing.T) {
	names := map[string]string{}
	for _, topic := range Topics(map[string]string{"outputs": "  the list"}) {
		names[topic.Name()] = topic.Long
		assert.NotEmpty(t, topic.Short)
		assert.NotContains(t, topic.Short, ".", "a title is no sentence")
	}
	for _, name := range strings.Fields("rule rhythm internal outputs clickhouse exit-codes names") {
		assert.Contains(t, names, name)
	}
	assert.Contains(t, names["outputs"], "  the list")
}
