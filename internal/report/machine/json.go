package machine

import (
	"bufio"
	"encoding/json"

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

// objects returns the objects of an answer: the run, then the findings by rank.
func objects(fs *beacon.Findings, meta report.Meta) []any {
	list := []any{runJSON(fs, meta)}
	for i := range fs.List {
		list = append(list, object(&fs.List[i]))
	}
	return list
}

// object returns a finding with the fields of its scope.
func object(f *beacon.Finding) any {
	if f.Scope == beacon.ScopeSchedule {
		return scheduleJSON(f)
	}
	return dayJSON(f)
}

func writeJSON(w *bufio.Writer, fs *beacon.Findings, meta report.Meta) error {
	before := "[\n"
	for _, v := range objects(fs, meta) {
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
	for _, v := range objects(fs, meta) {
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
