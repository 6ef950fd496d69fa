package flowlog

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A header may have any number of columns, of different names or of one: to match a million
// takes a fraction of a second, and minutes where each is compared with those before it.
func TestManyColumns(t *testing.T) {
	const many, limit = 1_000_000, 20 * time.Second
	different, same, ports, sources := make([]string, many), make([]string, many), make([]string, many), make([]string, many)
	for i := range many {
		different[i], same[i], ports[i], sources[i] = fmt.Sprintf("c%d", i), fmt.Sprintf("c%d", min(i, many/2)), "porta", "sip"
	}
	last := "dstip"
	different[many-1], same[many-1], ports[many-2], sources[many-3] = last, last, last, last
	for i := many / 2; i < many; i++ {
		same[i] = last
	}
	for at, columns := range map[int][]string{many - 1: different, many / 2: same, many - 2: ports, many - 3: sources} {
		begin := time.Now()
		named := columnsByRole(columns)
		require.Less(t, time.Since(begin), limit)
		require.Equal(t, []rankedColumn{{at, named[Destination][0].rank}}, named[Destination], "the first of those with one name")
	}
}

// A column called server is the destination only where no other column tells what was called:
// beside a name it says which host or which software answered.
func TestServerBesideAName(t *testing.T) {
	for _, c := range []struct {
		columns []string
		want    map[string][]int
	}{
		{[]string{"time", "client", "server"}, map[string][]int{"timestamp": {0}, "src_ip": {1}, "dst_ip": {2}}},
		{[]string{"_time", "host", "client", "server"}, map[string][]int{"timestamp": {0}, "src_ip": {2}, "dst_ip": {3}}}, // a reporter's name is none
		{[]string{"time", "client", "host", "method", "server"}, map[string][]int{"timestamp": {0}, "src_ip": {1}, "name": {2}}},
		{[]string{"time", "client", "sni", "server"}, map[string][]int{"timestamp": {0}, "src_ip": {1}, "name": {2}}},
		{[]string{"time", "client", "query", "server"}, map[string][]int{"timestamp": {0}, "src_ip": {1}, "query": {2}}},
		{[]string{"time", "client", "server", "to"}, map[string][]int{"timestamp": {0}, "src_ip": {1}, "dst_ip": {3}}},
	} {
		found, err := MatchNames(c.columns, nil)
		require.NoError(t, err, c.columns)
		require.Equal(t, c.want, found, c.columns)
	}
}

// What a name means may depend on the names beside it.
func TestNamesBesideOthers(t *testing.T) {
	for _, c := range []struct {
		columns []string
		want    map[string][]int
	}{
		{[]string{"timestamp", "c-ip", "s-ip", "r-ip"}, map[string][]int{"timestamp": {0}, "src_ip": {1}, "dst_ip": {3}}},
		{[]string{"timestamp", "cip", "sip", "dip"}, map[string][]int{"timestamp": {0}, "src_ip": {2}, "dst_ip": {3}}}, // the collector's
		{[]string{"timestamp", "client_ip", "server_ip", "rip"}, map[string][]int{"timestamp": {0}, "src_ip": {1}, "dst_ip": {2}}},
		{[]string{"timestamp", "start_time", "end_time", "sip", "dip"}, map[string][]int{"timestamp": {1}, "end": {2}, "src_ip": {3}, "dst_ip": {4}}},
		{[]string{"timestamp", "start_time", "sip", "dip"}, map[string][]int{"timestamp": {0}, "src_ip": {2}, "dst_ip": {3}}}, // may be a time of day, or that of some records
	} {
		found, err := MatchNames(c.columns, nil)
		require.NoError(t, err, c.columns)
		require.Equal(t, c.want, found, c.columns)
	}
}
