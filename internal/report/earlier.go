package report

import (
	"fmt"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/words"
)

// maxGone is how many findings that are gone people are shown; the machine formats have
// all of them.
const maxGone = 20

// GoneLines returns a line for each finding of the earlier runs that is gone; of many,
// the last line counts those left out.
func GoneLines(fs *beacon.Findings) (lines []string) {
	n := len(fs.Gone)
	for i := range fs.Gone[:min(n, maxGone)] {
		lines = append(lines, EarlierWords(&fs.Gone[i]))
	}
	if n > maxGone {
		lines = append(lines, strings.TrimSpace(words.AndMore(n-maxGone)))
	}
	return lines
}

// EarlierWords returns what a finding of an earlier run was, in a line.
func EarlierWords(e *beacon.Earlier) string {
	const shown = 3
	list := func(texts []string) string {
		return strings.Join(texts[:min(len(texts), shown)], ", ") + words.AndMore(len(texts)-shown)
	}
	var destinations, sources []string
	for _, h := range e.Destinations {
		destinations = append(destinations, h.Endpoint(e.Port))
	}
	for _, h := range e.Sources {
		sources = append(sources, h.String())
	}
	text := fmt.Sprintf("%s, %s from %s", e.Verdict, list(destinations), list(sources))
	if e.Period > 0 {
		text += ", every " + words.Period(e.Period)
	}
	return text
}
