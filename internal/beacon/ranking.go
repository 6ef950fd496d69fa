package beacon

import (
	"cmp"
	"iter"
	"unsafe"

	"beacon/internal/netset"
	"beacon/internal/spill"
)

// ranked is a finding with what it is made of, from which it can be made again.
type ranked struct {
	Finding
	group  []*Candidate // of a schedule
	day    int          // 1 + index of a destination of the every-minute rule
	listed bool         // as a threat, see Findings.Know
	first  int          // its rank before anything was listed
}

// ranking sorts findings by rank. What is past the memory allowed is kept as candidates.
type ranking struct {
	fs     *Findings
	days   []Finding // of the every-minute rule
	memory int64
	sorter *spill.Sorter[ranked]
	census census
}

// The memory that a finding takes, in bytes: its reasons' and what each of its pairs adds.
const (
	reasonsBytes = 1 << 10
	memberBytes  = int64(unsafe.Sizeof(Source{}) + unsafe.Sizeof(Destination{}) + unsafe.Sizeof(SchedulePair{}))
)

func newRanking(fs *Findings, memory int64) *ranking {
	l := &ranking{fs: fs, memory: memory, census: census{}}
	l.sorter = l.newSorter()
	return l
}

func (l *ranking) newSorter() *spill.Sorter[ranked] {
	return spill.New(spill.Kind[ranked]{
		Compare: compareRanked,
		Append: func(to []byte, r *ranked) []byte {
			c := spill.Coder{Bytes: to}
			spill.Number(&c, &r.day)
			c.Truth(&r.listed)
			spill.Number(&c, &r.first)
			spill.List(&c, &r.group, func(c *spill.Coder, v **Candidate) { codeCandidate(c, *v) })
			return c.Bytes
		},
		Decode: func(from []byte) *ranked {
			c, r := spill.Coder{Bytes: from, Reading: true}, new(ranked)
			spill.Number(&c, &r.day)
			c.Truth(&r.listed)
			spill.Number(&c, &r.first)
			if r.day > 0 {
				r.Finding = l.days[r.day-1]
				return r
			}
			spill.List(&c, &r.group, func(c *spill.Coder, v **Candidate) {
				*v = new(Candidate)
				codeCandidate(c, *v)
			})
			made := l.schedule(r.group)
			made.listed, made.first = r.listed, r.first
			return made
		},
		Size: func(r *ranked) int64 {
			size := int64(unsafe.Sizeof(ranked{})+unsafe.Sizeof(Schedule{})) + reasonsBytes
			for _, m := range r.group {
				size += m.size() + memberBytes
			}
			return size
		},
	}, l.memory)
}

// compareRanked orders findings as compareFindings does, and those of one rank by what they
// are made of.
func compareRanked(a, b *ranked) int {
	c := cmp.Or(compareVerdicts(&a.Finding, &b.Finding), compareBools(b.listed, a.listed), compareScores(&a.Finding, &b.Finding), cmp.Compare(a.day, b.day))
	if c != 0 || a.day > 0 {
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

// add adds a finding.
func (l *ranking) add(r *ranked) error {
	l.census.add(&r.Finding, l.fs.Query.Order)
	return l.sorter.Add(r)
}

// finish ranks the findings.
func (l *ranking) finish(e *Evidence) error {
	for i := range l.days {
		r := &ranked{Finding: l.days[i], day: i + 1}
		r.score(&l.fs.Totals)
		l.days[i].Score = r.Score
		if err := l.add(r); err != nil {
			return err
		}
	}
	fs := l.fs
	if l.sorter.Spilled() {
		fs.List, fs.stored, fs.census = nil, &stored{ranking: l}, l.census
	} else {
		fs.List = make([]Finding, 0, l.sorter.Len())
		for r := range l.sorter.All() {
			r.Rank = len(fs.List) + 1
			fs.List = append(fs.List, r.Finding)
		}
		l.sorter.Close()
	}
	names := Evidence{Addresses: e.Addresses, Labels: e.Labels, Answers: e.Answers}
	fs.Change(func(f *Finding) { fs.describeNames(f, &names) })
	return nil
}

// stored is findings that don't fit into memory.
type stored struct {
	*ranking
	err error // the first of the temporary file
}

// rankListed ranks the findings that are stored anew, by what others list.
func (fs *Findings) rankListed() {
	s := fs.stored
	again := s.newSorter()
	rank := 0
	for r, err := range s.sorter.All() {
		if err == nil {
			rank++
			r.first = cmp.Or(r.first, rank)
			known := *r
			fs.keep(&known)
			r.listed = known.Listed()
			err = again.Add(r)
		}
		if err != nil {
			s.err = err
			break
		}
	}
	s.sorter.Close()
	s.sorter = again
}

// All yields the findings, by rank. Past the memory allowed each is made anew, and changes
// to it are lost. After an error, see Err, no more are yielded.
func (fs *Findings) All() iter.Seq[*Finding] {
	return func(yield func(*Finding) bool) {
		if fs.stored == nil {
			for i := range fs.List {
				if !yield(&fs.List[i]) {
					return
				}
			}
			return
		}
		if fs.stored.err != nil {
			return
		}
		rank := 0
		for r, err := range fs.stored.sorter.All() {
			if err != nil {
				fs.stored.err = err
				return
			}
			rank++
			r.Rank, r.first = rank, cmp.Or(r.first, rank)
			if fs.keep(r) && !yield(&r.Finding) {
				return
			}
		}
	}
}

// keep changes a stored finding as it was asked for, and tells whether it is one of fs.
func (fs *Findings) keep(r *ranked) bool {
	for _, each := range fs.each {
		if !each(r) {
			return false
		}
	}
	return true
}

// Len returns how many findings there are.
func (fs *Findings) Len() int {
	if fs.stored == nil {
		return len(fs.List)
	}
	n := 0
	for _, c := range fs.census {
		for _, k := range c.findings {
			n += k
		}
	}
	return n
}

// Err returns the first error of the temporary file in which findings lie.
func (fs *Findings) Err() error {
	if fs.stored == nil {
		return nil
	}
	return fs.stored.err
}

// Close removes the temporary file in which findings lie.
func (fs *Findings) Close() {
	if fs.stored != nil {
		fs.stored.sorter.Close()
	}
}

// Change changes every finding: those that are stored as they are yielded.
func (fs *Findings) Change(do func(f *Finding)) {
	if fs.stored == nil {
		for i := range fs.List {
			do(&fs.List[i])
		}
		return
	}
	fs.also(func(r *ranked) bool { do(&r.Finding); return true })
}

// also changes every finding that is stored after what else is done to it; false leaves it
// out.
func (fs *Findings) also(do func(r *ranked) bool) {
	fs.each = append(fs.each[:len(fs.each):len(fs.each)], do)
}

// only returns the findings that are to be kept, without a census of those that are stored.
func (fs *Findings) only(keep func(f *Finding) bool) *Findings {
	kept := *fs
	kept.census = nil
	if fs.stored != nil {
		kept.also(func(r *ranked) bool { return keep(&r.Finding) })
		return &kept
	}
	kept.List = make([]Finding, 0, len(fs.List))
	for i := range fs.List {
		if keep(&fs.List[i]) {
			kept.List = append(kept.List, fs.List[i])
		}
	}
	return &kept
}

// census counts findings by verdict.
type census map[Verdict]*counted

type counted struct {
	findings map[Scope]int
	sources  map[netset.Host]Source // at their first appearance
}

func (c census) add(f *Finding, order Order) {
	n := c[f.Verdict]
	if n == nil {
		n = &counted{findings: map[Scope]int{}, sources: map[netset.Host]Source{}}
		c[f.Verdict] = n
	}
	n.findings[f.Scope]++
	n.meet(f.Sources, order)
}

// meet takes in sources.
func (c *counted) meet(sources []Source, order Order) {
	for _, s := range sources {
		if seen, ok := c.sources[s.Addr]; !ok || compareSources(s, seen, order) < 0 {
			c.sources[s.Addr] = s
		}
	}
}

// sources returns the distinct sources of findings with some verdicts, each at its first
// appearance.
func (c census) sources(verdicts []Verdict, order Order) []netset.Host {
	all := counted{sources: map[netset.Host]Source{}}
	for _, v := range verdicts {
		if n := c[v]; n != nil {
			for _, s := range n.sources {
				all.meet([]Source{s}, order)
			}
		}
	}
	list := make([]Source, 0, len(all.sources))
	for _, s := range all.sources {
		list = append(list, s)
	}
	sortSources(list, order)
	addrs := make([]netset.Host, len(list))
	for i, s := range list {
		addrs[i] = s.Addr
	}
	return addrs
}
