package clickhouse

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/write"
)

// recipe returns the statement of a help topic that begins as given, with what stands for a
// store, a bucket and a user in it replaced.
func recipe(t *testing.T, begins string, replaced ...string) string {
	t.Helper()
	text, err := os.ReadFile("../manual/topics/clickhouse.txt")
	require.NoError(t, err)
	at := strings.Index(string(text), begins)
	require.GreaterOrEqual(t, at, 0, "the topic has no %s", begins)
	statement, _, ok := strings.Cut(string(text[at:]), ";")
	require.True(t, ok)
	for i := 0; i < len(replaced); i += 2 {
		require.Contains(t, statement, replaced[i])
	}
	return strings.NewReplacer(replaced...).Replace(statement)
}

// TestLake follows the recipes of beacon help clickhouse: the flows of objects of a store
// through a view, of which only the days that are asked for are read, and a view of a table
// whose rows replace others.
func TestLake(t *testing.T) {
	modernServer(t)
	backend := s3mem.New()
	require.NoError(t, backend.CreateBucket("logs"))
	handler := gofakes3.New(backend).Server()
	var mu sync.Mutex
	read := map[string]bool{}
	store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, ".parquet") {
			mu.Lock()
			read[r.URL.Path] = true
			mu.Unlock()
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(store.Close)
	log := officeLog(t, 3)
	for n := range 3 {
		one := openLog(t, flowlog.Options{From: day(n), To: day(n + 1)}, log)
		var object bytes.Buffer
		_, err := write.Convert(t.Context(), one, write.Options{Format: "parquet", Memory: 64 << 20}, &object)
		require.NoError(t, err)
		key := fmt.Sprintf("flows/day=%s/part.parquet", time.Unix(0, day(n)).UTC().Format(time.DateOnly))
		_, err = backend.PutObject("logs", key, map[string]string{"Last-Modified": time.Now().UTC().Format(http.TimeFormat)}, &object, int64(object.Len()), nil)
		require.NoError(t, err)
	}
	modernExec(t, recipe(t, "CREATE VIEW lake", "https://s3.eu-central-1.amazonaws.com/BUCKET", store.URL+"/logs", "KEY", "key", "SECRET", "secret"))
	all := everyMinute()
	asked := questions(t, "5.183.60.54")
	maps.DeleteFunc(asked, func(name string, _ beacon.Query) bool {
		return !slices.Contains([]string{"every minute", "exclude", "both rules"}, name)
	})
	sameAnswers(t, log, modernEngine(t, "lake"), asked)
	require.Len(t, read, 3)

	clear(read)
	e, err := Open(t.Context(), "clickhouse+http://"+modernServer(t)+"/default/lake", Options{Where: "day = '2020-06-22'"})
	require.NoError(t, err)
	defer e.Close()
	found, err := e.Find(t.Context(), all)
	require.NoError(t, err)
	all.From, all.To = day(1), day(2)
	want := comparable(arrow(t, log, all))
	want.Query.From, want.Query.To = 0, 0
	require.Equal(t, want, comparable(found))
	require.Equal(t, map[string]bool{"/logs/flows/day=2020-06-22/part.parquet": true}, read, "other days are read")

	modernExec(t, "CREATE TABLE replacing (ts DateTime, src UInt32, dst UInt32) ENGINE = ReplacingMergeTree ORDER BY (ts, src, dst)", "SYSTEM STOP MERGES replacing")
	for range 3 {
		modernExec(t, "INSERT INTO replacing SELECT toDateTime(1592697600 + number * 60), 167772161, 134744072 FROM numbers(60)")
	}
	modernExec(t, recipe(t, "CREATE VIEW latest", "flows", "replacing"))
	for _, table := range []string{"replacing", "latest"} {
		found, err := modernEngine(t, table).Find(t.Context(), everyMinute())
		require.NoError(t, err)
		require.EqualValues(t, 60, found.Totals.Flows, table)
	}
}
