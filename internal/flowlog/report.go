package flowlog

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"beacon/internal/sorting"
)

// Report holds what a reading saw. Skipped parts aren't in it.
type Report struct {
	Inputs []InputReport
	Bad    []BadRecord // the first few, in the order of the log
	Doubts []BadRecord // the first few records that were read with a value that can't be, or at an odd time
	Parts  int
}

// Rows returns the flows that were read, within the bounds of time.
func (r *Report) Rows() (n int64) {
	for _, in := range r.Inputs {
		n += in.Rows
	}
	return n
}

// InputReport holds what a reading saw of one input.
type InputReport struct {
	Input       *Input
	Rows        int64 // flows within the bounds of time
	Other       int64 // records of another kind, or without addresses
	BadRows     int64
	Reasons     map[string]int64 // why the bad ones are bad
	Unknown     map[string]int64 // values of flows that can't be read, and count as not known, by column
	OddTimes    int64            // flows before 1990 or later than tomorrow
	Notes       map[Note]int64   // records that each note is about
	First, Last int64            // ns since the Unix epoch; First > Last where Rows is 0
	Damage      error            // why not all of the input could be read, the first reason in it

	damagedPart int   // that Damage is of
	parsed      int64 // flows that could be read, within the bounds of time or not
}

// trim keeps the first few bad records, and the first few doubts.
func (r *reading) trim() {
	r.samples, r.doubts = firstSamples(r.samples), firstSamples(r.doubts)
}

// firstSamples returns the first few samples in the order of the log.
func firstSamples(samples []sampledRecord) []sampledRecord {
	sorting.Stable(samples, func(a, b sampledRecord) int { return cmp.Compare(a.part, b.part) })
	return samples[:min(len(samples), maxSamples)]
}

func (r *reading) report() *Report {
	r.trim()
	return &Report{Inputs: r.inputs, Parts: r.part(), Bad: r.placed(r.samples), Doubts: r.placed(r.doubts)}
}

// placed returns samples with their input and, where they have one, their line in it.
func (r *reading) placed(samples []sampledRecord) (list []BadRecord) {
	for _, s := range samples {
		bad := s.record
		bad.Input = r.inputs[s.input].Input.Name
		if bad.Line > 0 {
			for part := r.parts[s.input].first; part < s.part; part++ {
				bad.Line += r.lines[part]
			}
		}
		list = append(list, bad)
	}
	return list
}

// leaveOut takes the files of a directory that turned out to be no flow logs, most of
// whose records are bad, out of what the reading is judged by, unless nothing is left.
func (r *reading) leaveOut() {
	bad, parsed := r.bad, r.parsed
	for i := range r.inputs {
		if in := &r.inputs[i]; in.Input.listed && in.BadRows > in.parsed {
			bad -= in.BadRows
			parsed -= in.parsed
			r.passOver(i, math.MaxInt, fmt.Errorf("%d of its %d records can't be read", in.BadRows, in.BadRows+in.parsed))
		}
	}
	if parsed > 0 {
		r.bad, r.parsed = bad, parsed
	}
}

// nothingRead returns why nothing at all was read, nil of a log without a record.
func (r *reading) nothingRead() error {
	other := int64(0)
	for i := range r.inputs {
		if in := &r.inputs[i]; in.Damage != nil && in.Other == 0 {
			return r.place(i, in.Damage)
		}
		other += r.inputs[i].Other
	}
	if other == 0 || r.pass.Skip != nil || r.pass.Until > 0 || r.opt.hosts {
		return nil
	}
	in := &r.inputs[slices.IndexFunc(r.inputs, func(in InputReport) bool { return in.Other > 0 })]
	return &InputError{Input: in.Input.Name, Err: fmt.Errorf("no record of it is a flow: all %d are of other kinds, or without addresses", other),
		Hint: "it was read as " + in.Input.Format.Name + ": beacon formats says what a flow of that needs, --input-format names another"}
}

// finish is the error that the reading ends with: its own, or that most of the
// records were bad.
func (r *reading) finish(report *Report) error {
	if errors.Is(r.err, errStrict) {
		bad := report.Bad[0]
		return &InputError{Input: bad.Input, Line: bad.Line, Err: fmt.Errorf("%s: %q", bad.Reason, bad.Text), Hint: "without --strict it is skipped and counted"}
	}
	if r.err != nil {
		return r.err
	}
	if r.pass.Limit > 0 {
		return nil
	}
	r.leaveOut()
	if r.bad == 0 && r.parsed == 0 {
		return r.nothingRead()
	}
	if r.bad > r.parsed {
		bad := report.Bad[0]
		return &InputError{Input: bad.Input, Line: bad.Line,
			Err:  fmt.Errorf("%d of %d records can't be read, the first one here: %s: %q", r.bad, r.bad+r.parsed, bad.Reason, bad.Text),
			Hint: "beacon inspect shows what the log holds; --map names its columns, --input-format its format"}
	}
	return nil
}
