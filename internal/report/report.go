// Package report holds what every output says about findings in the same words.
package report

import (
	"fmt"
	"strings"

	"beacon/internal/beacon"
)

// Meta holds what an output says about the run.
type Meta struct {
	Program string   // name and version of the program
	Command string   // command line that repeats the run
	Inputs  []string // as named on the command line

	Version string         // of the program
	Options map[string]any // that were set and that the answer depends on, by the names of the flags
	Files   []File         // that were read, or the table that was asked
}

// File is an input of the run.
type File struct {
	Name string
	Size int64  // bytes as stored; -1 of a pipe or a table
	Hash string // of its first bytes, with the algorithm before it: xxh64:0123456789abcdef; "" of a table
}

// PortList returns ports with their flows: 443:1200 80:3.
func PortList(ports []beacon.PortCount) string {
	line := make([]string, len(ports))
	for i, p := range ports {
		line[i] = fmt.Sprintf("%d:%d", p.Port, p.Flows)
	}
	return strings.Join(line, " ")
}

// CycleSlots returns the number of slots in the query's cycle, 1 where it has none.
func CycleSlots(q *beacon.Query) int {
	if q.Bucket <= 0 || q.Cycle < q.Bucket {
		return 1
	}
	return q.CycleSlots()
}
