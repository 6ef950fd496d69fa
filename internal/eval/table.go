package eval

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Table is one table of the scoreboard. Every row is as long as Head.
type Table struct {
	Title string
	Note  string // how to read it, one paragraph, may be empty
	Head  []string
	Rows  [][]string
	Short []string // the cells that fall short of what they should be, in words

	figures map[string]string // what [Aims] shows of this table, by name of the aim
}

// figure notes a figure for [Aims].
func (t *Table) figure(aim, value string) {
	if t.figures == nil {
		t.figures = map[string]string{}
	}
	t.figures[aim] = value
}

// short notes a cell that falls short.
func (t *Table) short(format string, args ...any) {
	t.Short = append(t.Short, fmt.Sprintf(format, args...))
}

// Add appends a row.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, cells) }

// Markdown writes t as a heading, its note and a Markdown table, padded so that it
// reads as plain text too.
func (t Table) Markdown(w io.Writer) error {
	width := make([]int, len(t.Head))
	for _, row := range append([][]string{t.Head}, t.Rows...) {
		for i, c := range row {
			width[i] = max(width[i], utf8.RuneCountInString(escape(c)), 3)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", t.Title)
	if t.Note != "" {
		fmt.Fprintf(&b, "%s\n\n", t.Note)
	}
	line := func(cells []string) {
		for i, c := range cells {
			c = escape(c)
			b.WriteString("| " + c + strings.Repeat(" ", width[i]-utf8.RuneCountInString(c)+1))
		}
		b.WriteString("|\n")
	}
	line(t.Head)
	for _, n := range width {
		b.WriteString("|" + strings.Repeat("-", n+2))
	}
	b.WriteString("|\n")
	for _, row := range t.Rows {
		line(row)
	}
	b.WriteString("\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func escape(cell string) string { return strings.ReplaceAll(cell, "|", `\|`) }

// rate formats hits of n as a share with two decimals: "1", ".98", "0"; a share that
// only rounds to 0 or 1 keeps its digits.
func rate(hits, n int) string {
	if n == 0 {
		return "-"
	}
	return share(float64(hits) / float64(n))
}

func share(x float64) string {
	switch {
	case math.IsNaN(x):
		return "-"
	case x == 0:
		return "0"
	case x == 1:
		return "1"
	}
	// As many digits as keep it from looking like 0 or 1, two at least.
	digits, scale := 2, 100.0
	for ; digits < 9; digits, scale = digits+1, scale*10 {
		if n := math.Round(x * scale); n != 0 && n != scale {
			break
		}
	}
	return strings.TrimPrefix(strconv.FormatFloat(x, 'f', digits, 64), "0")
}
