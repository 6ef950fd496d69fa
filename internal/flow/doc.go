// Package flow is a batch of flows in Arrow columns whose addresses are ids of
// one host table.
package flow
