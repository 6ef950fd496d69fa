package term

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/report"
	"beacon/internal/words"
)

// pairs writes the table of the rhythm rule: what keeps time, then what would
// be explained or needs more calls, counted.
func (t *table) pairs() {
	fs := t.fs
	counts := map[beacon.Verdict]int64{}
	rows := [][]string{{"source", "destination", "port", "verdict", "calls", "rhythm", "q"}}
	var why []string
	for _, p := range fs.Of(beacon.ScopeSchedule) {
		counts[p.Verdict]++
		if len(rows) > maxTableRows || p.Verdict != beacon.VerdictBeacon && p.Verdict != beacon.VerdictExplained {
			continue
		}
		rows = append(rows, []string{report.SourceWords(p), report.DestinationWords(p), strconv.Itoa(int(p.Port)), string(p.Verdict), words.Thousands(p.Calls), report.RhythmWords(p.Schedule),
			words.Small(p.Schedule.Q)})
		why = append(why, strings.Join(beacon.Texts(p.Reasons), "; "))
	}
	if len(rows) == 1 {
		t.line("", "no pair keeps time")
	} else {
		t.rows(rows, why)
	}
	t.groups()
	t.note(fmt.Sprintf("%s tried: %s, %s explained, %s weak, %s with too few calls to say", words.Plural(int64(fs.PairTotals.Pairs), "pair", "pairs"),
		words.Plural(counts[beacon.VerdictBeacon], "beacon", "beacons"), words.Thousands(counts[beacon.VerdictExplained]), words.Thousands(counts[beacon.VerdictWeak]), words.Thousands(counts[beacon.VerdictInsufficient])))
	t.long()
}

// groups notes the rhythms that pairs share, and rotations with their verdicts.
func (t *table) groups() {
	for _, f := range t.fs.Of(beacon.ScopeSchedule) {
		if line := report.GroupWords(f); line != "" && (f.Verdict == beacon.VerdictBeacon || f.Verdict == beacon.VerdictExplained) {
			t.note(line)
		}
	}
}

// long lists the longest outbound flows: one call each, in which no rhythm can
// show.
func (t *table) long() {
	if len(t.fs.Long) == 0 {
		return
	}
	rows := [][]string{{"longest flows", "", "port", "began", "lasted"}}
	for _, l := range t.fs.Long {
		rows = append(rows, []string{l.Source.String(), l.Destination.String(), strconv.Itoa(int(l.Port)), words.ToMinute(l.First), l.Duration.Round(time.Minute).String()})
	}
	t.rows(rows, nil)
}

// rows writes rows with their cells below each other, the first as a head, each
// with a faint line after it where why has one.
func (t *table) rows(rows [][]string, why []string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	for k, row := range rows {
		line := ""
		for i, cell := range row {
			line += fmt.Sprintf("%-*s  ", widths[i], cell)
		}
		style := ""
		if k == 0 {
			style = faint
		}
		t.line(style, strings.TrimRight(line, " "))
		if k > 0 && k <= len(why) && why[k-1] != "" {
			t.line(faint, "  "+why[k-1])
		}
	}
}
