package machine

import (
	"bufio"
	"encoding/json"
	"iter"

	"beacon/internal/beacon"
	"beacon/internal/escape"
	"beacon/internal/report"
)

func init() {
	register(&Output{
		Name:    "json",
		Doc:     "the run and the findings, one array (beacon help json)",
		Endings: []string{".json"},
		Write:   writeJSON,
	})
	register(&Output{
		Name:    "ndjson",
		Doc:     "the run and the findings, an object a line (beacon help json)",
		Endings: []string{".ndjson", ".jsonl"},
		Write:   writeNDJSON,
	})
}

// objects yields the objects of an answer: the run, then the findings by rank.
func objects(fs *beacon.Findings, meta report.Meta) iter.Seq[any] {
	return func(yield func(any) bool) {
		if !yield(runJSON(fs, meta)) {
			return
		}
		for f := range fs.All() {
			if !yield(object(f)) {
				return
			}
		}
	}
}

// object returns a finding with the fields of its scope.
func object(f *beacon.Finding) any {
	switch f.Scope {
	case beacon.ScopeSchedule:
		return scheduleJSON(f)
	case beacon.ScopeConnection:
		return lastingJSON(f)
	}
	return dayJSON(f)
}

func writeJSON(w *bufio.Writer, fs *beacon.Findings, meta report.Meta) error {
	before := "[\n"
	for v := range objects(fs, meta) {
		w.WriteString(before)
		if err := writeObject(w, v); err != nil {
			return err
		}
		before = ",\n"
	}
	w.WriteString("\n]\n")
	return nil
}

func writeNDJSON(w *bufio.Writer, fs *beacon.Findings, meta report.Meta) error {
	for v := range objects(fs, meta) {
		if err := writeObject(w, v); err != nil {
			return err
		}
		w.WriteByte('\n')
	}
	return nil
}

func writeObject(w *bufio.Writer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(escape.JSON(b))
	return err
}
