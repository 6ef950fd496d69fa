package combine

import "time"

// limits are the thresholds of rotations. TestEveryLimitIsNoticed moves each by a quarter both
// ways.
var limits = struct {
	Destinations float64 // most destinations of a rotation; more is a busy port
	Own          float64 // a pair with a p-value below this keeps its own rhythm
	Unsteady     float64 // most unsteadiness of calls that are worth a judgement: of a sleeper with half of its calls missed 1.0, of chance 2·ln 2 = 1.39
}{Destinations: 128, Own: 0.001, Unsteady: 1.15}

// mostFlows is the most flows that are judged together: a bound on the work, not on the verdict.
const mostFlows = 100_000

// retryWaits is the longest wait before a TCP stack tries again: 1, 3, 7, 15 and 31 s after
// the first (RFC 6298 doubles from 1 s).
const retryWaits = 35 * time.Second
