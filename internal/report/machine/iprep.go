package machine

import (
	"bufio"
	"fmt"

	"beacon/internal/beacon"
	"beacon/internal/report"
)

func init() {
	register(&Output{
		Name:    "suricata-iprep",
		Doc:     "the destinations as a reputation list for Suricata, category 1",
		Endings: []string{".list"},
		Write:   writeIPRep,
	})
}

// The reputation list's category, which a line such as 1,Beacon,called with a
// rhythm names in Suricata's categories file, and its scores, 1 to 127: the
// most for bursts, evenly down to diurnal by the shapes' rank.
const (
	iprepCategory = 1
	iprepMost     = 127
	iprepStep     = 30
)

func writeIPRep(w *bufio.Writer, fs *beacon.Findings, _ report.Meta) error {
	for _, f := range fs.Of(beacon.ScopeDestination) {
		fmt.Fprintf(w, "%s,%d,%d\n", f.Destinations[0].Host, iprepCategory, max(1, iprepMost-iprepStep*f.Day.Shape.Rank()))
	}
	return nil
}
