package term

import (
	"strings"

	"beacon/internal/report/picture"
	"beacon/internal/shape"
)

var (
	blocks = []rune(" ▁▂▃▄▅▆▇█")
	ascii  = []rune(" ._-=+*#@")
)

// sparkline draws a series in n characters, the busiest bucket of each against
// the busiest of all. Any call shows.
func sparkline(s *shape.Series, first, last int64, n int, levels []rune) string {
	all := picture.Stretches(s, first, last, n)
	most := int64(1)
	for _, p := range all {
		most = max(most, p.Max)
	}
	var b strings.Builder
	top := int64(len(levels) - 1)
	for _, p := range all {
		b.WriteRune(levels[(p.Max*top+most-1)/most])
	}
	return b.String()
}
