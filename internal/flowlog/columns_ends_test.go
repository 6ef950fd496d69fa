package flowlog

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestColumnsInPartsOfRecords(t *testing.T) {
	for _, c := range []struct {
		columns []string
		want    map[string][]int // nil if the columns are refused
	}{
		{[]string{"ts", "request.remote_ip", "request.client_ip", "request.method", "request.host"}, nil}, // of a server: both are the client
		{[]string{"ts", "client_ip", "remote_ip"}, map[string][]int{"timestamp": {0}, "src_ip": {1}, "dst_ip": {2}}},
		{[]string{"timestamp", "p.connection.src_ip", "p.connection.dest_ip", "p.start_time"}, map[string][]int{"timestamp": {3}, "src_ip": {1}, "dst_ip": {2}}},
		{[]string{"timestamp", "p.args.src_ip", "p.args.dest_ip", "p.process.start_time"}, map[string][]int{"timestamp": {0}, "src_ip": {1}, "dst_ip": {2}}}, // a process started then
		{[]string{"timestamp", "value.ts", "value.src_ip", "value.dst_ip"}, map[string][]int{"timestamp": {1}, "src_ip": {2}, "dst_ip": {3}}},                // of the message that holds it
		{[]string{"ts", "client_ip", "remote_ip", "process.path"}, map[string][]int{"timestamp": {0}, "src_ip": {1}, "dst_ip": {2}}},                         // of a process, not of a request
		{[]string{"timestamp", "source.ip", "source.time", "destination.ip"}, map[string][]int{"timestamp": {0}, "src_ip": {1}, "dst_ip": {3}}},              // of one end, not of the flow
		{[]string{"timestamp", "src_ip", "dest_ip", "p.start_time"}, map[string][]int{"timestamp": {0}, "src_ip": {1}, "dst_ip": {2}}},
		{[]string{"Data", "Hora", "IP origem", "IP destino", "Porta"}, map[string][]int{"timestamp": {1}, "src_ip": {2}, "dst_ip": {3}, "dst_port": {4}}},
		{[]string{"Time", "Address A", "Port A", "Address B", "Port B"}, map[string][]int{"timestamp": {0}, "src_ip": {1}, "src_port": {2}, "dst_ip": {3}, "dst_port": {4}}},
	} {
		found, err := MatchNames(c.columns, nil)
		if c.want == nil {
			require.Error(t, err, c.columns)
			continue
		}
		require.NoError(t, err, c.columns)
		require.Equal(t, c.want, found, c.columns)
	}
}

// The hint of a refusal doesn't propose the source's address in another column as the destination.
func TestSuggestionIsNotTheSource(t *testing.T) {
	columns := []string{"time", "ClientAddr", "Caller", "ServiceAddr"}
	values := []string{"2020-06-21 00:00:02", "10.0.0.5:50000", "10.0.0.5", "203.0.113.9:443"}
	require.Equal(t, []string{"dst_ip=ServiceAddr"}, guessColumns(columns, values, []Role{Destination}))
}

// What a column's name ends in is found as by comparing every end of it,
// though a long one is looked at only as far as the end can reach.
func TestHasEnd(t *testing.T) {
	plain := func(column, name string) bool {
		for i := len(column) - 1; i > 0; i-- {
			if (column[i-1] == '.' || column[i-1] == ':') && NormalName(column[i:]) == name {
				return true
			}
		}
		return false
	}
	rng := rand.New(rand.NewPCG(1, 2))
	found := 0
	for range 200_000 {
		column := make([]byte, rng.IntN(12))
		for i := range column {
			column[i] = "aSrRcC1._: é-"[rng.IntN(13)]
		}
		name := []string{"src", "src1", "a", "ss"}[rng.IntN(4)]
		want := plain(string(column), name)
		require.Equal(t, want, hasEnd(string(column), name), "%q %q", column, name)
		if want {
			found++
		}
	}
	require.Greater(t, found, 100)
}
