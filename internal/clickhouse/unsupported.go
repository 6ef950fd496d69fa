package clickhouse

import (
	"errors"
	"fmt"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/client"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/netset"
)

// unsupported returns an error if a query asks for what only files can answer: a table's
// destinations are addresses.
func unsupported(q *beacon.Query) error {
	switch {
	case q.Order != beacon.ByTime:
		return &client.Error{Err: errors.New("a table keeps no order of a log"), Advice: "--order time"}
	case q.By != 0 && q.By != beacon.ByAddress:
		return &client.Error{Err: errors.New("a table can't be judged by name or domain"), Advice: schema.HintFiles + ", or take --by address"}
	case !q.Proxies.Empty():
		return &client.Error{Err: errors.New("a table can't be judged by what clients ask of a proxy"), Advice: schema.HintFiles + ", or leave out --proxy"}
	}
	for _, h := range q.Only {
		if h.IsName() {
			return &client.Error{Err: fmt.Errorf("a table can't be asked about the name %s", h), Advice: schema.HintFiles + ", or ask about an address"}
		}
	}
	for _, set := range []struct {
		flag string
		*netset.Set
	}{{"--exclude", q.Exclude}, {"--internal", q.Internal}} {
		if names := domains(set.Set); len(names) > 0 {
			return &client.Error{Err: fmt.Errorf("%s: a table takes no names: %s", set.flag, strings.Join(names, ", ")),
				Advice: schema.HintFiles + ", or name addresses and networks only"}
		}
	}
	return nil
}

// domains returns the domains of a set, those that it leaves out included.
func domains(set *netset.Set) (list []string) {
	for ; set != nil; set = set.Except() {
		list = append(list, set.Domains()...)
	}
	return list
}

// unjudged returns a warning if there are names, and the query doesn't say that addresses
// alone are to be judged: a file's destinations would be judged by name, too.
func (x *question) unjudged() []beacon.Warning {
	if x.query.By != 0 || x.Matched["name"] == nil && x.Matched["query"] == nil && len(x.query.Names) == 0 {
		return nil
	}
	return []beacon.Warning{{
		Text: "destinations are judged by address only: with a table, names are shown but not judged",
		Hint: "query a log file to judge names, or take --by address to leave this warning out",
	}}
}
