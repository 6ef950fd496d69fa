// Package term draws findings as text for a terminal.
package term

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"beacon/internal/beacon"
	"beacon/internal/report"
	"beacon/internal/shape"
	"beacon/internal/words"
)

// Options is how the table is drawn.
type Options struct {
	Width int  // of the terminal in columns; 0 where it is none
	Color bool // ANSI colours
	ASCII bool // no characters beyond ASCII
}

const (
	plainWidth   = 120 // where the table isn't for a terminal
	sparkLeast   = 12
	sparkMost    = 60
	maxTableRows = 200 // what follows is counted
)

// tableColumn is one column of the table. Where the width is too small, the
// columns of the lowest keep go first.
type tableColumn struct {
	head  string
	right bool
	keep  int
	cell  func(f *beacon.Finding) string
}

var tableColumns = []tableColumn{
	{"destination", false, 9, func(f *beacon.Finding) string { return f.Destinations[0].Host.String() }},
	{"kind", false, 2, func(f *beacon.Finding) string { return string(f.Destinations[0].Kind) }},
	{"shape", false, 8, func(f *beacon.Finding) string { return string(f.Day.Shape) }},
	{"slots", true, 7, func(f *beacon.Finding) string {
		if f.Day.Evidence.ByChance() {
			return strconv.Itoa(f.Day.Slots) + "*"
		}
		return strconv.Itoa(f.Day.Slots) + " "
	}},
	{"flows", true, 5, func(f *beacon.Finding) string { return words.Thousands(f.Flows) }},
	{"sources", true, 6, func(f *beacon.Finding) string { return words.Thousands(int64(len(f.Sources))) }},
	{"first", false, 3, func(f *beacon.Finding) string { return words.ToMinute(f.First) }},
	{"last", false, 1, func(f *beacon.Finding) string { return words.ToMinute(f.Last) }},
}

// Table draws the findings for a terminal, in their order, two lines each: what
// was measured with the series as a sparkline, and why. Near misses and the
// totals of the log follow. No line is wider than the width.
func Table(w io.Writer, fs *beacon.Findings, o Options) error {
	t := &table{w: bufio.NewWriter(w), fs: fs, o: o, width: o.Width, levels: blocks}
	if t.width <= 0 {
		t.width = plainWidth
	}
	if o.ASCII {
		t.levels = ascii
	}
	if fs.Query.Rules != beacon.EveryRhythm {
		t.findings()
	}
	if fs.Query.Rules.Has(beacon.EveryRhythm) {
		t.pairs()
	}
	t.notes()
	return t.w.Flush()
}

type table struct {
	w      *bufio.Writer
	fs     *beacon.Findings
	o      Options
	width  int
	levels []rune
}

func (t *table) findings() {
	list := t.fs.Of(beacon.ScopeDestination)
	if len(list) == 0 {
		t.line("", "nothing was flagged")
		return
	}
	shown := list[:min(len(list), maxTableRows)]
	columns, widths, spark := t.layout(shown)
	head := make([]string, len(columns))
	for i, c := range columns {
		head[i] = c.head
		if c.head == "slots" {
			head[i] += " "
		}
	}
	if spark > 0 {
		head = append(head, "calls")
	}
	t.line(faint, joinCells(columns, widths, head))
	for i := range shown {
		f := shown[i]
		cells := make([]string, len(columns))
		for k, c := range columns {
			cells[k] = c.cell(f)
		}
		if spark > 0 {
			cells = append(cells, sparkline(&f.Day.Series, t.fs.Totals.First, t.fs.Totals.Last, spark, t.levels))
		}
		t.line(shapeColor(f.Day.Shape), joinCells(columns, widths, cells))
		if why := strings.Join(beacon.Texts(f.Reasons), "; "); why != "" {
			t.line(faint, "  "+why)
		}
	}
	if more := len(list) - len(shown); more > 0 {
		t.line("", fmt.Sprintf("and %s more", words.Thousands(int64(more))))
	}
}

// layout decides which columns fit, how wide they are, and what is left for the
// sparkline.
func (t *table) layout(list []*beacon.Finding) (columns []tableColumn, widths []int, spark int) {
	columns = append(columns, tableColumns...)
	for {
		widths = widths[:0]
		sum := 0
		for _, c := range columns {
			wide := len(c.head)
			for i := range list {
				wide = max(wide, utf8.RuneCountInString(c.cell(list[i])))
			}
			if c.head == "slots" {
				wide = max(wide, len("slots "))
			}
			widths = append(widths, wide)
			sum += wide + 2
		}
		if spark = min(t.width-sum, sparkMost); spark >= sparkLeast || len(columns) == 1 {
			return columns, widths, max(spark, 0)
		}
		last := 0
		for i, c := range columns {
			if c.keep < columns[last].keep {
				last = i
			}
		}
		columns = append(columns[:last:last], columns[last+1:]...)
	}
}

// joinCells lays cells side by side; one more than there are columns is the
// sparkline.
func joinCells(columns []tableColumn, widths []int, cells []string) string {
	var b strings.Builder
	for i, c := range cells {
		if i > 0 {
			b.WriteString("  ")
		}
		pad := 0
		if i < len(widths) {
			pad = widths[i] - utf8.RuneCountInString(c)
		}
		if i < len(columns) && columns[i].right {
			b.WriteString(strings.Repeat(" ", pad) + c)
		} else {
			b.WriteString(c + strings.Repeat(" ", pad))
		}
	}
	return b.String()
}

// notes writes what stands below the table.
func (t *table) notes() {
	fs := t.fs
	for _, f := range fs.Of(beacon.ScopeDestination) {
		if f.Day.Evidence.ByChance() {
			t.note(fmt.Sprintf("* as many calls at random would fill %d slots too: the shape has to tell", fs.Query.Slots))
			break
		}
	}
	for _, n := range fs.NotFlagged {
		t.note(fmt.Sprintf("%s was not flagged: %d of %d slots", n.Destination, n.Slots, fs.Query.Slots))
	}
	if len(fs.Near) > 0 {
		t.note(report.NearLine(fs))
	}
	t.note(report.TotalsLine(&fs.Totals))
}

// ANSI escapes.
const (
	faint  = "\x1b[2m"
	bold   = "\x1b[1;31m"
	yellow = "\x1b[33m"
	reset  = "\x1b[0m"
)

func shapeColor(s shape.Shape) string {
	switch s {
	case shape.Bursts:
		return bold
	case shape.Flat, shape.Sparse, shape.TooShort:
		return yellow
	}
	return ""
}

// line writes a line, cut to the width, in a colour where there are any.
func (t *table) line(color, s string) {
	s = strings.TrimRight(words.Plain(s), " ")
	if utf8.RuneCountInString(s) > t.width {
		s = string([]rune(s)[:max(t.width-3, 0)]) + "..."
	}
	if t.o.Color && color != "" {
		s = color + s + reset
	}
	t.w.WriteString(s + "\n")
}

// note writes a line below the table, broken between words where it is too wide.
func (t *table) note(s string) {
	line := ""
	for word := range strings.FieldsSeq(s) {
		if line != "" && utf8.RuneCountInString(line+" "+word) > t.width {
			t.line("", line)
			line = " "
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	t.line("", line)
}
