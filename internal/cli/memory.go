package cli

import (
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"beacon/internal/engine"
	"beacon/internal/scratch"
)

// How the memory that --memory allows is used.
const (
	memoryShare    = 4        // the default is the machine's memory over this
	unknownMemory  = 1 << 30  // the default where the system doesn't tell, in bytes
	runtimeMinimum = 32 << 20 // below it the collector would run all the time
	tableShare     = 2        // tables of flows may take the whole over this
)

// budget returns the memory that --memory allows the process, in bytes, by
// default a quarter of the machine's or of the cgroup's. It sets the limit of
// Go's runtime to that, unless GOMEMLIMIT does and --memory isn't given, and that of
// temporary files to --max-temp.
func (r *readFlags) budget() (int64, error) {
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
		if memory = engine.MachineMemory() / memoryShare; memory == 0 {
			memory = unknownMemory
		}
	}
	if given || os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(max(memory, runtimeMinimum))
	}
	return memory, nil
}

// parseSize reads a size like 512MiB, 4GB or 1000000, in bytes; "" is 0.
func parseSize(flag, text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	units := map[string]float64{"": 1, "b": 1, "k": 1e3, "kb": 1e3, "kib": 1 << 10, "m": 1e6, "mb": 1e6, "mib": 1 << 20, "g": 1e9, "gb": 1e9, "gib": 1 << 30, "t": 1e12, "tb": 1e12, "tib": 1 << 40}
	number := strings.TrimRight(strings.ToLower(text), "bkmgti ")
	unit, ok := units[strings.TrimSpace(strings.ToLower(text)[len(number):])]
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || !ok || !(v > 0 && v*unit <= math.MaxInt64/2) {
		return 0, usagef("like 512MiB or 4GB", "%s %s: not a size", flag, text)
	}
	return int64(v * unit), nil
}
