package write

import (
	"bufio"
	"cmp"
	"container/heap"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/scratch"
)

// sorter sorts flows by time, those of the same time as they came, in bounded
// memory: what does not fit goes to a temporary file, run after run, and the
// runs are merged.
type sorter struct {
	limit   int // flows in memory
	columns flow.Column
	flows   []flowlog.Flow
	order   []sortKey

	file *scratch.File // of the runs, nil while there is none
	ends []int64       // of the runs in it
}

// sortKey is a flow's time and place among those in memory.
type sortKey struct {
	time  int64
	index uint32
}

// sortedFlow is the bytes that a flow and its key take in memory, and runFlow
// those of a flow in a run.
const (
	sortedFlow = 56 + 16
	runFlow    = 49
)

func newSorter(memory int64, columns flow.Column) *sorter {
	if memory <= 0 {
		memory = defaultSortMemory
	}
	return &sorter{limit: int(min(max(memory/sortedFlow, 1<<10), 1<<31)), columns: columns}
}

// Begin implements Sink.
func (s *sorter) Begin(int) {}

// Batch implements Sink.
func (s *sorter) Batch(b *flow.Batch) error {
	for i := range b.Len() {
		if len(s.flows) == s.limit {
			if err := s.spill(); err != nil {
				return err
			}
		}
		s.flows = append(s.flows, flowAt(b, i))
	}
	return nil
}

// flowAt returns a row of a batch; a column that it lacks is 0.
func flowAt(b *flow.Batch, i int) flowlog.Flow {
	f := flowlog.Flow{Time: b.Time[i], Src: b.Src[i], Dst: b.Dst[i]}
	if b.SrcPort != nil {
		f.SrcPort = b.SrcPort[i]
	}
	if b.Port != nil {
		f.Port = b.Port[i]
	}
	if b.Proto != nil {
		f.Proto = b.Proto[i]
	}
	if b.Bytes != nil {
		f.Bytes = b.Bytes[i]
	}
	if b.SrcBytes != nil {
		f.SrcBytes = b.SrcBytes[i]
	}
	if b.Duration != nil {
		f.Duration = b.Duration[i]
	}
	if b.Name != nil {
		f.Name = b.Name[i]
	}
	return f
}

// sort puts the order of the flows in memory into s.order.
func (s *sorter) sort() {
	s.order = slices.Grow(s.order[:0], len(s.flows))
	for i := range s.flows {
		s.order = append(s.order, sortKey{s.flows[i].Time, uint32(i)})
	}
	slices.SortFunc(s.order, func(a, b sortKey) int {
		return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.index, b.index))
	})
}

// spill writes the flows in memory as a run.
func (s *sorter) spill() error {
	if s.file == nil {
		f, err := scratch.Create("beacon-sort")
		if err != nil {
			return fmt.Errorf("sorting: %w", err)
		}
		s.file = f
	}
	s.sort()
	w := bufio.NewWriterSize(s.file, 1<<18)
	var record [runFlow]byte
	for _, k := range s.order {
		putFlow(record[:], &s.flows[k.index])
		if _, err := w.Write(record[:]); err != nil {
			return fmt.Errorf("sorting: %w", err)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("sorting: %w", err)
	}
	var end int64
	if n := len(s.ends); n > 0 {
		end = s.ends[n-1]
	}
	s.ends = append(s.ends, end+int64(len(s.flows))*runFlow)
	s.flows = s.flows[:0]
	return nil
}

func putFlow(to []byte, f *flowlog.Flow) {
	le := binary.LittleEndian
	le.PutUint64(to[0:], uint64(f.Time))
	le.PutUint32(to[8:], f.Src)
	le.PutUint32(to[12:], f.Dst)
	le.PutUint16(to[16:], f.SrcPort)
	le.PutUint16(to[18:], f.Port)
	le.PutUint64(to[20:], uint64(f.Bytes))
	le.PutUint64(to[28:], uint64(f.SrcBytes))
	le.PutUint64(to[36:], uint64(f.Duration))
	le.PutUint32(to[44:], f.Name)
	to[48] = f.Proto
}

func getFlow(from []byte) flowlog.Flow {
	le := binary.LittleEndian
	return flowlog.Flow{Time: int64(le.Uint64(from[0:])), Src: le.Uint32(from[8:]), Dst: le.Uint32(from[12:]), SrcPort: le.Uint16(from[16:]), Port: le.Uint16(from[18:]),
		Bytes: int64(le.Uint64(from[20:])), SrcBytes: int64(le.Uint64(from[28:])), Duration: int64(le.Uint64(from[36:])), Name: le.Uint32(from[44:]), Proto: from[48]}
}

// each hands all flows, sorted, to do in batches.
func (s *sorter) each(ctx context.Context, do func(*flow.Batch) error) error {
	next, err := s.merged()
	if err != nil {
		return err
	}
	w := flowlog.NewWorker(flowlog.Pass{Columns: s.columns}, batchFunc(func(b *flow.Batch) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return do(b)
	}))
	for {
		f, err := next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = w.Add(f)
		}
		if err != nil {
			return err
		}
	}
	return w.Flush()
}

// batchFunc is a sink of one function.
type batchFunc func(*flow.Batch) error

func (batchFunc) Begin(int) {}

func (do batchFunc) Batch(b *flow.Batch) error { return do(b) }

// merged gives the flows of all runs, and of memory, in their order.
func (s *sorter) merged() (next func() (*flowlog.Flow, error), err error) {
	if s.file == nil {
		s.sort()
		i := -1
		return func() (*flowlog.Flow, error) {
			if i++; i == len(s.order) {
				return nil, io.EOF
			}
			return &s.flows[s.order[i].index], nil
		}, nil
	}
	if len(s.flows) > 0 {
		if err := s.spill(); err != nil {
			return nil, err
		}
	}
	s.flows, s.order = nil, nil // their room is the runs' now
	room := min(max(s.limit*sortedFlow/len(s.ends), 4<<10), 1<<20)
	runs := make(runHeap, 0, len(s.ends))
	var begin int64
	for i, end := range s.ends {
		r := &run{number: i, r: bufio.NewReaderSize(io.NewSectionReader(s.file, begin, end-begin), room)}
		begin = end
		if err := r.advance(); err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	heap.Init(&runs)
	var last flowlog.Flow
	return func() (*flowlog.Flow, error) {
		if len(runs) == 0 {
			return nil, io.EOF
		}
		top := runs[0]
		last = top.flow
		switch err := top.advance(); err {
		case nil:
			heap.Fix(&runs, 0)
		case io.EOF:
			heap.Pop(&runs)
		default:
			return nil, err
		}
		return &last, nil
	}, nil
}

// run is sorted flows that lie in the file, and the first of those that are left.
type run struct {
	number int // in the order of the log
	r      *bufio.Reader
	flow   flowlog.Flow
}

func (r *run) advance() error {
	var record [runFlow]byte
	if _, err := io.ReadFull(r.r, record[:]); err != nil {
		if err == io.EOF {
			return io.EOF
		}
		return fmt.Errorf("sorting: %w", err)
	}
	r.flow = getFlow(record[:])
	return nil
}

// runHeap has the run with the next flow on top.
type runHeap []*run

func (h runHeap) Len() int      { return len(h) }
func (h runHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *runHeap) Push(x any)   { *h = append(*h, x.(*run)) }
func (h *runHeap) Pop() (x any) {
	old := *h
	x, *h = old[len(old)-1], old[:len(old)-1]
	return x
}

func (h runHeap) Less(i, j int) bool {
	return h[i].flow.Time < h[j].flow.Time || h[i].flow.Time == h[j].flow.Time && h[i].number < h[j].number
}

// close removes the temporary file.
func (s *sorter) close() {
	s.file.Close()
}
