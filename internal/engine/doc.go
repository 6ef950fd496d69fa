// Package engine is the answer to a query from the Arrow batches of a flow log,
// on all cores of one machine.
package engine
