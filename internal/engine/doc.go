// Package engine gathers the evidence for a query from the Arrow batches of a flow log, on
// all cores of one machine.
package engine
