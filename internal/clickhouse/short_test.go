package clickhouse

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/client"
	"beacon/internal/flowlog"
)

// TestShortQueries holds that a user whose max_query_size is smaller than the statements for a
// table with names gets the same answer, from shards too, and one who may change no setting an
// error that says why.
func TestShortQueries(t *testing.T) {
	p := twoShards(t)
	log := namedCSV(t, namedFlows(), true)
	loaded := p[0].engine(t, "named_short", "cluster=two")
	_, err := loaded.Load(t.Context(), openLog(t, flowlog.Options{}, log), LoadOptions{Workers: 2})
	require.NoError(t, err)
	excluded := []string{".example.org"}
	for i := range 400 {
		excluded = append(excluded, fmt.Sprintf("host%d.of-a-long-list.example", i))
	}
	all := namedQuestions(t)["every minute"]
	many := all
	many.Exclude = networks(t, excluded...)
	open := func(t *testing.T, user string, parameters ...string) *Engine {
		url := strings.Replace(p[0].url("default", "named_short", parameters...), "default@", user+"@", 1)
		e, err := Open(t.Context(), url, Options{Options: client.Options{Password: testPassword}})
		require.NoError(t, err)
		t.Cleanup(func() { e.Close() })
		return e
	}
	for name, q := range map[string]beacon.Query{"all": all, "many excluded": many} {
		t.Run(name, func(t *testing.T) {
			found, err := open(t, "short", "cluster=two").Find(t.Context(), q)
			require.NoError(t, err)
			require.Equal(t, comparable(arrow(t, log, q)), comparable(found))
			_, err = open(t, "shortreader").Find(t.Context(), q)
			require.ErrorContains(t, err, "and the user's max_query_size is 4000")
			require.Contains(t, hintOf(err), "connect as a user who may change settings")
		})
	}
}
