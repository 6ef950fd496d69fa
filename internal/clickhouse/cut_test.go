package clickhouse

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/client"
)

// TestProfilesThatCut holds that settings of a profile, which would cut an answer, give the
// whole one or an error on a recent server.
func TestProfilesThatCut(t *testing.T) {
	modernServer(t)
	log := secondsLog(t, 2)
	first := modernEngine(t, "cut")
	_, err := first.Load(t.Context(), openLog(t, noOptions, log), LoadOptions{Workers: 1})
	require.NoError(t, err)
	want := comparable(arrow(t, log, everyMinute()))
	whole := []string{}
	for _, profile := range [][]string{
		{"limit = 5"}, {"offset = 1"}, {"limit = 1", "offset = 1"},
		{"read_overflow_mode = 'break'", "max_rows_to_read = 100"},
		{"read_overflow_mode_leaf = 'break'", "max_rows_to_read_leaf = 100"},
		{"result_overflow_mode = 'break'", "max_result_rows = 1"},
		{"group_by_overflow_mode = 'any'", "max_rows_to_group_by = 3"},
		{"set_overflow_mode = 'break'", "max_rows_in_set = 1"},
		{"sort_overflow_mode = 'break'", "max_rows_to_sort = 1"},
		{"distinct_overflow_mode = 'break'", "max_rows_in_distinct = 1"},
		{"timeout_overflow_mode = 'break'", "max_execution_time = 0.001"},
		{"timeout_overflow_mode_leaf = 'break'", "max_execution_time_leaf = 0.001"},
		{"additional_result_filter = '0'"},
	} {
		var undo []string
		for _, setting := range profile {
			require.NoError(t, first.Driver.Exec(t.Context(), "SET "+setting))
			name, _, _ := strings.Cut(setting, " ")
			undo = append(undo, "SET "+name+" = DEFAULT")
		}
		e, err := Open(t.Context(), "clickhouse+http://"+modernServer(t)+"/default/cut", Options{})
		if err == nil {
			found, failed := e.Find(t.Context(), everyMinute())
			if err = failed; err == nil {
				require.Equal(t, want, comparable(found), profile)
				whole = append(whole, profile[0])
			}
			e.Close()
		}
		t.Logf("%v: %v", profile, err)
		if slices.Contains([]string{"offset = 1", "additional_result_filter = '0'"}, profile[len(profile)-1]) {
			require.ErrorContains(t, err, "the server's answer to SELECT 1 is empty")
			require.Contains(t, hintOf(err), "additional_result_filter cuts answers")
		}
		for _, sql := range undo {
			require.NoError(t, first.Driver.Exec(t.Context(), sql))
		}
	}
	require.Subset(t, whole, []string{"limit = 5", "sort_overflow_mode = 'break'", "distinct_overflow_mode = 'break'"})
}

// TestResultsCut asks an old server as a user whose profile cuts each result after a few rows.
func TestResultsCut(t *testing.T) {
	p := twoShards(t)
	p.exec(t, "CREATE TABLE results_cut (timestamp DateTime, src_ip UInt32, dst_ip UInt32) ENGINE = MergeTree ORDER BY timestamp PARTITION BY toYYYYMM(timestamp)",
		"INSERT INTO results_cut SELECT 1592697600 + number * 7, 167772160 + number % 997, 134744072 + number % 50 FROM numbers(200000)")
	p.exec(t, "CREATE TABLE results_cut_all AS results_cut ENGINE = Distributed(two, default, results_cut, rand())")
	ask := func(user string) *beacon.Findings {
		url := strings.Replace(p[0].url("default", "results_cut_all"), "default@", user+"@", 1)
		e, err := Open(t.Context(), url, Options{Options: client.Options{Password: testPassword}})
		require.NoError(t, err)
		defer e.Close()
		q := everyMinute()
		q.Slots = 1
		found, err := e.Find(t.Context(), q)
		require.NoError(t, err)
		return comparable(found)
	}
	require.Equal(t, ask("default"), ask("cut"))
}
