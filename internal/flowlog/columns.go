package flowlog

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"beacon/internal/flow"
	"beacon/internal/flowlog/columnnames"
)

// Role says what a column of a log holds.
type Role uint8

const (
	Ignored Role = iota
	StartTime
	EndTime
	Source
	Destination
	SourcePort
	DestinationPort
	Protocol
	ByteCount // summed where several columns have the role
	SourceByteCount
	SourcePart      // bytes that the source sent, beside a byteCount that lacks them: counts as both
	Duration        // s unless the format says otherwise
	DestinationPart // bytes that the destination sent, beside a sourcePart
	RecordKind      // tells flows from other records
	Direction       // of an Argus flow: reversed or not
	HostName        // that the destination was called by; the destination where there is no address
	Query           // name that a resolver was asked for: it is the destination, and the resolver isn't
	Target          // of a request to a proxy, whose host is the destination: a whole URL, or host:port; other texts count for nothing
	Answers         // addresses of the name that was asked for
	State           // of a connection: see connstate.Failed
	RoleCount
)

// NamesHost tells whether values of the role say what a destination is called.
func (r Role) NamesHost() bool { return HostName <= r && r <= Answers }

// Needed tells whether a flow can't be without the column: its time, source and
// destination.
func (r Role) Needed() bool { return r == StartTime || r == Source || r == Destination }

// roleNames holds the names of a role, see roles.
type roleNames struct {
	role Role
	name string
	need flow.Column
}

// roles gives each role's canonical name (as in --map) and the batch columns that need it.
var roles = []roleNames{
	{StartTime, "timestamp", flow.Time},
	{Source, "src_ip", flow.Src},
	{Destination, "dst_ip", flow.Dst},
	{SourcePort, "src_port", flow.SrcPort},
	{DestinationPort, "dst_port", flow.Port},
	{Protocol, "protocol", flow.Proto},
	{ByteCount, "bytes", flow.Bytes},
	{SourceByteCount, "src_bytes", flow.SrcBytes},
	{Duration, "duration", flow.Duration},
	{EndTime, "end", flow.Duration},
	{State, "state", flow.Failed},
	{HostName, "name", flow.Dst},
	{Query, "query", flow.Dst},
}

// NormalName returns a column's name in lower case with its letters and digits only.
func NormalName(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		case r >= utf8.RuneSelf && unicode.IsLetter(r):
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// normalNames returns names as NormalName makes them.
func normalNames(names []string) []string {
	normal := make([]string, len(names))
	for i, name := range names {
		normal[i] = NormalName(name)
	}
	return normal
}

// MapKeys is the canonical column names, as --map takes them.
func MapKeys() []string {
	keys := make([]string, len(roles))
	for i, r := range roles {
		keys[i] = r.name
	}
	return keys
}

// RoleOf returns the role of a canonical name, or of any name that logs have for it.
func RoleOf(name string) (Role, bool) {
	n := NormalName(name)
	ranked := rolesByName()[n]
	for _, r := range roles {
		if n == NormalName(r.name) || len(ranked) > 0 && ranked[0].role == r.role {
			return r.role, true
		}
	}
	return Ignored, false
}

// MatchColumns gives each of a log's columns its role: those that the analyst
// mapped, then the preferred of the names that logs have. Columns that a
// reading with these batch columns does not need are ignored. It fails where
// time, source or destination is missing.
func MatchColumns(columns []string, opt *Options) ([]Role, error) {
	found, taken, err := mappedColumns(columns, opt)
	if err != nil {
		return nil, err
	}
	mapped := maps.Clone(taken)
	normal := normalNames(columns)
	named := columnsByRole(normal)
	for _, r := range roles {
		if taken[r.role] {
			continue
		}
		for _, c := range named[r.role] {
			i := c.index
			if found[i] == Ignored && !(r.role == State && isAWS(columns)) && !(r.role == HostName && isReporter(normal[i], columns[i], columns, taken[Destination])) {
				found[i] = r.role
				taken[r.role] = true
				break
			}
		}
	}
	if i := slices.Index(normal, "server"); i >= 0 && found[i] == Ignored && !taken[Destination] && !taken[HostName] && !taken[Query] { // beside a name it is who answered, or what software
		found[i], taken[Destination] = Destination, true
	}
	takeByEnds(columns, found, taken)
	takeStart(columns, found, mapped)
	if at := slices.Index(found, Destination); at >= 0 && !mapped[Destination] && isCaller(columns, found, lastWord(columns[at])) {
		found[at], taken[Destination] = Ignored, false
	}
	if !mapped[ByteCount] {
		takeBytePair(normal, found)
	}
	return leaveNeeded(columns, found, taken, opt)
}

// KnownColumns gives the columns of a format that names them always the same
// their roles, by the normalised name; --map goes before.
func KnownColumns(columns []string, names map[string]Role, opt *Options) ([]Role, error) {
	found, taken, err := mappedColumns(columns, opt)
	if err != nil {
		return nil, err
	}
	for i, column := range columns {
		if r := names[NormalName(column)]; found[i] == Ignored && r != Ignored && !taken[r] {
			found[i] = r
			taken[r] = true
		}
	}
	return leaveNeeded(columns, found, taken, opt)
}

// mappedColumns gives the columns that the analyst mapped their roles.
func mappedColumns(columns []string, opt *Options) (found []Role, taken map[Role]bool, err error) {
	found, taken = make([]Role, len(columns)), map[Role]bool{}
	for _, key := range slices.Sorted(maps.Keys(opt.Map)) {
		name := opt.Map[key]
		r, ok := RoleOf(key)
		if !ok {
			return nil, nil, UnknownColumn(key, name)
		}
		i := columnIndex(columns, name)
		if i < 0 {
			return nil, nil, fmt.Errorf("--map %s=%s: the log has no column %q; it has %s", key, name, name, columnnames.List(columns))
		}
		found[i] = r
		taken[r] = true
	}
	return found, taken, nil
}

func UnknownColumn(key, name string) error {
	return &InputError{Err: fmt.Errorf("--map %s=%s: there is no column %q", key, name, key), Hint: "one of " + strings.Join(MapKeys(), ", ")}
}

// leaveNeeded ignores what a reading does not need. It fails where time, source
// or destination is missing.
func leaveNeeded(columns []string, found []Role, taken map[Role]bool, opt *Options) ([]Role, error) {
	if err := missing(columns, taken); err != nil {
		opt.NoteColumns(columns, found)
		return nil, err
	}
	for i, r := range found {
		if !Needed(r, opt.Columns) {
			found[i] = Ignored
		}
	}
	opt.NoteColumns(columns, found)
	return found, nil
}

// MatchNames finds what the columns of a table that is no file hold, by their
// names and by mapping, as in a log: indices into columns by canonical name
// (see MapKeys). bytes can have two, the source's part first, whose sum it is.
// It fails where time, source or destination is missing.
func MatchNames(columns []string, mapping map[string]string) (map[string][]int, error) {
	found, err := MatchColumns(columns, &Options{Map: mapping, Columns: flow.All})
	if err != nil {
		return nil, err
	}
	matched := map[string][]int{}
	for i, r := range found {
		if r == SourcePart {
			matched[canonicalName(ByteCount)] = append([]int{i}, matched[canonicalName(ByteCount)]...)
		} else if r != Ignored {
			matched[canonicalName(r)] = append(matched[canonicalName(r)], i)
		}
	}
	return matched, nil
}

// canonicalName is a role's name, as in --map.
func canonicalName(r Role) string {
	for _, known := range roles {
		if known.role == r {
			return known.name
		}
	}
	return ""
}

// isAWS tells whether columns are those of an AWS flow log, whose tcp_flags leave out ACK:
// what a client sends looks as if it were never answered.
func isAWS(columns []string) bool {
	return slices.ContainsFunc(columns, func(c string) bool { return NormalName(c) == "interfaceid" || NormalName(c) == "logstatus" })
}

// isReporter tells whether a column of that name holds who sent in the record, as far as
// can be told: host is the destination's name only in a log of requests, or where a log
// has no other destination.
func isReporter(normal, column string, columns []string, addressed bool) bool {
	if normal != "host" && normal != "hostname" {
		return false
	}
	has := func(list []string, name string) bool { return slices.Contains(list, name) }
	if column == "host.name" || column == "host.hostname" || slices.ContainsFunc(columns, func(c string) bool { return has(columnnames.Store, c) }) {
		return true
	}
	return normal == "host" && addressed && !slices.ContainsFunc(columns, func(c string) bool { return has(columnnames.Request, NormalName(c)) })
}

// takeBytePair sums two columns where no single one holds the bytes of both
// directions; the first of the pair is the source's part.
func takeBytePair(normal []string, found []Role) {
	whole := slices.Index(found, ByteCount)
	for _, pair := range columnnames.BytePairs {
		a, b := slices.Index(normal, pair[0]), slices.Index(normal, pair[1])
		if a < 0 || b < 0 || whole >= 0 && whole != a && whole != b {
			continue
		}
		free := func(i int) bool { return found[i] == Ignored || found[i] == ByteCount || found[i] == SourceByteCount }
		if free(a) && free(b) {
			found[a], found[b] = SourcePart, ByteCount
			return
		}
	}
}

func Needed(r Role, columns flow.Column) bool {
	switch r {
	case SourcePart:
		return columns&(flow.Bytes|flow.SrcBytes) != 0
	case DestinationPart:
		return columns.Has(flow.Bytes)
	case RecordKind, Direction, Target:
		return true
	case Answers:
		return columns.Has(flow.Name)
	}
	i := slices.IndexFunc(roles, func(n roleNames) bool { return n.role == r })
	return i >= 0 && columns.Has(roles[i].need)
}

// columnIndex finds a column by its own name, by its normalised name, or by its
// number from 1.
func columnIndex(columns []string, name string) int {
	if i := slices.Index(columns, name); i >= 0 {
		return i
	}
	if i := slices.IndexFunc(columns, func(c string) bool { return NormalName(c) == NormalName(name) && NormalName(c) != "" }); i >= 0 {
		return i
	}
	if n, err := strconv.Atoi(name); err == nil && 1 <= n && n <= len(columns) {
		return n - 1
	}
	return -1
}

func missing(columns []string, taken map[Role]bool) error {
	var lack []string
	var without []Role
	for _, r := range roles[:3] {
		if !taken[r.role] && !(r.role == Destination && (taken[HostName] || taken[Query])) {
			lack = append(lack, r.name)
			without = append(without, r.role)
		}
	}
	if lack == nil {
		return nil
	}
	hints := make([]string, len(lack))
	for i, name := range lack {
		hints[i] = "--map " + name + "=COLUMN"
	}
	return &InputError{
		Err:  errors.New("no column for " + strings.Join(lack, ", ") + "; it has " + columnnames.List(columns)),
		Hint: "say which it is: " + strings.Join(hints, " "),
		lack: without,
	}
}

// IsColumn says whether a name is one of a canonical column, or one that logs
// have for it.
func IsColumn(name string) bool { _, ok := RoleOf(name); return ok }
