package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"beacon/internal/flowlog"
	"beacon/internal/words"
)

// showDoubts prints what of the flows that were read is not known, or not likely.
func (a *app) showDoubts(report *flowlog.Report) {
	unknown, odd := map[string]int64{}, int64(0)
	for _, in := range report.Inputs {
		odd += in.OddTimes
		for column, n := range in.Unknown {
			unknown[column] += n
		}
	}
	if len(unknown) > 0 {
		var counts []string
		for _, column := range slices.Sorted(maps.Keys(unknown)) {
			counts = append(counts, column+" in "+words.Thousands(unknown[column]))
		}
		a.warn("values that can't be read count as unknown, and their flows stay: %s", strings.Join(counts, ", "))
	}
	if odd > 0 {
		a.warn("flows that start before 1990 or later than tomorrow: %s", words.Thousands(odd))
	}
	for _, d := range report.Doubts {
		place := d.Input
		if d.Line > 0 {
			place = fmt.Sprintf("%s:%d", d.Input, d.Line)
		}
		a.stderr.Message("  %s: %s: %q", place, d.Reason, d.Text)
	}
	if odd > 0 {
		a.hint("--map timestamp=COLUMN names another column, --time-format another form; --from and --to leave such flows out")
	}
}

// showNotes prints what the readers did with the log that the analyst should know.
func (a *app) showNotes(report *flowlog.Report) {
	notes := map[flowlog.Note]int64{}
	for _, in := range report.Inputs {
		for note, n := range in.Notes {
			notes[note] += n
		}
	}
	for _, text := range flowlog.NoteTexts(notes) {
		a.note("beacon: note: %s", text)
	}
}
