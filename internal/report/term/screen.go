package term

import (
	"fmt"
	"io"
	"iter"
	"math"
	"slices"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/report"
	"beacon/internal/words"
)

// Sizes of the screen.
const (
	DefaultTop = 20 // findings listed by default
	maxLines   = 60 // lines by default, at any width
	maxFolded  = 8  // services that explain findings
	maxLong    = 3  // longest flows

)

// Table draws the findings for a terminal: those that are beacons or weak in the order
// of their rank, a line and a reason each, what is explained folded to a line for each
// service, and what is insufficient as a count. What was read from the log follows. By
// default it takes at most 60 lines.
func Table(w io.Writer, fs *beacon.Findings, o Options) error {
	t := newTable(w, fs, o)
	list, more, folded := t.split()
	head := t.paragraph("", headline(fs.Count))
	rest := t.folded(folded)
	rest = append(rest, t.notes(list)...)
	lines := maxLines - len(head) - len(rest)
	if o.All || o.Top > 0 {
		lines = math.MaxInt
	}
	t.write(head...)
	t.findings(list, more, lines)
	t.write(rest...)
	if err := fs.Err(); err != nil {
		return err
	}
	return t.w.Flush()
}

// split returns the findings to list, how many more there are, and those to fold.
func (t *table) split() (list *listing, more int, folded []*service) {
	top := DefaultTop
	switch {
	case t.o.All:
		top = math.MaxInt
	case t.o.Top > 0:
		top = t.o.Top
	}
	services := services{}
	list = t.listing(t.listed)
	all := t.fs.Count(beacon.VerdictExplained)+t.fs.Count(beacon.VerdictInsufficient) == 0 // are listed
	for f := range t.fs.All() {
		if all && list.n == top { // findings on disk are made anew one by one
			break
		}
		switch listed := t.listed(f); {
		case listed && list.n < top:
			list.add(t.view(f))
		case listed:
			more++
		case f.Verdict == beacon.VerdictExplained:
			services.fold(f)
		}
	}
	if all {
		more = t.fs.Len() - list.n
	}
	return list, more, services.list
}

// listed tells whether a finding has a line of its own.
func (t *table) listed(f *beacon.Finding) bool {
	return t.o.All || f.Listed() || f.Verdict != beacon.VerdictExplained && f.Verdict != beacon.VerdictInsufficient
}

// view returns a finding in the words of the screen, with the first of its sources.
func (t *table) view(f *beacon.Finding) view {
	v := newView(f, t.fs.Zone)
	v.sources = slices.Clone(v.sources[:1]) // the others are counted
	return v
}

// listing is the findings that are listed: their number, and what their table has to know
// of all. The first of them are held; where there are more, all are gone through anew to
// be drawn.
type listing struct {
	t        *table
	keep     func(f *beacon.Finding) bool
	grid     *grid
	n        int
	byChance int
	held     []view
}

// mostHeld is how many findings are held, of 1 to 2 KB each. Tests make it smaller.
var mostHeld = 1000

// listing returns an empty list of the findings that keep selects.
func (t *table) listing(keep func(f *beacon.Finding) bool) *listing {
	return &listing{t: t, keep: keep, grid: t.grid()}
}

func (l *listing) add(v view) {
	l.n++
	l.byChance += btoi(v.byChance)
	l.grid.measure(&v)
	if len(l.held) < mostHeld {
		l.held = append(l.held, v)
	}
}

// all yields the findings in their order.
func (l *listing) all() iter.Seq[*view] {
	return func(yield func(*view) bool) {
		for i := range l.held {
			if !yield(&l.held[i]) {
				return
			}
		}
		if l.n == len(l.held) {
			return
		}
		n := 0
		for f := range l.t.fs.All() {
			if !l.keep(f) {
				continue
			}
			if n++; n <= len(l.held) {
				continue
			}
			v := l.t.view(f)
			if !yield(&v) || n == l.n {
				return
			}
		}
	}
}

// headline says how many findings there are of each verdict.
func headline(count func(beacon.Verdict) int) string {
	parts := []string{"nothing was flagged"}
	if n := int64(count(beacon.VerdictBeacon)); n > 0 {
		parts[0] = words.Plural(n, "beacon", "beacons")
	}
	for _, c := range []struct {
		verdict beacon.Verdict
		what    string
	}{{beacon.VerdictExplained, "explained"}, {beacon.VerdictWeak, "weak"}, {beacon.VerdictInsufficient, "with too few calls to tell"}} {
		if n := int64(count(c.verdict)); n > 0 {
			parts = append(parts, words.Thousands(n)+" "+c.what)
		}
	}
	return strings.Join(parts, ", ")
}

// findings draws findings in at most so many lines, and says how many more there are.
func (t *table) findings(list *listing, more, lines int) {
	if list.n == 0 {
		return
	}
	g := list.grid
	g.fit()
	t.write(g.head()...)
	if lines == math.MaxInt {
		for v := range list.all() {
			t.write(g.finding(v)...)
			if line, ok := g.below(v); ok {
				t.write(line)
			}
		}
	} else {
		more += t.atMost(list, lines-len(g.head())-1) // what is left out has a line
	}
	if more > 0 {
		t.line("", fmt.Sprintf("and %s more: --all", words.Thousands(int64(more))))
	}
}

// atMost draws findings, which are held, in at most so many lines, and returns how many it
// left out. What stands below findings comes after them all.
func (t *table) atMost(list *listing, lines int) (left int) {
	g, blocks, sum := list.grid, make([][]styled, len(list.held)), 0
	for i := range list.held {
		block := g.finding(&list.held[i])
		if sum+len(block) > lines && i > 0 {
			left = len(blocks) - i
			blocks = blocks[:i]
			break
		}
		blocks[i] = block
		sum += len(block)
	}
	for i, block := range blocks {
		if line, ok := g.below(&list.held[i]); ok && sum < lines {
			block = append(block, line)
			sum++
		}
		t.write(block...)
	}
	return left
}

// folded draws a line for each service that explains findings.
func (t *table) folded(services []*service) (lines []styled) {
	if len(services) == 0 {
		return nil
	}
	columns := []column{{head: "explained"}, {head: "by"}, {head: "destination"}, {head: "period", keep: 1}}
	shown := services[:min(len(services), maxFolded)]
	rows := make([][]string, len(shown))
	for i, s := range shown {
		rows[i] = s.cells()
	}
	kept, widths := fit(columns, rows, t.width)
	lines = append(lines, styled{})
	if tableWidth(kept, widths) > t.width {
		for _, row := range rows {
			lines = append(lines, t.paragraph("", "explained: "+strings.Join(slices.DeleteFunc(row, isEmpty), ", "))...)
		}
	} else {
		heads := make([]string, len(columns))
		for i, c := range columns {
			heads[i] = c.head
		}
		lines = append(lines, styled{faint, joined(columns, kept, widths, heads)})
		for _, row := range rows {
			lines = append(lines, styled{"", joined(columns, kept, widths, row)})
		}
	}
	if more := len(services) - len(shown); more > 0 {
		lines = append(lines, styled{"", fmt.Sprintf("and %s: --all", words.Plural(int64(more), "more service", "more services"))})
	}
	return lines
}

func isEmpty(s string) bool { return s == "" }

// notes returns what stands below the findings that are shown.
func (t *table) notes(shown *listing) (lines []styled) {
	lines = append(lines, styled{})
	fs := t.fs
	if shown.byChance > 0 {
		text := fmt.Sprintf("* so many calls would fill all %d slots by chance; judge by the shape", fs.Query.Slots)
		if shown.byChance == shown.n && len(fs.Query.Shapes) == 0 {
			text += ": --shape bursts,flat"
		}
		lines = append(lines, t.paragraph("", text)...)
	}
	if len(fs.NotFlagged) > 0 {
		lines = append(lines, t.paragraph("", notFlagged(fs))...)
	}
	if len(fs.Near) > 0 {
		lines = append(lines, t.paragraph("", report.NearLine(fs))...)
	}
	lines = append(lines, t.long()...)
	return append(lines, t.paragraph("", report.TotalsLine(&fs.Totals, fs.Zone))...)
}

// maxNotFlagged is how many of the addresses asked for are named.
const maxNotFlagged = 5

func notFlagged(fs *beacon.Findings) string {
	parts := make([]string, 0, maxNotFlagged)
	for _, n := range fs.NotFlagged[:min(len(fs.NotFlagged), maxNotFlagged)] {
		parts = append(parts, fmt.Sprintf("%s (%d of %d slots)", n.Destination, n.Slots, fs.Query.Slots))
	}
	return "not flagged: " + strings.Join(parts, ", ") + words.AndMore(len(fs.NotFlagged)-maxNotFlagged)
}

// long lists the longest outbound flows: each is one call, in which no rhythm can show.
func (t *table) long() (lines []styled) {
	list := t.fs.Long
	if t.fs.Query.Rules.Has(beacon.EveryLong) { // they are findings
		return nil
	}
	if !t.o.All {
		list = list[:min(len(list), maxLong)]
	}
	if len(list) == 0 {
		return nil
	}
	columns := []column{{head: "longest flows"}, {}, {head: "lasted", right: true}, {head: "began", keep: 1}}
	rows := [][]string{{"longest flows", "", "lasted", t.inZone("began")}}
	for _, l := range list {
		rows = append(rows, []string{l.Source.String(), l.Destination.Endpoint(l.Port), words.Length(l.Duration), t.fs.Zone.ToMinute(l.First)})
	}
	kept, widths := fit(columns, rows, t.width)
	for i, row := range rows {
		color := ""
		if i == 0 {
			color = faint
		}
		lines = append(lines, styled{color, joined(columns, kept, widths, row)})
	}
	return append(lines, styled{})
}
