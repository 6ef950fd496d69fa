package clickhouse

import (
	"fmt"
	"slices"
	"strconv"

	"beacon/internal/clickhouse/client"
	"beacon/internal/clickhouse/schema"
)

// The states of all pairs, with the times of their calls, need not fit into a server's
// memory: past serverMemory they go to its disk, so that the table is still read once.

// serverMemory is how many bytes of a server's memory the groups of a statement take, and
// the rows that it sorts, before they go to its disk; a statement takes two or three times
// as much in all.
var serverMemory int64 = 1 << 30 // tests make it smaller

// limitShare is the part of the server's own limit of a statement's memory that its groups
// take: the documentation of max_bytes_before_external_group_by asks for half at most, and
// what is sorted takes another part.
const limitShare = 4

// onePart is the most bytes of groups that a server sends as one part; more are sent in 256
// parts. The client holds several parts at a time, and by default one may have 100 MB.
//
// Note: with 256 parts always, a query about 1,256 pairs took 15 s instead of 1.4.
const onePart = 8 << 20

// setSpill sets the settings of statements by those of the user's profile, where the user
// can change any.
func (e *Engine) setSpill(value func(name string) string) {
	if value(client.Readonly) == "1" {
		return
	}
	past := serverMemory
	if limit, err := strconv.ParseInt(value(client.MemoryLimit), 10, 64); err == nil && limit > 0 {
		past = min(past, limit/limitShare)
	}
	e.most = mostSettings()
	e.spill = []schema.Setting{
		{Name: "max_bytes_before_external_group_by", Value: fmt.Sprint(past)},
		{Name: "max_bytes_before_external_sort", Value: fmt.Sprint(past)},
		{Name: "distributed_aggregation_memory_efficient", Value: "1"},
		{Name: "group_by_two_level_threshold_bytes", Value: fmt.Sprint(onePart)},
	}
}

// spilling lets the state of a statement go to the server's disk.
func (x *question) spilling(s *schema.Statement) *schema.Statement {
	s.Settings = with(s.Settings, x.spill)
	return s
}

// with returns settings, and those of others that they don't set.
func with(settings, others []schema.Setting) []schema.Setting {
	all := slices.Clone(settings)
	for _, o := range others {
		if !slices.ContainsFunc(settings, func(s schema.Setting) bool { return s.Name == o.Name }) {
			all = append(all, o)
		}
	}
	return all
}
