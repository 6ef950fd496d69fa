package textlog

import (
	"bytes"
	"slices"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/numbers"
)

// grouped tells whether the points in the numbers of a sample stand between groups of three
// digits, as in German and Spanish: 1.234 for 1234. They do where all numbers with a point can
// be read so, and one isn't what a whole number with three decimals looks like, 500.000.
func (d *delimited) grouped(sample []byte) bool {
	if !slices.ContainsFunc(d.roles, isNumber) { // Fast path
		return false
	}
	l, found, lines := d.splitter(0), false, 0
	for line := range bytes.Lines(sample) {
		line = bytes.TrimRight(line, "\r\n")
		if lines++; lines > clockSamples {
			break
		}
		if len(line) == 0 || !l.Split(line) {
			continue
		}
		for i, field := range l.Fields[:min(len(l.Fields), len(d.roles))] {
			if !isNumber(d.roles[i]) || bytes.IndexByte(field, '.') < 0 {
				continue
			}
			field = bytes.TrimSpace(field)
			if !numbers.IsGrouped(string(field)) {
				return false
			}
			found = found || !bytes.HasSuffix(field, []byte(".000"))
		}
	}
	return found
}

// isNumber tells whether the values of a role are whole numbers.
func isNumber(r flowlog.Role) bool { return r.Limit() >= 0 }
