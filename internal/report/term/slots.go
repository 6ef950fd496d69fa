package term

import (
	"fmt"
	"strconv"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/report"
	"beacon/internal/stats"
	"beacon/internal/words"
)

// Sizes of the drawings of an explanation.
const (
	maxSlotGrid = 240 // slots whose flows are written out
	maxSeries   = 120 // characters of the series
	stripMargin = 6   // room for the number of a row's first slot
)

// slotFlows returns the calls in each slot of the cycle, over the whole log.
func slotFlows(f *beacon.Finding, q *beacon.Query) []int64 {
	slots := make([]int64, report.CycleSlots(q))
	n := int64(len(slots))
	for _, c := range f.Day.Series.Counts {
		slots[c.Index-stats.FloorDiv(c.Index, n)*n] += c.Calls
	}
	return slots
}

// strip draws the flows of each slot as a bar, an x below each that is missing.
func (t *table) strip(slots []int64) {
	most := int64(1)
	for _, n := range slots {
		most = max(most, n)
	}
	wide := max((t.width-stripMargin)/10*10, 10)
	wide = min(wide, max(60, len(slots)/4/10*10))
	t.line("", "")
	top := int64(len(t.levels) - 1)
	for from := 0; from < len(slots); from += wide {
		row := slots[from:min(from+wide, len(slots))]
		var bars, marks strings.Builder
		for _, n := range row {
			bars.WriteRune(t.levels[(n*top+most-1)/most])
			if n == 0 {
				marks.WriteByte('x')
			} else {
				marks.WriteByte(' ')
			}
		}
		t.line("", fmt.Sprintf("%*d %s", stripMargin-1, from, bars.String()))
		if missing := strings.TrimRight(marks.String(), " "); missing != "" {
			t.line(bold, strings.Repeat(" ", stripMargin)+missing)
		}
	}
}

// slotGrid writes the flows of each slot, ten to a row, where they aren't too
// many to read; a slot without is a dot.
func (t *table) slotGrid(slots []int64) {
	if len(slots) > maxSlotGrid {
		return
	}
	cell := 4
	for _, n := range slots {
		cell = max(cell, len(words.Thousands(n))+1)
	}
	perRow := 10
	for perRow > 1 && stripMargin+perRow*cell > t.width {
		perRow /= 2
	}
	t.line("", "")
	head := strings.Repeat(" ", stripMargin)
	for i := range min(perRow, len(slots)) {
		head += fmt.Sprintf("%*s", cell, "+"+strconv.Itoa(i))
	}
	t.line(faint, head)
	for from := 0; from < len(slots); from += perRow {
		row := fmt.Sprintf("%*d ", stripMargin-1, from)
		for _, n := range slots[from:min(from+perRow, len(slots))] {
			text := "."
			if n > 0 {
				text = words.Thousands(n)
			}
			row += fmt.Sprintf("%*s", cell, text)
		}
		t.line("", row)
	}
}

// explainSeries draws the series over the log.
func (t *table) explainSeries(f *beacon.Finding) {
	totals := &t.fs.Totals
	if totals.First > totals.Last {
		return
	}
	wide := max(min(t.width-stripMargin, maxSeries), 1)
	peak := int64(0)
	for _, c := range f.Day.Series.Counts {
		peak = max(peak, c.Calls)
	}
	t.line("", "")
	t.line("", fmt.Sprintf("calls per %s, at most %s", words.Per(t.fs.Query.Bucket), words.Thousands(peak)))
	t.line(shapeColor(f.Day.Shape), strings.Repeat(" ", stripMargin)+sparkline(&f.Day.Series, totals.First, totals.Last, wide, t.levels))
	from, to := t.fs.Zone.Minute(totals.First), t.fs.Zone.Minute(totals.Last)
	if gap := wide - len(from) - len(to); gap > 0 {
		t.line(faint, strings.Repeat(" ", stripMargin)+from+strings.Repeat(" ", gap)+to)
	}
	t.line("", "")
}
