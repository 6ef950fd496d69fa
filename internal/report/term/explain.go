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
	"beacon/internal/stats"
	"beacon/internal/words"
)

// What an explanation lists at most.
const (
	maxExplainSources = 30
	maxExplainPorts   = 10
	maxExplainNames   = 10
	maxExplainMissing = 30
	maxSlotGrid       = 240 // slots whose flows are written out
)

// Explain draws one destination for a terminal, whether it was flagged or not:
// its slots as a strip with the missing ones marked, the flows of each, what
// chance alone would fill, its series, shape, sources, ports and names, and the rhythm of
// its pairs where the findings have those of the destination. The
// finding's Series and Evidence have to be there.
func Explain(w io.Writer, f *beacon.Finding, fs *beacon.Findings, o Options) error {
	t := &table{w: bufio.NewWriter(w), fs: fs, o: o, width: o.Width, levels: blocks}
	if t.width <= 0 {
		t.width = plainWidth
	}
	if o.ASCII {
		t.levels = ascii
	}
	slots := slotFlows(f, &fs.Query)
	t.explainHead(f, slots)
	t.strip(slots)
	t.slotGrid(slots)
	t.explainSeries(f)
	t.explainSources(f)
	t.explainPairs()
	if len(f.Day.Ports) > 0 {
		t.note("ports, with flows: " + report.PortList(f.Day.Ports[:min(len(f.Day.Ports), maxExplainPorts)]) + words.AndMore(len(f.Day.Ports)-maxExplainPorts))
	}
	if len(f.Destinations[0].Names) > 0 {
		t.note("names: " + strings.Join(words.PlainAll(f.Destinations[0].Names[:min(len(f.Destinations[0].Names), maxExplainNames)]), ", ") + words.AndMore(len(f.Destinations[0].Names)-maxExplainNames))
	}
	t.note(report.TotalsLine(&fs.Totals))
	return t.w.Flush()
}

// slotFlows is the calls in each slot of the cycle, over the whole log.
func slotFlows(f *beacon.Finding, q *beacon.Query) []int64 {
	slots := make([]int64, report.CycleSlots(q))
	n := int64(len(slots))
	for _, c := range f.Day.Series.Counts {
		slots[c.Index-stats.FloorDiv(c.Index, n)*n] += c.Calls
	}
	return slots
}

func (t *table) explainHead(f *beacon.Finding, slots []int64) {
	q := &t.fs.Query
	called := 0
	var missing []string
	for slot, n := range slots {
		if n > 0 {
			called++
		} else {
			missing = append(missing, strconv.Itoa(slot))
		}
	}
	verdict := "flagged"
	if called < q.Slots {
		verdict = "not flagged"
	}
	t.line(shapeColor(f.Day.Shape), fmt.Sprintf("%s  %s  %s", f.Destinations[0].Host, f.Destinations[0].Kind, f.Day.Shape))
	t.note(fmt.Sprintf("%s: called in %d of %d slots of %s, and the rule needs %d", verdict, called, len(slots), words.Step(q.Bucket), q.Slots))
	if len(missing) > 0 {
		t.note("missing: " + strings.Join(missing[:min(len(missing), maxExplainMissing)], ", ") + words.AndMore(len(missing)-maxExplainMissing))
	}
	e := &f.Day.Evidence
	chance := fmt.Sprintf("chance: %s at random would fill %.1f slots, and %d or more with a probability of %s",
		words.Plural(f.Flows, "flow", "flows"), e.ChanceSlots, q.Slots, words.Tenths(e.ChanceAll))
	switch {
	case e.ByChance() && called < q.Slots:
		chance += ": that slots are missing is no accident"
	case e.ByChance():
		chance += ": its slots say little, the shape has to tell"
	}
	t.note(chance)
	for _, reason := range beacon.Texts(f.Reasons) {
		t.note("- " + reason)
	}
}

// stripMargin is the room for the number of a row's first slot.
const stripMargin = 6

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
	wide := max(min(t.width-stripMargin, 2*sparkMost), 1)
	peak := int64(0)
	for _, c := range f.Day.Series.Counts {
		peak = max(peak, c.Calls)
	}
	t.line("", "")
	t.line("", fmt.Sprintf("calls per %s, at most %s", words.Per(t.fs.Query.Bucket), words.Thousands(peak)))
	t.line(shapeColor(f.Day.Shape), strings.Repeat(" ", stripMargin)+sparkline(&f.Day.Series, totals.First, totals.Last, wide, t.levels))
	from, to := words.ToMinute(totals.First), words.ToMinute(totals.Last)
	if gap := wide - len(from) - len(to); gap > 0 {
		t.line(faint, strings.Repeat(" ", stripMargin)+from+strings.Repeat(" ", gap)+to)
	}
	t.line("", "")
}

// explainSources lists who called, in the order of the query.
func (t *table) explainSources(f *beacon.Finding) {
	t.line("", words.Plural(int64(len(f.Sources)), "source", "sources"))
	wide := 0
	shown := f.Sources[:min(len(f.Sources), maxExplainSources)]
	for _, s := range shown {
		wide = max(wide, utf8.RuneCountInString(s.Addr.String()))
	}
	for _, s := range shown {
		t.line("", fmt.Sprintf("  %-*s  %s to %s  %s", wide, s.Addr, words.ToSecond(s.First), words.ToSecond(s.Last), words.Plural(s.Flows, "flow", "flows")))
	}
	if more := words.AndMore(len(f.Sources) - len(shown)); more != "" {
		t.line("", " "+more)
	}
}

// explainPairs lists the pairs of the destination that the rhythm rule has a verdict
// about, with all their reasons, where it was asked.
func (t *table) explainPairs() {
	if !t.fs.Query.Rules.Has(beacon.EveryRhythm) {
		return
	}
	t.line("", "")
	t.line("", "rhythm")
	all := t.fs.Of(beacon.ScopeSchedule)
	if len(all) == 0 {
		t.line("", "  no pair keeps time")
	}
	for _, p := range all[:min(len(all), maxExplainSources)] {
		style := ""
		if p.Verdict == beacon.VerdictBeacon {
			style = bold
		}
		t.line(style, strings.Join([]string{"", report.ScheduleName(p), string(p.Verdict), report.RhythmWords(p.Schedule), words.Plural(p.Calls, "call", "calls")}, "  "))
		for _, reason := range beacon.Texts(p.Reasons) {
			t.note("- " + reason)
		}
	}
	if more := words.AndMore(len(all) - maxExplainSources); more != "" {
		t.line("", " "+more)
	}
	t.groups()
	t.line("", "")
}
