package machine

import (
	"bufio"
	"fmt"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/report"
)

func init() {
	register(&Output{
		Name:     "zeek-intel",
		Doc:      "the destinations for Zeek's intelligence framework",
		Endings:  []string{".intel"},
		Accepts:  []string{".dat"},
		Verdicts: toAct,
		Write:    writeZeekIntel,
	})
}

func writeZeekIntel(w *bufio.Writer, fs *beacon.Findings, _ report.Meta) error {
	w.WriteString("#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc\n")
	for in, err := range indicators(fs) {
		if err != nil {
			return err
		}
		kind := "ADDR"
		if in.host.IsName() {
			kind = "DOMAIN"
		}
		fmt.Fprintf(w, "%s\tIntel::%s\tbeacon\t%s\n", strings.TrimPrefix(in.host.String(), "*."), kind, in.summary())
	}
	return nil
}
