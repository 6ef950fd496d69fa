package cli

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// Help texts fit a terminal of 80 columns, whatever their source is broken at.
func TestHelpFits(t *testing.T) {
	var out bytes.Buffer
	a := &app{stdout: newConsole(&out), stderr: newConsole(&out)}
	for _, cmd := range allCommands(a.root()) {
		for _, width := range []int{helpWidth, 120} {
			for line := range strings.Lines(helpOf(cmd, width)) {
				if strings.Contains(line, "  beacon ") { // a command stays on its line
					continue
				}
				require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), width, "%s: %s", cmd.CommandPath(), line)
			}
		}
	}
}

func TestFill(t *testing.T) {
	require.Equal(t, "one two\nthree\nfour\n\n  kept as it is\n\nfive", fill("one two three\nfour\n\n  kept as it is\n\nfive", 8))
	require.Equal(t, "  name  a b\n        c\n", hang("  name  ", "a b c", 11))
}
