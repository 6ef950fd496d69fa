package page

import (
	"html"
	"strconv"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/report"
	"beacon/internal/words"
)

// listOthers returns a line for each finding that isn't drawn, which are those after the
// first ones, as long as there is room; the rest is counted.
func (p *page) listOthers(fs *beacon.Findings, drawn int) string {
	lines := newLines("rank", "verdict", "destination", "source", "port", "what it does", "flows")
	n := 0
	for f := range fs.All() {
		if n++; n <= drawn {
			continue
		}
		destination, source := destinationHost(f), sourceHost(f)
		port, _ := portWords(f)
		lines.add(strconv.Itoa(f.Rank), string(f.Verdict), destination.Addr+destination.More, source.Addr+source.More, port, does(f, p.zone), words.Thousands(f.Flows))
		if lines.size() > listedMost {
			lines.more(fs.Len()-n, "the other outputs have every finding")
			break
		}
	}
	return lines.text()
}

// does says in a few words what the calls of a finding do.
func does(f *beacon.Finding, zone words.Zone) string {
	return report.PatternWords(f, zone)
}

// lines is the text of a pageTable as it grows. Cells hold neither tabs nor line ends.
type lines struct{ b strings.Builder }

func newLines(head ...string) *lines {
	l := new(lines)
	l.add(head...)
	return l
}

func (l *lines) add(cells ...string) { l.b.WriteString(strings.Join(cells, "\t") + "\n") }

// more says how many lines are left out, and where they are.
func (l *lines) more(n int, where string) {
	if n > 0 {
		l.add(strings.TrimSpace(words.AndMore(n)) + ": " + where)
	}
}

func (l *lines) size() int    { return l.b.Len() }
func (l *lines) text() string { return l.b.String() }

// size returns about how many bytes a finding takes on the page.
func (v *pageFinding) size() int {
	n := rowBytes + len(v.Destinations.Lines) + len(v.Sources.Lines)
	for _, name := range v.Names {
		n += nameBytes + len(html.EscapeString(name))
	}
	n += len(v.Ports) * nameBytes
	if v.Day != nil {
		n += len(v.Day.Series) + len(v.Day.Heat) + len(v.Day.Still)
	}
	for i := range v.Pictures {
		for _, path := range v.Pictures[i].Shades {
			n += len(path)
		}
	}
	return n
}
