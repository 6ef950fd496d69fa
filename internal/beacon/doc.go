// Package beacon holds the query that an analyst puts to a flow log and the findings that
// answer it, and decides over everything that an engine gathered: see Assemble.
package beacon
