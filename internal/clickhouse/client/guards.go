package client

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"beacon/internal/clickhouse/schema"
	"beacon/internal/words"
)

// SkipShards is the only guard that a URL may break: the answer says so.
const SkipShards = "skip_unavailable_shards"

const resultOverflow = "result_overflow_mode"

// guards are settings that keep a server from answering from a part of the
// flows; a profile of the server may hold others.
var guards = []schema.Setting{
	{Name: SkipShards, Value: "0"},
	{Name: "distributed_group_by_no_merge", Value: "0"},
	{Name: "read_overflow_mode", Value: "throw"},
	{Name: "read_overflow_mode_leaf", Value: "throw"},
	{Name: "group_by_overflow_mode", Value: "throw"},
	{Name: resultOverflow, Value: "throw"},
	{Name: "set_overflow_mode", Value: "throw"},
	{Name: "sort_overflow_mode", Value: "throw"},
	{Name: "join_overflow_mode", Value: "throw"},
	{Name: "distinct_overflow_mode", Value: "throw"},
	{Name: "transfer_overflow_mode", Value: "throw"},
	{Name: "timeout_overflow_mode", Value: "throw"},
	{Name: "timeout_overflow_mode_leaf", Value: "throw"},
	{Name: "limit", Value: "0"},
	{Name: "offset", Value: "0"},
	{Name: "additional_result_filter", Value: ""},
	{Name: "parallel_replicas_count", Value: "0"},
	{Name: "parallel_replica_offset", Value: "0"},
	{Name: "parallel_replicas_custom_key", Value: ""},
	{Name: "optimize_skip_unused_shards", Value: "0"},
	{Name: "optimize_distributed_group_by_sharding_key", Value: "0"},
	{Name: "use_query_cache", Value: "0"},
	{Name: "empty_result_for_aggregation_by_empty_set", Value: "0"},
	{Name: "aggregate_functions_null_for_empty", Value: "0"},
	{Name: "s3_ignore_file_doesnt_exist", Value: "0"},
	{Name: "ignore_cold_parts_seconds", Value: "0"},
}

// harmless are guards whose default differs from ours in some versions, and which
// change no answer there: only a change by a user or a profile is undone.
var harmless = []string{"optimize_distributed_group_by_sharding_key", "parallel_replicas_count"}

// hidden are guards whose values can't be read from a recent server, because it applies them to
// the statement that asks for them. If system.settings says that one was changed, it counts as
// broken.
var hidden = []string{"limit", "offset"}

// unlimitedResult is sent beside every statement if a profile cuts results: 18.16.1 reads the
// limits of a result before the SETTINGS clause, and takes only numbers beside a statement, so no
// result_overflow_mode.
var unlimitedResult = driver.Settings{"max_result_rows": 0, "max_result_bytes": 0}

// The settings that Profile returns, besides the guards.
const (
	Readonly    = "readonly"
	MemoryLimit = "max_memory_usage"
	querySize   = "max_query_size"
)

// Profile returns the value of a setting for this user, "" if the server doesn't know it.
func (c *Conn) Profile(name string) string { return c.profile[name] }

// Always adds a setting to every statement.
func (c *Conn) Always(s schema.Setting) {
	if !slices.Contains(c.unsafe, s) {
		c.unsafe = append(c.unsafe, s)
	}
}

// checkSetting refuses a setting of a URL that may cut the answer.
func checkSetting(s schema.Setting) error {
	for _, g := range guards {
		if g.Name == s.Name && g.Value != s.Value && s.Name != SkipShards {
			return fmt.Errorf("the setting %s=%s can give a part of the answer only", s.Name, s.Value)
		}
	}
	return nil
}

// guard finds the guards that the user's profile breaks, which every statement
// then sets: only these, for a user may be forbidden to set any. The answer is one
// row, for the profile may limit their number.
func (c *Conn) guard(ctx context.Context) error {
	names := []string{schema.Text(Readonly), schema.Text(MemoryLimit), schema.Text(querySize)}
	for _, g := range guards {
		names = append(names, schema.Text(g.Name))
	}
	var found, values []string
	var changed []uint8
	ask := &schema.Statement{Columns: []string{schema.Call("groupArray", "name"), schema.Call("groupArray", "value"), schema.Call("groupArray", schema.Call("toUInt8", "changed"))},
		From: "system.settings", Where: "name IN " + schema.Call("", names...)}
	asked := func() (n int, err error) {
		err = c.Rows(ctx, "reading the server's settings", ask, []any{&found, &values, &changed}, func() error { n++; return nil })
		return n, err
	}
	n, err := asked()
	if n == 0 && err == nil { // an offset skips the row
		c.unsafe = []schema.Setting{{Name: "offset", Value: "0"}}
		n, err = asked()
		c.unsafe = nil
	}
	if err == nil && n != 1 {
		err = c.Failed(ctx, "reading the server's settings", errors.New("the server doesn't tell them"))
	}
	if err != nil {
		return err
	}
	for _, g := range guards {
		i := slices.Index(found, g.Name)
		if i < 0 || changed[i] == 0 && slices.Contains(harmless, g.Name) {
			continue
		}
		if values[i] != g.Value || changed[i] != 0 && slices.Contains(hidden, g.Name) {
			c.unsafe = append(c.unsafe, g)
			if g.Name == resultOverflow {
				c.result = unlimitedResult
			}
		}
	}
	c.profile = map[string]string{}
	for i, name := range found {
		c.profile[name] = values[i]
	}
	return nil
}

// numericSettings is the last revision of the native protocol (up to ClickHouse 19.17) in which
// the settings beside a statement are numbers.
const numericSettings = 54429

// Guarded returns a context with the guards for statements that can't have a SETTINGS clause. If
// the server's protocol has only settings that are numbers, the others are left out.
func (c *Conn) Guarded(ctx context.Context) context.Context {
	if c.unsafe == nil {
		return ctx
	}
	settings := driver.Settings{}
	maps.Copy(settings, c.result)
	for _, s := range c.unsafe {
		if n, err := strconv.Atoi(s.Value); err == nil {
			settings[s.Name] = n
		} else if !c.numeric {
			settings[s.Name] = s.Value
		}
	}
	return driver.Context(ctx, driver.WithSettings(settings))
}

// Settings returns the settings of every statement about flows.
func (c *Conn) Settings() []schema.Setting {
	own := func(s schema.Setting) bool {
		return slices.ContainsFunc(c.At.settings, func(o schema.Setting) bool { return o.Name == s.Name })
	}
	return append(slices.DeleteFunc(slices.Clone(c.unsafe), own), c.At.settings...)
}

// SkipsShards reports whether the URL allows an answer without the shards that are down.
func (c *Conn) SkipsShards() bool {
	return slices.ContainsFunc(c.At.settings, func(s schema.Setting) bool { return s.Name == SkipShards && s.Value != "0" })
}

// DefaultTimeout is how long a server may make no progress with a statement.
const DefaultTimeout = time.Minute

// stalledError is the error of a server that made no progress for this time.
type stalledError time.Duration

func (s stalledError) Error() string {
	return fmt.Sprintf("no progress for %s: the server may hang, or one of its cluster", words.Typed(time.Duration(s)))
}

// progressWatch waits for the progress of a statement.
type progressWatch struct {
	begun time.Time
	last  atomic.Int64 // when it made progress, ns since begun
	ours  atomic.Bool  // the server waits for us, who work on a row
	stop  func()       // ends the watch
}

func (w *progressWatch) advance() { w.last.Store(int64(time.Since(w.begun))) }

// watch returns a context that ends when advance wasn't called for the time that the
// options allow, unless the server waits for us.
func (c *Conn) watch(ctx context.Context) (context.Context, *progressWatch) {
	watched, cancel := context.WithCancelCause(ctx)
	timeout := c.timeout()
	timer := time.NewTimer(timeout)
	done := make(chan struct{})
	w := &progressWatch{begun: time.Now(), stop: func() { timer.Stop(); close(done); cancel(nil) }}
	go func() {
		for {
			select {
			case <-done:
				return
			case <-timer.C:
				left := timeout - (time.Since(w.begun) - time.Duration(w.last.Load()))
				if w.ours.Load() {
					left = timeout
				}
				if left > 0 {
					timer.Reset(left)
					continue
				}
				cancel(stalledError(timeout))
				return
			}
		}
	}()
	return watched, w
}

func (c *Conn) timeout() time.Duration {
	if c.opt.Timeout > 0 {
		return c.opt.Timeout
	}
	return DefaultTimeout
}
