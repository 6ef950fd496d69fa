package flowlog

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"beacon/internal/flowlog/columnnames"
	"beacon/internal/sorting"
)

// rolesByName holds what a column with a normalised name can be, and which of the names of
// that role it has: the lower, the more it is preferred.
var rolesByName = sync.OnceValue(func() map[string][]rankedRole {
	byName := map[string][]rankedRole{}
	for _, r := range roles {
		for i, name := range r.all() {
			byName[name] = append(byName[name], rankedRole{r.role, i})
		}
	}
	return byName
})

// all returns the names that logs have for the role, the preferred first.
func (n *roleNames) all() []string {
	return strings.Fields(columnnames.English[n.name] + " " + columnnames.Translated[n.name])
}

type rankedRole struct {
	role Role
	rank int
}

// rankedColumn is a column whose name is one of a role's.
type rankedColumn struct{ index, rank int }

// columnsByRole returns the columns that can have each role by their normalised names, the
// preferred first: of several with one name the first.
func columnsByRole(normal []string) (named [RoleCount][]rankedColumn) {
	byName, seen := rolesByName(), map[string]bool{}
	wireshark := slices.Contains(normal, "portb")                            // Port A and Port B, not the Italian and Portuguese porta
	w3c := slices.Contains(normal, "cip") && !slices.Contains(normal, "dip") // s-ip is who wrote the log
	ended := slices.Contains(normal, "endtime")                              // a start beside it is the flow's, and no request's or time of day
	for i, name := range normal {
		ranked := byName[name]
		if name == "porta" && !wireshark {
			ranked = byName["port"]
		} else if name == "sip" && w3c {
			continue
		} else if name == "starttime" && ended {
			ranked = byName["flowstarttime"]
		}
		if ranked == nil {
			ranked = byName[withoutZone(name)]
		}
		if ranked == nil || seen[name] {
			continue
		}
		seen[name] = true
		for _, r := range ranked {
			named[r.role] = append(named[r.role], rankedColumn{i, r.rank})
		}
	}
	for _, columns := range named {
		sorting.Stable(columns, func(a, b rankedColumn) int { return cmp.Compare(a.rank, b.rank) })
	}
	return named
}

// withoutZone returns a normalised name without the zone behind it: Event Time (UTC), TimeGenerated
// [Local Time].
func withoutZone(name string) string {
	for _, zone := range [...]string{"utc", "gmt", "localtime"} {
		if before, ok := strings.CutSuffix(name, zone); ok {
			return before
		}
	}
	return name
}
