package columnnames

import (
	"fmt"
	"strings"

	"beacon/internal/words"
)

// maxListed and maxListedName bound what a message shows of a log's columns: their number,
// and the bytes of each name.
const (
	maxListed     = 10
	maxListedName = 200
)

// List returns the names of columns for people: the first ten, and how many more
// there are.
func List(columns []string) string {
	var b strings.Builder
	for i, name := range columns[:min(len(columns), maxListed)] {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(words.Plain(name[:min(len(name), maxListedName)]))
		if len(name) > maxListedName {
			fmt.Fprintf(&b, "... (%d bytes)", len(name))
		}
	}
	if more := len(columns) - maxListed; more > 0 {
		fmt.Fprintf(&b, " and %d more", more)
	}
	return b.String()
}
