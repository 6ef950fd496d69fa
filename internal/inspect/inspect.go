package inspect

import (
	"cmp"
	"context"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/netset"
	"beacon/internal/sorting"
)

// Options is how a log is inspected.
type Options struct {
	Workers      int         // goroutines; 0 is one for each core
	Internal     *netset.Set // networks that the analyst called internal; nil to find out
	Destinations int         // busiest destinations that are listed; 0 is Busiest
}

// Busiest is how many of the busiest destinations are listed unless told otherwise.
const Busiest = 10

// Inspection holds what a log holds. Counts of flows are of those within the bounds
// of time that the log was opened with.
type Inspection struct {
	Inputs       []Input       `json:"inputs"`
	Totals       Totals        `json:"totals"`
	BadRecords   []BadRecord   `json:"bad_records"` // the first few, in the order of the log
	Doubts       []BadRecord   `json:"doubts"`      // the first few flows with an unreadable value or at an odd time
	Skipped      []string      `json:"skipped"`     // files of a directory that are no flow logs, and why
	Span         *Span         `json:"span"`        // null where there is no flow
	Late         int64         `json:"late"`        // flows that are earlier than the one before them in the log; -1 where it keeps no order
	Gaps         Gaps          `json:"gaps"`
	Addresses    Addresses     `json:"addresses"`
	Networks     Networks      `json:"networks"`
	Directions   *Directions   `json:"directions"` // null where no network is known to be internal
	Durations    Durations     `json:"durations"`
	Destinations []Destination `json:"destinations"` // the busiest, by flows, then bytes, then address
}

// Totals is the counts of one input or of the log. A log of several formats or
// compressions has them all, apart by commas.
type Totals struct {
	Format      string           `json:"format"`
	Compression string           `json:"compression"`     // "" for none, "gzip in zstd"
	Rows        int64            `json:"rows"`            // flows
	Other       int64            `json:"other"`           // records of another kind, or without addresses
	Bad         int64            `json:"bad"`             // records that can't be read
	Reasons     map[string]int64 `json:"reasons"`         // why they can't
	Unknown     map[string]int64 `json:"unknown"`         // values of flows that can't be read, by column
	OddTimes    int64            `json:"odd_times"`       // flows that start before 1990 or later than tomorrow
	Notes       []string         `json:"notes,omitempty"` // what the reader did with the input that isn't plain
}

// Input is one file of the log.
type Input struct {
	Name string `json:"name"`
	Totals
	Version  string   `json:"version"`            // of the format, "" where it has none
	Wrapping string   `json:"wrapping,omitempty"` // what stood around the records, "" for nothing
	Size     int64    `json:"size"`               // bytes as stored, -1 for a pipe
	Columns  []Column `json:"columns"`
	Span     *Span    `json:"span"`
	Damage   string   `json:"damage,omitempty"` // why not all of it could be read
}

// Column is a column of an input and what it is read as, "" for nothing.
type Column struct {
	Name string `json:"name"`
	Role string `json:"role"`
}

// Span is the starts of the first and the last flow by time.
type Span struct {
	First Time `json:"first"`
	Last  Time `json:"last"`
}

// Time is ns since the Unix epoch, and RFC 3339 in JSON.
type Time int64

// MarshalText returns the time as RFC 3339, UTC, with as many decimals as it has.
func (t Time) MarshalText() ([]byte, error) {
	return time.Unix(0, int64(t)).UTC().AppendFormat(nil, time.RFC3339Nano), nil
}

// BadRecord is a record that can't be read.
type BadRecord struct {
	Input  string `json:"input"`
	Line   int64  `json:"line"` // or record, where the format has no lines
	Reason string `json:"reason"`
	Text   string `json:"text"` // its beginning
}

// Addresses counts the distinct ones.
type Addresses struct {
	All          int `json:"all"`
	IPv4         int `json:"ipv4"`
	IPv6         int `json:"ipv6"`
	Sources      int `json:"sources"`
	Destinations int `json:"destinations"`
}

// Durations counts flows by how long they last.
type Durations struct {
	Known    int64 `json:"known"` // flows that last at all
	Second   int64 `json:"second"`
	Minute   int64 `json:"minute"` // of these, longer than a minute
	TenMin   int64 `json:"ten_minutes"`
	Hour     int64 `json:"hour"`
	Longest  int64 `json:"longest_ns"`
	SpanHint bool  `json:"span_hint"` // more than a tenth of all flows last longer than a minute: see --span
}

// Destination is one of the busiest.
type Destination struct {
	Address string      `json:"address"`
	Kind    netset.Kind `json:"kind"`
	Flows   int64       `json:"flows"`
	Bytes   int64       `json:"bytes"`
}

// longShare is how large a part of the flows may last longer than a bucket
// before that is worth a hint.
const longShare = 10

// Inspect reads a log once and says what it holds; the answer is the same for
// any number of workers. Where most records can't be read there is an answer and
// an error: what was read, and why it should not be trusted. So there is where the
// reading failed after some of it.
func Inspect(ctx context.Context, log *flowlog.Log, opt Options) (*Inspection, error) {
	if opt.Workers <= 0 {
		opt.Workers = runtime.GOMAXPROCS(0)
	}
	if opt.Destinations <= 0 {
		opt.Destinations = Busiest
	}
	t := &tally{hosts: flow.NewHosts(tagger(opt.Internal))}
	var sinks []*sink
	report, err := log.Read(ctx, flowlog.Pass{Workers: opt.Workers, Columns: flow.All &^ flow.Name, Hosts: t.hosts,
		Sink: func() flowlog.Sink {
			s := &sink{tally: t, pages: map[int64]*minutePage{}}
			sinks = append(sinks, s)
			return s
		}})
	if report == nil {
		return nil, err
	}
	sum := merge(sinks)
	i := &Inspection{Late: sum.late(), Durations: sum.durations, Gaps: sum.gaps(), BadRecords: []BadRecord{}, Doubts: []BadRecord{}, Skipped: []string{}}
	i.inputs(log, report)
	if err != nil && i.Totals.Rows+i.Totals.Other+i.Totals.Bad == 0 {
		return nil, err
	}
	i.Durations.SpanHint = i.Durations.Minute*longShare > i.Totals.Rows
	i.Addresses, i.Destinations = t.addresses(opt.Destinations)
	i.networks(inputWords(log), opt.Internal, t.countAddresses(), &sum.evidence)
	for _, bad := range report.Bad {
		i.BadRecords = append(i.BadRecords, BadRecord{Input: bad.Input, Line: bad.Line, Reason: bad.Reason, Text: bad.Text})
	}
	for _, doubt := range report.Doubts {
		i.Doubts = append(i.Doubts, BadRecord{Input: doubt.Input, Line: doubt.Line, Reason: doubt.Reason, Text: doubt.Text})
	}
	for _, skipped := range log.Skipped {
		i.Skipped = append(i.Skipped, skipped.Error())
	}
	return i, err
}

// inputs says what each input is and adds them up.
func (i *Inspection) inputs(log *flowlog.Log, report *flowlog.Report) {
	formats, compressions := map[string]bool{}, map[string]bool{}
	i.Totals.Reasons, i.Totals.Unknown = map[string]int64{}, map[string]int64{}
	notes := map[flowlog.Note]int64{}
	for _, r := range report.Inputs {
		in := Input{Name: r.Input.Name, Size: r.Input.Size, Wrapping: r.Input.Wrapping(), Columns: []Column{},
			Totals: Totals{Format: r.Input.Format.Name, Compression: r.Input.Compression, Rows: r.Rows, Other: r.Other, Bad: r.BadRows, Reasons: counts(r.Reasons), Unknown: counts(r.Unknown), OddTimes: r.OddTimes, Notes: flowlog.NoteTexts(r.Notes)}}
		in.Damage = r.Damaged()
		if r.Rows > 0 {
			in.Span = &Span{Time(r.First), Time(r.Last)}
			if i.Span == nil {
				i.Span = &Span{in.Span.First, in.Span.Last}
			}
			i.Span.First, i.Span.Last = min(i.Span.First, in.Span.First), max(i.Span.Last, in.Span.Last)
		}
		if layout, err := log.Layout(r.Input); err == nil { // the reading told of any error
			in.Version = layout.Version
			for _, c := range layout.Columns {
				in.Columns = append(in.Columns, Column(c))
			}
		}
		i.Inputs = append(i.Inputs, in)
		i.Totals.Rows += in.Rows
		i.Totals.Other += in.Other
		i.Totals.Bad += in.Bad
		for reason, n := range in.Reasons {
			i.Totals.Reasons[reason] += n
		}
		for column, n := range in.Unknown {
			i.Totals.Unknown[column] += n
		}
		i.Totals.OddTimes += in.OddTimes
		for note, n := range r.Notes {
			notes[note] += n
		}
		formats[in.Format] = true
		if in.Compression != "" {
			compressions[in.Compression] = true
		}
	}
	i.Totals.Notes = flowlog.NoteTexts(notes)
	i.Totals.Format = strings.Join(slices.Sorted(maps.Keys(formats)), ", ")
	i.Totals.Compression = strings.Join(slices.Sorted(maps.Keys(compressions)), ", ")
}

// seen tells whether flows have a host as their source and as their destination.
func (t *tally) seen(id uint32) (source, destination bool) {
	s, d := t.sources.Peek(id), t.dests.Peek(id)
	return s != nil && *s != 0, d != nil && d.flows > 0
}

// addresses counts the addresses and lists the busiest destinations.
func (t *tally) addresses(most int) (a Addresses, busiest []Destination) {
	type candidate struct {
		id           uint32
		flows, bytes int64
	}
	var list []candidate
	for id := range uint32(t.hosts.Len()) {
		source, destination := t.seen(id)
		if !source && !destination { // of a flow that doesn't count
			continue
		}
		a.All++
		if *t.hosts.Tags().Get(id)&isIPv4 != 0 {
			a.IPv4++
		} else {
			a.IPv6++
		}
		if source {
			a.Sources++
		}
		if destination {
			d := t.dests.Peek(id)
			a.Destinations++
			list = append(list, candidate{id, d.flows, d.bytes})
		}
	}
	sorting.Func(list, func(x, y candidate) int {
		return cmp.Or(cmp.Compare(y.flows, x.flows), cmp.Compare(y.bytes, x.bytes), t.hosts.Host(x.id).Compare(t.hosts.Host(y.id)))
	})
	busiest = []Destination{}
	for _, c := range list[:min(most, len(list))] {
		addr := t.hosts.Host(c.id)
		busiest = append(busiest, Destination{addr.String(), netset.KindOf(addr), c.flows, c.bytes})
	}
	return a, busiest
}

// counts returns n, or an empty map in place of none: JSON has an object in any case.
func counts(n map[string]int64) map[string]int64 {
	if n == nil {
		n = map[string]int64{}
	}
	return n
}
