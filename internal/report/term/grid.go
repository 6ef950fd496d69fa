package term

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"beacon/internal/words"
)

const (
	reasonIndent = "    "
	whyWidth     = 72 // from this width on a finding has a second line with its best reason
)

// screenColumns are the columns of the findings, the least important rightmost but for
// the rank.
var screenColumns = []struct {
	column
	cell func(v *view) string
	time bool // the cells are times: the head names their zone
}{
	{column{head: "#", right: true, keep: 6}, func(v *view) string { return words.Thousands(int64(v.rank)) }, false},
	{column{head: "verdict"}, func(v *view) string { return string(v.verdict) }, false},
	{column{head: "destination"}, func(v *view) string { return firstOf(v.destinations) }, false},
	{column{head: "name", keep: 8, most: nameMost}, func(v *view) string { return v.name() }, false},
	{column{head: "source"}, (*view).from, false},
	{column{head: "host", keep: 5, most: nameMost}, func(v *view) string { return v.host }, false},
	{column{head: "network", keep: 3, most: labelMost}, func(v *view) string { return v.networks }, false},
	{column{head: "period", keep: 9}, func(v *view) string { return v.rhythm }, false},
	{column{head: "how", keep: 7}, func(v *view) string { return v.how }, false},
	{column{head: "calls", right: true, keep: 5}, func(v *view) string { return words.Thousands(v.calls) }, false},
	{column{head: "first", keep: 4}, func(v *view) string { return v.first }, true},
	{column{head: "origin", keep: 3, most: nameMost}, func(v *view) string { return v.origin }, false},
	{column{head: "last", keep: 3}, func(v *view) string { return v.last }, true},
	{column{head: "bytes", right: true, keep: 2}, func(v *view) string { return v.size() }, false},
}

// nameMost is the longest name that has room in its column; a longer one stands before
// the reason.
const nameMost = 32

// labelMost is the longest name of a source's networks that has room in its column.
const labelMost = 24

// grid lays findings out in columns. Those whose addresses are too long for them are
// stacked. measure is called for each finding, then fit, then finding and below.
type grid struct {
	t            *table
	columns      []column
	kept, widths []int
	all, narrow  []int // widths that the cells want: of all findings, and of those whose addresses aren't long
	few          bool  // the columns don't hold everything that a finding must show, so that long ones are stacked
	stacked      bool  // all are
}

// Widths of the addresses of most findings: an IPv4 address with its port and how many
// more there are. Longer ones are stacked when they would leave no room for the period.
const (
	destinationMost = 28
	sourceMost      = 22
)

func (t *table) grid() *grid {
	n := len(screenColumns)
	g := &grid{t: t, columns: make([]column, n), all: make([]int, n), narrow: make([]int, n)}
	for i, c := range screenColumns {
		g.columns[i] = c.column
		if c.time {
			g.columns[i].head = t.inZone(c.head)
		}
	}
	return g
}

// cells returns a finding as a row.
func (g *grid) cells(v *view) []string {
	row := make([]string, len(screenColumns))
	for i, c := range screenColumns {
		row[i] = words.Plain(c.cell(v))
	}
	return row
}

// measure makes the columns wide enough for a finding.
func (g *grid) measure(v *view) {
	row := g.cells(v)
	widen(g.all, g.columns, row)
	if !long(v) {
		widen(g.narrow, g.columns, row)
	}
}

// fit decides about the columns after all findings have been measured.
func (g *grid) fit() {
	g.kept, g.widths = choose(g.columns, g.all, g.t.width)
	if g.has("period") {
		return
	}
	g.few = true
	g.kept, g.widths = choose(g.columns, g.narrow, g.t.width)
	g.stacked = len(g.kept) == 0 || tableWidth(g.kept, g.widths) > g.t.width
}

// long tells whether the addresses of a finding are long.
func long(v *view) bool {
	return utf8.RuneCountInString(firstOf(v.destinations)) > destinationMost || utf8.RuneCountInString(v.from()) > sourceMost
}

// stacks tells whether a finding is stacked.
func (g *grid) stacks(v *view) bool { return g.stacked || g.few && long(v) }

// has tells whether a column is shown.
func (g *grid) has(head string) bool {
	return slices.ContainsFunc(g.kept, func(i int) bool { return g.columns[i].head == head })
}

// head returns the heads of the columns, nothing where every finding is stacked.
func (g *grid) head() []styled {
	if g.stacked {
		return nil
	}
	heads := make([]string, len(g.columns))
	for i, c := range g.columns {
		heads[i] = c.head
	}
	return []styled{{faint, joined(g.columns, g.kept, g.widths, heads)}}
}

// finding returns the lines of a finding.
func (g *grid) finding(v *view) []styled {
	if !g.stacks(v) {
		return []styled{{v.color(), joined(g.columns, g.kept, g.widths, g.cells(v))}}
	}
	rank := ""
	if g.has("#") {
		rank = fmt.Sprintf("%*d%*s", g.widths[0], v.rank, gap, "")
	}
	lines := []styled{{v.color(), rank + string(v.verdict) + "  " + firstOf(v.destinations)}}
	if utf8.RuneCountInString(lines[0].text) > g.t.width {
		lines = []styled{{v.color(), rank + string(v.verdict)}, {v.color(), "  " + firstOf(v.destinations)}}
	}
	from := reasonIndent + "from " + v.from()
	parts := slices.DeleteFunc([]string{from, v.rhythm, v.how}, isEmpty)
	for len(parts) > 1 && utf8.RuneCountInString(strings.Join(parts, ", ")) > g.t.width {
		parts = parts[:len(parts)-1]
	}
	return append(lines, styled{v.color(), strings.Join(parts, ", ")})
}

// below returns the line below a finding, if it has one: its name, where that has no
// place in a column, and its best reason, where the width allows.
func (g *grid) below(v *view) (line styled, ok bool) {
	room := g.t.width - len(reasonIndent)
	why := ""
	if g.t.width >= whyWidth {
		why = v.best(room)
	}
	name := words.Plain(v.name())
	inColumn := g.has("name") && !g.stacks(v) && utf8.RuneCountInString(name) <= nameMost
	if wide := utf8.RuneCountInString(name); wide > 0 && wide <= room && !inColumn {
		if why = name; g.t.width >= whyWidth {
			if reason := v.best(room - wide - len("; ")); reason != "" {
				why += "; " + reason
			}
		}
	}
	return styled{faint, reasonIndent + why}, why != ""
}
