// Package cli is beacon's command line.
package cli
