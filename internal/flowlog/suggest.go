package flowlog

import (
	"errors"
	"net/netip"
	"strings"

	"beacon/internal/words"
)

// Suggest completes the refusal of a table that lacks a column which a flow needs: it
// shows a value of each column, and the command that reads the table if its values
// tell which columns are meant. values are those of one record. Any other error is
// returned as it is.
func Suggest(in *Input, columns, values []string, err error) error {
	var refusal *InputError
	if !errors.As(err, &refusal) || refusal.lack == nil || len(values) == 0 {
		return err
	}
	full := *refusal
	full.Err = errors.New(refusal.Err.Error() + "; a record has " + words.Record(columns, values))
	if maps := guessColumns(columns, values, refusal.lack); maps != nil {
		full.Hint += "; by their values: beacon detect " + in.Word()
		for _, m := range maps {
			full.Hint += " --map " + shellWord(m)
		}
	}
	return &full
}

// guessColumns is what --map takes for each role that a table lacks, by a record's
// values: a time for the timestamp, the first address for the source, the next one for
// the destination. nil where they don't tell.
func guessColumns(columns, values []string, lack []Role) (maps []string) {
	used := map[int]bool{}
	for _, r := range lack {
		found := -1
		for i, value := range values[:min(len(values), len(columns))] {
			if _, named := RoleOf(columns[i]); named || used[i] || columns[i] == "" || r == Destination && isSource(columns, values, value) {
				continue
			}
			if r == StartTime && looksLikeTime(value) || r != StartTime && looksLikeAddress(value) {
				found = i
				break
			}
		}
		if found < 0 {
			return nil
		}
		used[found] = true
		maps = append(maps, canonicalName(r)+"="+columns[found])
	}
	return maps
}

// isSource tells whether an address is the source's, which may stand there with a port, in another
// column.
func isSource(columns, values []string, address string) bool {
	for i, column := range columns[:min(len(columns), len(values))] {
		if r, _ := RoleOf(lastWord(column)); r == Source && (values[i] == address || strings.HasPrefix(values[i], address+":")) {
			return true
		}
	}
	return false
}

// looksLikeTime tells whether a value is a plausible time, after 1990: of the numbers that
// could be one, those from then on are of ten digits or more, or of nine with a
// fraction.
func looksLikeTime(value string) bool {
	t, ok := ParseTime(value, nil)
	return ok && new(Options).Plausible(t)
}

// looksLikeAddress tells whether a value is an address, with a port or without.
func looksLikeAddress(value string) bool {
	value = strings.TrimSpace(value)
	if _, err := netip.ParseAddr(value); err == nil {
		return true
	}
	_, err := netip.ParseAddrPort(value)
	return err == nil
}
