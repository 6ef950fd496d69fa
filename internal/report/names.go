package report

import (
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/words"
)

// Behind returns what stands behind a destination: of a name its letters, if it is
// internationalised, and the addresses that it was met at, of a registered domain how many
// names were asked for, of an address the name that it is known by most; "" where nothing
// is known. It is text from the log, to be made plain.
func Behind(d *beacon.Destination) string {
	if !d.Host.IsName() {
		return strings.Join(d.Names[:min(len(d.Names), 1)], "")
	}
	var parts []string
	if _, letters, ok := strings.Cut(d.Host.Text(), " ("); ok {
		parts = append(parts, strings.TrimSuffix(letters, ")"))
	}
	switch n := len(d.Addresses); {
	case d.Labels > 0:
		parts = append(parts, words.Plural(int64(d.Labels), "name", "names"))
	case n == 1:
		parts = append(parts, d.Addresses[0].String())
	case n > 1:
		parts = append(parts, words.Thousands(int64(n))+" addresses")
	}
	return strings.Join(parts, ", ")
}
