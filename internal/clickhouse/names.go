package clickhouse

import (
	"cmp"
	"slices"
)

// namedFlows is the flows that were made to a host name.
type namedFlows struct {
	name  string
	flows int64
}

// sortedNames is the names, most flows first.
func sortedNames(all []namedFlows) []string {
	slices.SortFunc(all, func(a, b namedFlows) int {
		return cmp.Or(cmp.Compare(b.flows, a.flows), cmp.Compare(a.name, b.name))
	})
	names := make([]string, len(all))
	for i, n := range all {
		names[i] = n.name
	}
	return names
}
