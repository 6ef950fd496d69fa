package beacon

import (
	"cmp"
	"slices"
	"unsafe"

	"beacon/internal/spill"
)

// ranked is a finding with what it is made of, from which it can be made again.
type ranked struct {
	Finding
	group    []*Candidate         // of a schedule, otherwise nil
	evidence *DestinationEvidence // of a destination of the every-minute rule, otherwise nil
	lasting  *LongEvidence        // of long connections, otherwise nil
	listed   bool                 // as a threat, see Findings.Know
	first    int                  // its rank before anything was listed
}

// ranking sorts findings by rank. What is past the memory allowed is kept as candidates
// and evidence.
type ranking struct {
	fs     *Findings
	memory int64
	sorter *spill.Sorter[ranked]
	first  []*ranked // instead, where Query.Outline holds and they fit into memory
	held   int64     // bytes of first
	census census
}

// The memory that a finding takes, in bytes: its reasons' and what each of its pairs adds.
const (
	reasonsBytes = 1 << 10
	memberBytes  = int64(unsafe.Sizeof(Source{}) + unsafe.Sizeof(Destination{}) + unsafe.Sizeof(SchedulePair{}))
)

// mostRanked is the most bytes of findings that lie in memory, however much is allowed: as
// mostGathered of the engine.
const mostRanked = 48 << 20

func newRanking(fs *Findings, memory int64) *ranking {
	if memory > 0 {
		memory = min(memory, mostRanked)
	}
	l := &ranking{fs: fs, memory: memory, census: census{}}
	l.sorter = l.newSorter()
	return l
}

func (l *ranking) newSorter() *spill.Sorter[ranked] {
	return spill.New(spill.Kind[ranked]{
		Compare: compareRanked,
		Code:    l.code,
		Size:    (*ranked).size,
	}, l.memory)
}

// size returns about how many bytes a finding takes in memory.
func (r *ranked) size() int64 {
	size := int64(unsafe.Sizeof(ranked{})+unsafe.Sizeof(Schedule{})) + reasonsBytes
	for _, m := range r.group {
		size += m.size() + memberBytes
	}
	if r.evidence != nil {
		size += r.evidence.size()
	}
	return size
}

// code codes what a finding is made of, and makes it of that again.
func (l *ranking) code(c *spill.Coder, r *ranked) {
	day, long, listed, first := r.evidence != nil, r.lasting != nil, r.listed, r.first
	c.Truth(&day)
	c.Truth(&long)
	c.Truth(&listed)
	spill.Number(c, &first)
	if c.Reading {
		switch {
		case long:
			e := new(LongEvidence)
			codeLong(c, e)
			*r = *l.connections(e)
		case day:
			d := new(DestinationEvidence)
			codeEvidence(c, d)
			*r = *l.destination(d)
		default:
			spill.List(c, &r.group, codeMember)
			*r = *l.schedule(r.group)
		}
		r.listed, r.first = listed, first
		return
	}
	switch {
	case long:
		codeLong(c, r.lasting)
	case day:
		codeEvidence(c, r.evidence)
	default:
		spill.List(c, &r.group, codeMember)
	}
}

func codeMember(c *spill.Coder, v **Candidate) {
	if c.Reading {
		*v = new(Candidate)
	}
	codeCandidate(c, *v)
}

// compareRanked orders findings as compareFindings does, and those of one rank by what they
// are made of.
func compareRanked(a, b *ranked) int {
	c := cmp.Or(compareVerdicts(&a.Finding, &b.Finding), compareBools(b.listed, a.listed), compareScores(&a.Finding, &b.Finding))
	if c != 0 || a.group == nil {
		return c
	}
	return cmp.Or(compareBools(a.group[0].Parts == nil, b.group[0].Parts == nil), compareCandidates(a.group[0], b.group[0]))
}

// schedule returns the finding of candidates that keep one schedule.
func (l *ranking) schedule(group []*Candidate) *ranked {
	r := &ranked{Finding: newSchedule(group, &l.fs.Query), group: group}
	r.score(&l.fs.Totals)
	return r
}

// destination returns the finding of a destination of the every-minute rule. It orders the
// evidence.
func (l *ranking) destination(e *DestinationEvidence) *ranked {
	r := &ranked{Finding: newDestination(e, &l.fs.Query), evidence: e}
	r.Day.Series.Counts = clip(r.Day.Series, l.fs.Totals)
	e.Series = r.Day.Series
	r.judge(&l.fs.Query, l.fs.Totals)
	r.score(&l.fs.Totals)
	return r
}

// connections returns the finding of connections that last.
func (l *ranking) connections(e *LongEvidence) *ranked {
	r := &ranked{Finding: newLong(e, &l.fs.Query), lasting: e}
	r.score(&l.fs.Totals)
	return r
}

// addLong adds the connections that last, to destinations that the query keeps.
func (l *ranking) addLong(e *Evidence) error {
	if e.lasting == nil {
		return nil
	}
	for v, err := range e.lasting.All() {
		if err == nil && l.fs.Query.Keeps(v.Destination) {
			err = l.add(l.connections(v))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// addDestinations adds the destinations of the every-minute rule whose shape the query
// keeps, without those whose calls others stand for.
func (l *ranking) addDestinations(e *Evidence) error {
	q, named := &l.fs.Query, len(e.Addresses)+len(e.Labels) > 0
	all := l.newSorter() // before any is left out
	defer all.Close()
	together := e.Flagged != nil && e.Flagged.Together
	if together {
		l.census.addTogether(e.Flagged, q.Order)
	}
	for d, err := range e.destinations() {
		if err != nil {
			return err
		}
		r := l.destination(d)
		switch {
		case q.Shapes != nil && !slices.Contains(q.Shapes, r.Day.Shape):
		case named:
			err = all.Add(r)
		case together:
			err = l.rank(r)
		default:
			err = l.add(r)
		}
		if err != nil {
			return err
		}
	}
	if !named {
		return nil
	}
	gone, err := l.fs.coveredDestinations(all, e)
	if err != nil {
		return err
	}
	for r, err := range all.All() {
		if err == nil && !gone[r.evidence.Address] {
			err = l.add(r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// add adds a finding.
func (l *ranking) add(r *ranked) error {
	l.census.add(&r.Finding, l.fs.Query.Order)
	return l.rank(r)
}

// rank adds a finding that is counted.
func (l *ranking) rank(r *ranked) error {
	if !l.fs.Query.Outline() || l.sorter.Len() > 0 {
		return l.sorter.Add(r)
	}
	l.first, l.held = append(l.first, r), l.held+r.size()
	over := l.memory > 0 && l.held > l.memory
	if over || len(l.first)/2 >= l.fs.Query.Top {
		l.cut()
	}
	if !over || l.held <= l.memory/2 {
		return nil
	}
	for _, r := range l.first {
		if err := l.sorter.Add(r); err != nil {
			return err
		}
	}
	l.first = nil
	return nil
}

// cut leaves out all but the first findings.
func (l *ranking) cut() {
	slices.SortFunc(l.first, compareRanked)
	n := min(len(l.first), l.fs.Query.Top)
	for _, r := range l.first[n:] {
		l.held -= r.size()
	}
	clear(l.first[n:])
	l.first = l.first[:n]
}

// finish ranks the findings.
func (l *ranking) finish(e *Evidence) {
	fs := l.fs
	if l.sorter.Spilled() {
		fs.List, fs.stored, fs.census = nil, &stored{ranking: l}, l.census
	} else {
		l.cut()
		fs.List = make([]Finding, 0, l.sorter.Len()+len(l.first))
		for r := range l.sorter.All() {
			l.first = append(l.first, r)
		}
		for _, r := range l.first {
			r.Rank = len(fs.List) + 1
			fs.List = append(fs.List, r.Finding)
		}
		l.sorter.Close()
		if fs.Query.Outline() || fs.Query.SourcesOnly() && len(fs.List) == 0 {
			fs.census = l.census
		}
	}
	names := Evidence{Addresses: e.Addresses, Labels: e.Labels, Answers: e.Answers}
	fs.Change(func(f *Finding) { fs.describeNames(f, &names) })
}
