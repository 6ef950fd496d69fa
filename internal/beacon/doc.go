// Package beacon is the question that is asked of a flow log and the judgement
// of what comes back.
package beacon
