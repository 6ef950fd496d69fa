package when

import (
	"errors"
	"math"
	"strings"
	"time"

	"beacon/internal/words"
	"github.com/spf13/pflag"
)

// Duration is the value of a flag: a length of time as time.ParseDuration reads it, which
// days of 24 hours (d) and weeks (w) may precede, such as 1w2d12h.
type Duration time.Duration

// AddDuration defines a flag that takes a duration.
func AddDuration(f *pflag.FlagSet, p *time.Duration, name string, value time.Duration, usage string) {
	*p = value
	f.Var((*Duration)(p), name, usage)
}

var errDuration = errors.New("not a length of time such as 90s, 1h30m, 1.5d or 2w")

// Set reads the text of a duration.
func (d *Duration) Set(text string) error {
	var sum time.Duration
	rest := text
	for {
		i := strings.IndexAny(rest, "dw")
		if i < 0 {
			break
		}
		unit := 24
		if rest[i] == 'w' {
			unit = 7 * 24
		}
		hours, err := time.ParseDuration(rest[:i] + "h")
		if err != nil || strings.Trim(rest[:i], "0123456789.") != "" || hours > (math.MaxInt64-sum)/time.Duration(unit) {
			return errDuration
		}
		sum += hours * time.Duration(unit)
		rest = rest[i+1:]
	}
	if rest != "" || text == "" {
		last, err := time.ParseDuration(rest)
		if err != nil || last > math.MaxInt64-sum || rest != text && strings.ContainsAny(rest[:1], "+-") {
			return errDuration
		}
		sum += last
	}
	*d = Duration(sum)
	return nil
}

// String returns the duration as it is typed; the help takes "0" for none.
func (d *Duration) String() string {
	if *d == 0 {
		return "0"
	}
	return words.Typed(time.Duration(*d))
}

// Type names the kind of value in the help.
func (d *Duration) Type() string { return "duration" }
