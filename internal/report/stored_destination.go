package report

import (
	"encoding/json"
	"slices"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/netset"
)

// readDestination is toJSON backwards: what was written, and no series. Its error is a
// faulty.
func readDestination(object json.RawMessage) (beacon.Finding, error) {
	var j jsonFinding
	if err := json.Unmarshal(object, &j); err != nil {
		return beacon.Finding{}, wrongType(err)
	}
	var f fields
	found := beacon.Finding{
		Destination: f.addr("destination", j.Destination), Kind: netset.Kind(j.Kind), Shape: beacon.Shape(j.Shape),
		Slots: f.count("slots", j.Slots), Flows: j.Flows, Bytes: j.Bytes, First: f.time("first", j.First), Last: f.time("last", j.Last),
		Reasons: j.Reasons, Names: j.Names, Evidence: f.evidence(&j.Evidence),
	}
	if !slices.Contains(beacon.Shapes(), found.Shape) {
		f.fail("shape", "there is no shape %q", j.Shape)
	}
	for _, p := range j.Ports {
		found.Ports = append(found.Ports, beacon.PortCount(p))
	}
	for _, s := range j.Sources {
		found.Sources = append(found.Sources, beacon.Source{
			Addr: f.addr("sources", s.IP), First: f.time("sources", s.First), Last: f.time("sources", s.Last), Flows: s.Flows, Bytes: s.Bytes})
	}
	return found, f.fault()
}

// evidence is evidenceJSON backwards.
func (f *fields) evidence(j *jsonEvidence) beacon.Evidence {
	e := beacon.Evidence{
		LogDays: j.LogDays, ActiveShare: j.ActiveShare, ActiveHours: j.ActiveHours,
		Runs: j.Runs, RunLength: f.duration("run_length_s", j.RunLength), RunCover: j.RunShare, Regularity: j.Regularity,
		PatternDays: j.PatternDays, Days: j.Days,
		DayNight: j.DayNight, BusyFrom: f.clock("busy_from", j.BusyFrom), QuietFrom: f.clock("quiet_from", j.QuietFrom), BusyDays: j.BusyDays,
		Sources: j.Sources, Prevalence: j.Prevalence, ChanceSlots: j.ChanceSlots, ChanceAll: j.ChanceAll,
	}
	for _, t := range j.RunTimes {
		e.RunTimes = append(e.RunTimes, f.clock("run_times", t))
	}
	return e
}

// clock is a time of day.
func (f *fields) clock(name, text string) time.Duration {
	t, err := time.Parse("15:04", text)
	if err != nil {
		f.fail(name, "%q is no time of day", text)
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}
