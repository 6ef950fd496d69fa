// Package flowlog is logs of any format as Arrow batches of flows, and back.
package flowlog
