package readflags

import (
	"math"
	"os"
	"runtime/debug"

	"beacon/internal/scratch"
	"beacon/internal/sysmem"
	"beacon/internal/usage"
	"beacon/internal/words"
)

// How the memory that --memory allows is used.
const (
	runtimeMinimum = 32 << 20  // below it the collector would run all the time
	serverDefault  = 208 << 20 // most bytes of the default where a server keeps the flows: with the program itself less than 256 MB
)

// Budget returns the memory that --memory allows the process, in bytes, by default
// sysmem.Default. It sets the limit of Go's runtime to that, unless GOMEMLIMIT does and
// --memory isn't given, and that of temporary files to --max-temp.
func (r *Flags) Budget() (int64, error) { return r.budget(math.MaxInt64) }

// ServerBudget is Budget where a server keeps the flows: the default is less.
func (r *Flags) ServerBudget() (int64, error) { return r.budget(serverDefault) }

// budget is Budget with the most that the default is, in bytes.
func (r *Flags) budget(most int64) (int64, error) {
	memory, err := parseSize("--memory", r.memory)
	if err != nil {
		return 0, err
	}
	temp, err := parseSize("--max-temp", r.maxTemp)
	if err != nil {
		return 0, err
	}
	scratch.SetLimit(temp)
	given := memory > 0
	if !given {
		memory = min(sysmem.Default(), most)
	}
	if given || os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(max(memory, runtimeMinimum))
	}
	return memory, nil
}

// parseSize returns the size that a flag gives, in bytes; "" is 0.
func parseSize(flag, text string) (int64, error) {
	size, ok := words.ParseSize(text)
	if !ok && text != "" {
		return 0, usage.Errorf("like 512MiB or 4GB", "%s %s: not a size", flag, text)
	}
	return size, nil
}
