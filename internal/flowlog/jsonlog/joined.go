package jsonlog

import (
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/timeparts"
)

// Times that are joined of several values: {"date":"2024-03-05","time":"13:00:00","tz":"+0100"}.
// The parts have roles of their own, behind all others.
const (
	partRole  = flowlog.RoleCount // of the first
	partCount = timeparts.Most    // the day, hour, minute, second and zone
	roleCount = partRole + partCount
	partBits  = (1<<partCount - 1) << partRole
)

// addParts adds the values that may be parts of the times, by the paths of the log's first
// values. found is the roles of as many of them as have one.
func (l *jsonLayout) addParts(paths []string, found []flowlog.Role) {
	roles := make([]flowlog.Role, len(paths))
	copy(roles, found)
	named := timeparts.Of(paths, roles)
	for i, part := range [partCount][2]*int{{&named.Date, &l.parts.Date}, {&named.Hour, &l.parts.Hour}, {&named.Minute, &l.parts.Minute}, {&named.Second, &l.parts.Second}, {&named.Zone, &l.parts.Zone}} {
		if *part[0] > 0 {
			*part[1] = i + 1
			l.fields = append(l.fields, jsonField{path: paths[*part[0]-1], role: partRole + flowlog.Role(i)})
		}
	}
}

// joinTimes finds out which parts count for the times, and has the others left out. It returns
// whether some do.
func (l *jsonLayout) joinTimes(s *sample, opt *flowlog.Options) (joined bool, err error) {
	var places [roleCount]int // in fields, and one more
	for i, f := range l.fields {
		places[f.role] = i + 1
	}
	samples := func(r flowlog.Role) timeparts.Samples {
		return func(p timeparts.Parts) []string { return l.timesOf(s, r, p) }
	}
	start := places[flowlog.StartTime] - 1
	opt = opt.For(l.fields[start].path)
	found, err := l.parts.Find(samples(flowlog.StartTime), opt)
	if err != nil {
		return false, err
	}
	found.AddZone(l.parts.Zone, opt)
	counts := uint32(0)
	for _, column := range found.Columns() {
		counts |= 1 << (partRole + flowlog.Role(column-1))
	}
	for _, f := range l.fields {
		if f.role >= partRole && counts>>f.role&1 == 0 {
			delete(l.paths, f.path)
			l.want &^= 1 << f.role
		}
	}
	if counts == 0 {
		return false, nil
	}
	l.starts, l.clocks[start] = &found, found.Clock
	if end := places[flowlog.EndTime] - 1; end >= 0 {
		ends := found.Ends(samples(flowlog.EndTime), opt)
		ends.AddZone(l.parts.Zone, opt)
		l.ends, l.clocks[end] = &ends, ends.Clock
	}
	return true, nil
}

// timesOf returns the times of a role in a log's first records, joined with parts.
func (l *jsonLayout) timesOf(s *sample, r flowlog.Role, parts timeparts.Parts) (list []string) {
	joiner := (&timeparts.Found{Parts: parts}).Reader(l.values.Null)
	for i := range min(len(s.records), clockSamples) {
		var time []byte
		record := make([][]byte, partCount)
		s.each(i, func(path string, text []byte) {
			if at, ok := l.paths[path]; !ok {
			} else if f := l.fields[at]; f.role == r {
				time = text
			} else if f.role >= partRole {
				record[f.role-partRole] = text
			}
		})
		if !l.values.Null(time) && string(time) != "0" && (parts.Date == 0 || !l.values.Null(record[parts.Date-1])) {
			list = append(list, string(joiner.Join(record, time)))
		}
	}
	return list
}

// setJoined makes the parser's own readers of joined times.
func (p *jsonParser) setJoined() {
	if p.starts != nil {
		p.joined = p.starts.Reader(p.values.Null)
		p.joined.Loose = p.opt
	}
	if p.ends != nil {
		p.joinedEnds = p.ends.Reader(p.values.Null)
		p.joinedEnds.Loose = p.opt
	}
}

// partTexts returns the parts of the record's times.
func (p *jsonParser) partTexts() [][]byte {
	for i := range p.texts {
		p.texts[i] = nil
		if r := partRole + flowlog.Role(i); p.has>>r&1 != 0 {
			p.texts[i] = p.value[r]
		}
	}
	return p.texts[:]
}

// start reads the record's start time into a row.
func (p *jsonParser) start(row int) (reason string) {
	if p.joined != nil {
		p.w.Time[row], p.assumed, reason = p.joined.Read(p.partTexts(), p.value[flowlog.StartTime])
		return reason
	}
	t, ok := p.time(flowlog.StartTime)
	if p.w.Time[row] = t; !ok {
		return flowlog.BadTime
	}
	return ""
}

// end reads the record's end time into a row, whose start is known.
func (p *jsonParser) end(row int) bool {
	start := p.w.Time[row]
	if p.joinedEnds != nil {
		t, _, reason := p.joinedEnds.Read(p.partTexts(), p.value[flowlog.EndTime])
		if reason == "" {
			p.w.Duration[row] = max(0, p.joinedEnds.Until(start, t)-start)
		}
		return reason == ""
	}
	t, ok := p.time(flowlog.EndTime)
	if ok {
		p.w.Duration[row] = max(0, t-start)
	}
	return ok
}

// noteTimes notes how the times of a flow were read.
func (p *jsonParser) noteTimes() {
	if p.assumed {
		timeparts.NoteAssumed(p.w, 1)
	}
	if p.starts != nil && p.starts.Note.Text != "" {
		p.w.Note(1, p.starts.Note)
	}
}
