package lease

import (
	"slices"
	"time"
)

// Periods are the times in which something was seen, in order and apart.
type Periods []Period

// Period is a time from the first to the last time that something was seen, in ns since the
// Unix epoch.
type Period struct{ First, Last int64 }

// maxPause is how long a host may go unseen within a period. It bounds the memory: a host
// has at most 24 periods a day. If another host is seen at the address within such a pause,
// nobody has it.
const maxPause = int64(time.Hour)

// Add adds a period. The result is the same whatever the order in which periods come.
func (l *Periods) Add(p Period) {
	list := *l
	begin := len(list)
	for begin > 0 && list[begin-1].Last >= p.First-maxPause {
		begin--
	}
	end := begin
	for end < len(list) && list[end].First <= p.Last+maxPause {
		p.First, p.Last = min(p.First, list[end].First), max(p.Last, list[end].Last)
		end++
	}
	if end == begin+1 {
		list[begin] = p
		return
	}
	*l = slices.Replace(list, begin, end, p)
}
