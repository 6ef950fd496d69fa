package machine

import (
	"bufio"
	"fmt"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/report"
	"beacon/internal/words"
)

func init() {
	register(&Output{
		Name:    "zeek-intel",
		Doc:     "the destinations for Zeek's intelligence framework",
		Endings: []string{".intel"},
		Write:   writeZeekIntel,
	})
}

func writeZeekIntel(w *bufio.Writer, fs *beacon.Findings, _ report.Meta) error {
	w.WriteString("#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc\n")
	for _, f := range fs.Of(beacon.ScopeDestination) {
		fmt.Fprintf(w, "%s\tIntel::ADDR\tbeacon\t%s\n", f.Destinations[0].Host, words.Plain(summary(f)))
	}
	return nil
}

// summary is a finding in a line.
func summary(f *beacon.Finding) string {
	parts := append([]string{fmt.Sprintf("%s: called in %d slots", f.Day.Shape, f.Day.Slots)}, beacon.Texts(f.Reasons)...)
	return strings.Join(parts, "; ")
}
