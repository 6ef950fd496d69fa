package beacon

import (
	"cmp"
	"iter"
)

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
	if fs.census == nil {
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
