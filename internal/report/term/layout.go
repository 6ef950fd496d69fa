package term

import (
	"strings"
	"unicode/utf8"
)

// column is one column of a table.
type column struct {
	head  string
	right bool // aligned to the right
	keep  int  // of the columns that don't fit, those of the lowest keep are left out; 0 is never left out
	most  int  // longest cell that the column is made wide for; 0 is any. A longer cell isn't shown
}

// gap is the number of blanks between two columns.
const gap = 2

// fit returns the indices of the columns that fit the width, and how wide each of all is.
// Columns with no cell to show are left out. Columns that are never left out may be wider
// together than the width.
func fit(columns []column, rows [][]string, width int) (kept, widths []int) {
	widths = make([]int, len(columns))
	for _, row := range rows {
		widen(widths, columns, row)
	}
	return choose(columns, widths, width)
}

// widen makes columns wide enough for the cells of a row.
func widen(widths []int, columns []column, row []string) {
	for i, c := range columns {
		if n := utf8.RuneCountInString(row[i]); c.most == 0 || n <= c.most {
			widths[i] = max(widths[i], n)
		}
	}
}

// choose is fit for columns whose cells want some widths, which are changed.
func choose(columns []column, wanted []int, width int) (kept, widths []int) {
	widths = wanted
	for i, c := range columns {
		if widths[i] > 0 {
			widths[i] = max(widths[i], utf8.RuneCountInString(c.head))
			kept = append(kept, i)
		}
	}
	for tableWidth(kept, widths) > width {
		least := -1
		for k, i := range kept {
			if keep := columns[i].keep; keep > 0 && (least < 0 || keep <= columns[kept[least]].keep) {
				least = k
			}
		}
		if least < 0 {
			break
		}
		kept = append(kept[:least:least], kept[least+1:]...)
	}
	return kept, widths
}

func tableWidth(kept, widths []int) int {
	sum := gap * max(0, len(kept)-1)
	for _, i := range kept {
		sum += widths[i]
	}
	return sum
}

// joined returns the kept cells of a row side by side.
func joined(columns []column, kept, widths []int, row []string) string {
	var b strings.Builder
	for k, i := range kept {
		cell := row[i]
		wide := utf8.RuneCountInString(cell)
		if wide > widths[i] {
			cell, wide = "", 0
		}
		pad := strings.Repeat(" ", widths[i]-wide)
		if k > 0 {
			b.WriteString(strings.Repeat(" ", gap))
		}
		if columns[i].right {
			b.WriteString(pad + cell)
		} else {
			b.WriteString(cell + pad)
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// wrapped breaks a text between words into lines of at most width characters. The first
// line keeps the blanks that the text begins with; the others begin with two more. A word
// that is longer than a line has one for itself.
func wrapped(text string, width int) []string {
	first := text[:len(text)-len(strings.TrimLeft(text, " "))]
	var lines []string
	line, empty := first, true
	for word := range strings.FieldsSeq(text) {
		switch {
		case empty:
			line += word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width:
			lines = append(lines, line)
			line = first + "  " + word
		default:
			line += " " + word
		}
		empty = false
	}
	if !empty {
		lines = append(lines, line)
	}
	return lines
}

// whole returns as many of the parts, joined, as fit the width: whole parts, from the
// first. It returns nothing when the first doesn't fit.
func whole(parts []string, separator string, width int) string {
	text := ""
	for _, part := range parts {
		next := part
		if text != "" {
			next = text + separator + part
		}
		if utf8.RuneCountInString(next) > width {
			break
		}
		text = next
	}
	return text
}
