package machine

import (
	"bufio"
	"strconv"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/report"
	"beacon/internal/words"
)

func init() {
	register(&Output{
		Name:    "evidence-csv",
		Doc:     "the evidence table, a row for each finding and source, formulas defused",
		Endings: []string{".csv"},
		Write:   writeEvidenceCSV,
	})
}

// evidenceRow is one row of the evidence table: a finding and one of its
// sources.
type evidenceRow struct {
	f *beacon.Finding
	s *beacon.Source
}

// evidenceColumn is one column of the evidence table. One of its functions is
// set and says its type: text is UTF-8, count a 64-bit integer, real a double,
// time nanoseconds since the Unix epoch, UTC.
type evidenceColumn struct {
	name  string
	text  func(r evidenceRow) string
	count func(r evidenceRow) int64
	real  func(r evidenceRow) float64
	time  func(r evidenceRow) int64
}

// evidenceColumns is the evidence table: first the finding, the same in each of
// its rows, then the source.
var evidenceColumns = []evidenceColumn{
	{name: "destination", text: func(r evidenceRow) string { return r.f.Destinations[0].Host.String() }},
	{name: "kind", text: func(r evidenceRow) string { return string(r.f.Destinations[0].Kind) }},
	{name: "shape", text: func(r evidenceRow) string { return string(r.f.Day.Shape) }},
	{name: "slots", count: func(r evidenceRow) int64 { return int64(r.f.Day.Slots) }},
	{name: "flows", count: func(r evidenceRow) int64 { return r.f.Flows }},
	{name: "bytes", count: func(r evidenceRow) int64 { return r.f.Bytes }},
	{name: "first", time: func(r evidenceRow) int64 { return r.f.First }},
	{name: "last", time: func(r evidenceRow) int64 { return r.f.Last }},
	{name: "active_share", real: func(r evidenceRow) float64 { return r.f.Day.Evidence.ActiveShare }},
	{name: "active_hours", real: func(r evidenceRow) float64 { return r.f.Day.Evidence.ActiveHours }},
	{name: "runs", count: func(r evidenceRow) int64 { return int64(r.f.Day.Evidence.Runs) }},
	{name: "run_length_s", real: func(r evidenceRow) float64 { return r.f.Day.Evidence.RunLength.Seconds() }},
	{name: "run_share", real: func(r evidenceRow) float64 { return r.f.Day.Evidence.RunCover }},
	{name: "regularity", real: func(r evidenceRow) float64 { return r.f.Day.Evidence.Regularity }},
	{name: "run_times", text: func(r evidenceRow) string { return strings.Join(words.Clocks(r.f.Day.Evidence.RunTimes), " ") }},
	{name: "pattern_days", count: func(r evidenceRow) int64 { return int64(r.f.Day.Evidence.PatternDays) }},
	{name: "days", count: func(r evidenceRow) int64 { return int64(r.f.Day.Evidence.Days) }},
	{name: "day_night_ratio", real: func(r evidenceRow) float64 { return r.f.Day.Evidence.DayNight }},
	{name: "sources", count: func(r evidenceRow) int64 { return int64(r.f.Day.Evidence.Sources) }},
	{name: "prevalence", real: func(r evidenceRow) float64 { return r.f.Day.Evidence.Prevalence }},
	{name: "chance_slots", real: func(r evidenceRow) float64 { return r.f.Day.Evidence.ChanceSlots }},
	{name: "chance_all", real: func(r evidenceRow) float64 { return r.f.Day.Evidence.ChanceAll }},
	{name: "reasons", text: func(r evidenceRow) string { return strings.Join(beacon.Texts(r.f.Reasons), "; ") }},
	{name: "ports", text: func(r evidenceRow) string { return report.PortList(r.f.Day.Ports) }},
	{name: "names", text: func(r evidenceRow) string { return strings.Join(r.f.Destinations[0].Names, " ") }},
	{name: "source", text: func(r evidenceRow) string { return r.s.Addr.String() }},
	{name: "source_first", time: func(r evidenceRow) int64 { return r.s.First }},
	{name: "source_last", time: func(r evidenceRow) int64 { return r.s.Last }},
	{name: "source_flows", count: func(r evidenceRow) int64 { return r.s.Flows }},
	{name: "source_bytes", count: func(r evidenceRow) int64 { return r.s.Bytes }},
}

// evidenceRows is the rows of the evidence table, findings in their order and
// the sources of each in theirs.
func evidenceRows(fs *beacon.Findings) (rows []evidenceRow) {
	for _, f := range fs.Of(beacon.ScopeDestination) {
		for k := range f.Sources {
			rows = append(rows, evidenceRow{f, &f.Sources[k]})
		}
	}
	return rows
}

func writeEvidenceCSV(w *bufio.Writer, fs *beacon.Findings, _ report.Meta) error {
	for i, c := range evidenceColumns {
		if i > 0 {
			w.WriteByte(',')
		}
		w.WriteString(c.name)
	}
	w.WriteByte('\n')
	for _, r := range evidenceRows(fs) {
		for i, c := range evidenceColumns {
			if i > 0 {
				w.WriteByte(',')
			}
			w.WriteString(c.cell(r))
		}
		w.WriteByte('\n')
	}
	return nil
}

// cell is the column's value of a row as a cell of CSV.
func (c *evidenceColumn) cell(r evidenceRow) string {
	switch {
	case c.text != nil:
		return cell(c.text(r))
	case c.count != nil:
		return strconv.FormatInt(c.count(r), 10)
	case c.real != nil:
		return strconv.FormatFloat(c.real(r), 'g', -1, 64)
	}
	return words.UTC(c.time(r))
}
