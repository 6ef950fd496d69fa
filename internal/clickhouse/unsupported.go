package clickhouse

import (
	"errors"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/client"
)

// unsupported returns an error if a query asks for what only files can answer.
func unsupported(q *beacon.Query) error {
	if q.Order != beacon.ByTime {
		return &client.Error{Err: errors.New("a table keeps no order of a log"), Advice: "--order time"}
	}
	return nil
}

// unjudged returns a warning if the query gives names to addresses: a file's destinations
// would be judged by these, too.
func (x *question) unjudged() []beacon.Warning {
	if x.query.By == beacon.ByAddress || len(x.query.Names) == 0 {
		return nil
	}
	return []beacon.Warning{{
		Text: "names that --names gives to addresses are shown but not judged: a table is judged by the names that are in it",
		Hint: "query a log file to judge them, or take --by address to leave this warning out",
	}}
}
