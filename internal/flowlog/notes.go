package flowlog

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"beacon/internal/words"
)

// Note is something that a reader did with an input that the analyst should know, but
// that is no trouble, such as reading the packets inside tunnels.
type Note struct {
	Text   string // what the records are, in the plural; %s stands for the details
	Detail string // one of a few, "" where Text has no place for it
}

// Note counts n records that a note is about.
func (w *Worker) Note(n int64, note Note) {
	if w.part.Notes == nil {
		w.part.Notes = map[Note]int64{}
	}
	w.part.Notes[note] += n
}

// NoteTexts returns notes as sentences, one for each text, in alphabetical order of
// the texts.
func NoteTexts(notes map[Note]int64) (list []string) {
	sorted := slices.SortedFunc(maps.Keys(notes), func(a, b Note) int {
		return cmp.Or(strings.Compare(a.Text, b.Text), strings.Compare(a.Detail, b.Detail))
	})
	for len(sorted) > 0 {
		text, n := sorted[0].Text, int64(0)
		var details []string
		for len(sorted) > 0 && sorted[0].Text == text {
			n += notes[sorted[0]]
			details = append(details, sorted[0].Detail)
			sorted = sorted[1:]
		}
		if strings.Contains(text, "%s") {
			text = fmt.Sprintf(text, strings.Join(details, ", "))
		}
		list = append(list, text+": "+words.Thousands(n))
	}
	return list
}
