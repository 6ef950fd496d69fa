package peer

import (
	"fmt"

	"beacon/internal/beacon"
	"beacon/internal/rita"
)

// RITA takes a pair for a beacon when its RITA v5 score is threshold or more. RITA
// shows scores from 0.5 on and calls 0.9 and more high.
func RITA(threshold float64) Rule {
	return Rule{
		Name: fmt.Sprintf("RITA score >= %g", threshold),
		From: "activecm/rita v5, analysis/beacons.go",
		Judge: func(p beacon.Pair, log Span) Answer {
			s := rita.Compute(p.Times, p.Bytes, log.First, log.Last)
			return Answer{Beacon: s.Eligible && s.Total >= threshold}
		},
	}
}
