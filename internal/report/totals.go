package report

import (
	"fmt"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/words"
)

// maxNear is how many near misses NearLine names.
const maxNear = 3

// NearLine returns the destinations that just missed the every-minute rule, in a line.
func NearLine(fs *beacon.Findings) string {
	from, to := beacon.NearMiss(fs.Query.Slots), fs.Query.Slots-1
	var named []string
	for _, n := range fs.Near[:min(len(fs.Near), maxNear)] {
		named = append(named, fmt.Sprintf("%s (%d)", n.Destination, n.Slots))
	}
	return fmt.Sprintf("%s at %d to %d slots: ", words.Plural(int64(len(fs.Near)), "destination", "destinations"), from, to) +
		strings.Join(named, ", ") + words.AndMore(len(fs.Near)-maxNear)
}

// TotalsLine returns what was read from the log, in a line, its times in a zone.
func TotalsLine(t *beacon.Totals, zone words.Zone) string {
	parts := []string{words.Plural(t.Flows, "flow read", "flows read")}
	for _, part := range []struct {
		n    int64
		what string
	}{{t.Bad, "skipped"}, {t.Other, "of another kind"}, {t.Excluded, "excluded"}} {
		if part.n > 0 {
			parts = append(parts, words.Thousands(part.n)+" "+part.what)
		}
	}
	parts = append(parts, words.Thousands(t.Outbound)+" outbound")
	if t.Flows > 0 && t.First <= t.Last {
		parts = append(parts, zone.Minutes(t.First, t.Last))
	}
	return strings.Join(parts, ", ")
}
