package machine

import (
	"bufio"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/report"
	"beacon/internal/words"
)

func init() {
	register(&Output{
		Name:     "csv",
		Doc:      "the internal sources, one a line under the header ip",
		Endings:  []string{".csv"},
		Verdicts: toAct,
		Write:    writeCSV,
	})
}

func writeCSV(w *bufio.Writer, fs *beacon.Findings, _ report.Meta) error {
	w.WriteString("ip\n")
	for _, addr := range fs.Sources {
		w.WriteString(addr.String())
		w.WriteByte('\n')
	}
	return nil // the writer keeps its error until the flush
}

// cell returns text as a cell of a CSV file: quoted where it must be, and with an
// apostrophe before what a spreadsheet would run as a formula (OWASP, CSV injection).
func cell(s string) string {
	s = words.Plain(s)
	if t := strings.TrimLeft(s, " \""); t != "" && strings.ContainsRune("=+-@|%", rune(t[0])) {
		s = "'" + s
	}
	if strings.ContainsAny(s, ",;\"' ") {
		return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	return s
}
