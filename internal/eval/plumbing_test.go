package eval

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/netset"
	"beacon/internal/stats"
)

// simulatedTables runs every table that needs no data, with few simulations.
func simulatedTables() []Table {
	var flows []Flow
	at := stats.Until(stats.Sleep(chance(0, 0, 0), 600, 0.1), 86400)
	for _, t := range at {
		flows = append(flows, Flow{Time: Epoch + int64(t*1e9), Src: evalSource, Dst: evalDestination, Port: 443, Proto: 6})
	}
	plan := func(netset.Host, netset.Host, uint16) Planned {
		return Planned{Kind: "sleep", Beacon: true, Period: 10 * time.Minute}
	}
	return []Table{
		Grid(2), PeersGrid(2), CallsGrid(2), Calibration(400), Habits(2), Special(2), Families(1), Benign(1), Mixed(flows, []string{"sleep", "none"}, plan),
	}
}

func markdown(t *testing.T, tables []Table) string {
	t.Helper()
	var b strings.Builder
	for _, table := range tables {
		require.NotEmpty(t, table.Rows, table.Title)
		for _, row := range table.Rows {
			require.Len(t, row, len(table.Head), table.Title)
		}
		require.NoError(t, table.Markdown(&b))
	}
	return b.String()
}

// The same cells whatever the number of workers.
func TestTablesAreTheSameWithAnyWorkers(t *testing.T) {
	many := markdown(t, simulatedTables())
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	assert.Equal(t, markdown(t, simulatedTables()), many)
}

func TestParallelDoesEachOnce(t *testing.T) {
	for _, n := range []int{0, 1, 7, 1000} {
		done := make([]int, n)
		parallel(n, func(i int) { done[i]++ })
		for i, times := range done {
			require.Equal(t, 1, times, i)
		}
	}
}

func TestTablesOfNothing(t *testing.T) {
	assert.Empty(t, Mixed(nil, []string{"none"}, nil).Rows)
	assert.Equal(t, agreement{}, agree([]oracleScore{{flows: 1}}, nil))
}

func TestChanceIsIndependent(t *testing.T) {
	seen := map[uint64]bool{}
	for table := range 4 {
		for cell := range 4 {
			for trial := range 4 {
				seen[chance(table, cell, trial).Uint64()] = true
			}
		}
	}
	assert.Len(t, seen, 64)
	assert.Equal(t, chance(1, 2, 3).Uint64(), chance(1, 2, 3).Uint64())
}

func TestSpecialCasesAreWhatTheyAreCalled(t *testing.T) {
	names := map[string]bool{}
	for i, c := range specialCases {
		assert.False(t, names[c.name], c.name)
		names[c.name] = true
		p := pairAt(c.make(chance(tableSpecial, i, 0)))
		require.NotEmpty(t, p.Times, c.name)
		span := spanOf(c.span)
		assert.GreaterOrEqual(t, p.Times[0], span.First, c.name)
		// A retry may come after the end.
		assert.LessOrEqual(t, p.Times[len(p.Times)-1], span.Last+4e9, c.name)
	}
}

func TestAgreementWindows(t *testing.T) {
	at := func(s string) Flow {
		when, err := time.Parse(time.RFC3339, s)
		require.NoError(t, err)
		return Flow{Time: when.UnixNano()}
	}
	all := []Flow{at("2024-04-19T09:59:59Z"), at("2024-04-19T10:00:00Z"), at("2024-04-19T10:59:59Z"), at("2024-04-19T11:00:00Z")}
	window, ok := oracleWindow("missing_host_1h_2024-04-19_conn.10.csv", all)
	require.True(t, ok)
	assert.Equal(t, all[1:3], window)
	window, ok = oracleWindow("missing_host.csv", all)
	require.True(t, ok)
	assert.Equal(t, all, window)
	day := append([]Flow{at("2024-04-18T10:59:59Z"), at("2024-04-18T11:00:00Z")}, all...)
	window, _ = oracleWindow("missing_host.csv", day)
	assert.Equal(t, day[1:], window)
	_, ok = oracleWindow("proxy_sni.csv", all)
	assert.False(t, ok)
}

// RITA's own functions and ours: the same to the third digit.
func TestAgreement(t *testing.T) {
	table, err := Agreement(shared(t, "oracle"), shared(t, "labelled", "rita_missing_host", "flows.csv.gz"))
	require.NoError(t, err)
	compared := map[string]string{}
	for _, row := range table.Rows {
		require.Len(t, row, len(table.Head))
		compared[row[0]] = row[2]
		for _, difference := range row[3:7] {
			assert.Contains(t, []string{"0.000", "0.001", "-"}, difference, row[0])
		}
	}
	assert.Equal(t, "863", compared["missing_host.csv"])
	assert.Equal(t, "96", compared["missing_host_1h_2024-04-20_conn.03.csv"])
}
