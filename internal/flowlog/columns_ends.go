package flowlog

import (
	"slices"
	"strings"

	"beacon/internal/flowlog/columnnames"
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
		for name := range strings.FieldsSeq(columnnames.English[r.name]) {
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
	letters := 0 // and digits
	for i := len(column) - 1; i > 0 && letters <= len(name); i-- {
		if c := column[i]; c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' {
			letters++
		}
		if letters == len(name) && (column[i-1] == '.' || column[i-1] == ':') {
			return NormalName(column[i:]) == name
		}
	}
	return false
}

// lastWord returns the normalised last word of a name whose words stand apart by points.
func lastWord(column string) string { return NormalName(column[strings.LastIndexByte(column, '.')+1:]) }

// isCaller tells whether a column that names the destination as the remote end holds the client
// once more: a server's log of requests has it beside the client's address, which a proxy may have
// told.
func isCaller(columns []string, found []Role, destination string) bool {
	at := slices.Index(found, Source)
	return at >= 0 && strings.HasPrefix(lastWord(columns[at]), "client") && strings.HasPrefix(destination, "remote") &&
		slices.ContainsFunc(columns, func(c string) bool { return slices.Contains(columnnames.Methods, lastWord(c)) })
}

// takeStart has the time of a flow count that stands at the top of the part of a record that both
// its ends are in, where the time that was taken stands outside: there it may be that of the record,
// as timestamp is beside jsonPayload.start_time.
func takeStart(columns []string, found []Role, mapped map[Role]bool) {
	source, destination, time := slices.Index(found, Source), slices.Index(found, Destination), slices.Index(found, StartTime)
	if source < 0 || destination < 0 || time < 0 || mapped[StartTime] || strings.Contains(columns[time], ".") {
		return
	}
	part, _, ok := strings.Cut(columns[source], ".")
	if !ok || !strings.HasPrefix(columns[destination], part+".") {
		return
	}
	for i, column := range columns {
		if first, rest, ok := strings.Cut(column, "."); ok && first == part && found[i] == Ignored && !strings.Contains(rest, ".") && isTime(rest) {
			found[time], found[i] = Ignored, StartTime
			return
		}
	}
}

// isTime tells whether a name is one of a column of times.
func isTime(name string) bool {
	r, ok := RoleOf(name)
	return ok && r == StartTime
}
