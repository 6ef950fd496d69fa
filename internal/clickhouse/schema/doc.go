// Package schema writes SQL about a table of flows: what its columns mean, as
// expressions, and statements of these.
//
// No text of a user or a table stands in a statement unquoted, but for the condition
// that ParseWhere has checked.
package schema
