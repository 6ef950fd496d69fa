package flowlog

import (
	"slices"
	"strings"
)

// takeByEnds gives roles that no column's whole name has to columns whose names end like
// one: properties.SourceIp, iana:sourceIPv4Address. Names of hosts are left out: what is a
// host deep in a record may be anyone's.
func takeByEnds(columns []string, found []Role, taken map[Role]bool) {
	if !slices.ContainsFunc(columns, func(c string) bool { return strings.ContainsAny(c, ".:") }) { // Fast path
		return
	}
	for _, r := range roles {
		if taken[r.role] || r.role == HostName || r.role == Query {
			continue
		}
		for name := range strings.FieldsSeq(r.names) {
			at := -1
			for i, column := range columns {
				if found[i] == Ignored && hasEnd(column, name) {
					if at >= 0 { // of two nobody knows which
						at = len(columns)
						break
					}
					at = i
				}
			}
			if at >= 0 && at < len(columns) {
				found[at], taken[r.role] = r.role, true
				break
			}
		}
	}
}

// hasEnd tells whether the last words of a name, which stand apart by points or colons, are
// a normalised name.
func hasEnd(column, name string) bool {
	for i := len(column) - 1; i > 0; i-- {
		if (column[i-1] == '.' || column[i-1] == ':') && NormalName(column[i:]) == name {
			return true
		}
	}
	return false
}
