package machine

import (
	"bufio"
	"iter"
	"strconv"

	"beacon/internal/beacon"
	"beacon/internal/report"
	"beacon/internal/words"
)

func init() {
	register(&Output{
		Name:    "evidence-csv",
		Doc:     "the evidence table as CSV, formulas defused",
		Accepts: []string{".csv"},
		Write:   writeEvidenceCSV,
	})
}

// evidenceRow is a row of the evidence table: a finding, one of its destinations and one
// of its sources.
type evidenceRow struct {
	f *beacon.Finding
	d *beacon.Destination
	s *beacon.Source
}

// evidenceColumn is a column of the evidence table. One of its functions is set and gives
// its type: text is UTF-8, count a 64-bit integer, real a double, time nanoseconds since
// the Unix epoch, UTC.
type evidenceColumn struct {
	name  string
	scope beacon.Scope // of the findings that have a value; "" is every one
	has   func(r evidenceRow) bool
	text  func(r evidenceRow) string
	count func(r evidenceRow) int64
	real  func(r evidenceRow) float64
	time  func(r evidenceRow) int64
}

// nullable reports whether some rows may have no value.
func (c *evidenceColumn) nullable() bool { return c.scope != "" || c.has != nil }

// present reports whether a row has a value.
func (c *evidenceColumn) present(r evidenceRow) bool {
	return (c.scope == "" || c.scope == r.f.Scope) && (c.has == nil || c.has(r))
}

// evidenceRows yields the rows of the evidence table, findings by rank, the destinations
// of each in their order, then its sources.
func evidenceRows(fs *beacon.Findings) iter.Seq[evidenceRow] {
	return func(yield func(evidenceRow) bool) {
		for f := range fs.All() {
			for k := range f.Destinations {
				for n := range f.Sources {
					if !yield(evidenceRow{f, &f.Destinations[k], &f.Sources[n]}) {
						return
					}
				}
			}
		}
	}
}

func writeEvidenceCSV(w *bufio.Writer, fs *beacon.Findings, _ report.Meta) error {
	for i, c := range evidenceColumns {
		if i > 0 {
			w.WriteByte(',')
		}
		w.WriteString(c.name)
	}
	w.WriteByte('\n')
	for r := range evidenceRows(fs) {
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

// cell returns the column's value of a row as a cell of CSV, empty where it has none.
func (c *evidenceColumn) cell(r evidenceRow) string {
	switch {
	case !c.present(r):
		return ""
	case c.text != nil:
		return cell(c.text(r))
	case c.count != nil:
		return strconv.FormatInt(c.count(r), 10)
	case c.real != nil:
		return strconv.FormatFloat(c.real(r), 'g', -1, 64)
	}
	return words.UTC(c.time(r))
}
