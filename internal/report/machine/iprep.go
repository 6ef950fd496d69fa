package machine

import (
	"bufio"
	"fmt"

	"beacon/internal/beacon"
	"beacon/internal/report"
)

func init() {
	register(&Output{
		Name:     "suricata-iprep",
		Doc:      "the destinations as a reputation list for Suricata, category 1",
		Endings:  []string{".list"},
		Verdicts: toAct,
		Write:    writeIPRep,
	})
}

// The category of the reputation list, which a line such as 1,Beacon,beaconing gives a
// name in Suricata's categories file, and the scores, 1 to 127: evenly down from the most
// by concern.
const (
	iprepCategory = 1
	iprepMost     = 127
	iprepStep     = 30
)

// iprepComment is the length of a comment in characters: Suricata reads lines into 8,192
// bytes, and a longer one would go on as an entry.
const iprepComment = 1000

// writeIPRep writes an entry for each address of a destination, scored by the finding that ranks first,
// with a comment before it.
func writeIPRep(w *bufio.Writer, fs *beacon.Findings, _ report.Meta) error {
	for in, err := range indicators(fs) {
		if err != nil {
			return err
		}
		comment := []rune(in.summary())
		fmt.Fprintf(w, "# %s\n", string(comment[:min(len(comment), iprepComment)]))
		for _, addr := range in.targets() {
			fmt.Fprintf(w, "%s,%d,%d\n", addr, iprepCategory, iprepMost-iprepStep*in.findings[0].concern)
		}
	}
	return nil
}
